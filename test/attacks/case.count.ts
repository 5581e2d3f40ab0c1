import { afterAll, it } from 'vitest';

/**
 * Attack cases by the number and sentence of the list they come from; at the end the count is printed, with how many
 * requests were sent for them.
 */
export const caseCount = (section: string) => {
  const numbers = new Set<number>();
  let requests = 0;
  afterAll(() => console.log(`attacks, section ${section}: ${numbers.size} cases, ${requests} requests`));
  return {
    it: (number: number, sentence: string, run: () => Promise<void>): void => {
      numbers.add(number);
      it(`${section}${number}: ${sentence}`, run, 60_000);
    },
    sent: (count = 1): void => void (requests += count),
  };
};
