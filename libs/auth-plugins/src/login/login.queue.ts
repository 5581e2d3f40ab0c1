import { normalName } from './counted.name.js';
import type { BudgetAnswer, FailureBudget } from './failure.budget.js';

export interface LoginQueueOptions {
  readonly budget: FailureBudget;
  /** How long a login of a spent name waits for the name to be free again. */
  readonly patienceMs: number;
  /** Waiting logins, over all names and for one; whoever comes beyond them is told at once. */
  readonly most?: number;
  readonly mostPerName?: number;
  /** `setTimeout`, or a specification's own. @returns how to take it back */
  readonly after?: (ms: number, act: () => void) => () => void;
}

/**
 * I28: when guesses from anywhere have spent the budget of a name, its logins are delayed before they are refused. The
 * owner's good login from a known place ends the guesses' count, and those that wait go on; nothing is put to the
 * directory beyond the budget meanwhile.
 */
export interface LoginQueue extends FailureBudget {
  readonly admit: (loginName: string, source: string) => Promise<BudgetAnswer>;
}

const setTimer = (ms: number, act: () => void): (() => void) => {
  const timer = setTimeout(act, ms);
  return () => clearTimeout(timer);
};

export const createLoginQueue = ({ budget, patienceMs, most = 200, mostPerName = 20, after = setTimer }: LoginQueueOptions): LoginQueue => {
  /** Who waits for a name, longest first. */
  const waiting = new Map<string, (() => void)[]>();
  let count = 0;

  const wake = (loginName: string): void => {
    for (const go of waiting.get(normalName(loginName))?.splice(0) ?? []) go();
  };
  const turn = (name: string): Promise<void> =>
    new Promise((resolve) => {
      const queue = waiting.get(name) ?? [];
      queue.push(resolve);
      waiting.set(name, queue);
    });

  const wait = async (loginName: string, source: string, first: BudgetAnswer & { readonly kind: 'spent' }): Promise<BudgetAnswer> => {
    const name = normalName(loginName);
    let isOver = false;
    const cancel = after(Math.min(patienceMs, first.retryAfterSeconds * 1000), () => {
      isOver = true;
      // All of them look again; those with time left queue up anew, in their order.
      wake(name);
    });
    count += 1;
    try {
      for (;;) {
        await turn(name);
        const answer = budget.take(loginName, source);
        if (answer.kind === 'go' || answer.of !== 'name' || isOver) return answer;
      }
    } finally {
      cancel();
      count -= 1;
      if (waiting.get(name)?.length === 0) waiting.delete(name);
    }
  };

  return {
    take: budget.take,
    admit: async (loginName, source) => {
      const answer = budget.take(loginName, source);
      if (answer.kind === 'go' || answer.of !== 'name') return answer;
      if (count >= most || (waiting.get(normalName(loginName))?.length ?? 0) >= mostPerName) return answer;
      return wait(loginName, source, answer);
    },
    succeeded: (loginName, source) => {
      budget.succeeded(loginName, source);
      wake(loginName);
    },
    giveBack: (loginName, source) => {
      budget.giveBack(loginName, source);
      wake(loginName);
    },
  };
};
