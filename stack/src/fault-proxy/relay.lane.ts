import type { Socket } from 'node:net';

/** What happens to bytes of one direction from now on. A new rule counts its bytes anew, on every connection. */
export interface LaneRule {
  /** Every chunk arrives this much later, in order. */
  readonly delayMs: number;
  /** What passes before the rest is held (`stall`) or both sockets are closed (`cut`); null: everything. */
  readonly limit: { readonly bytes: number; readonly end: 'stall' | 'cut' } | null;
}

export const OPEN: LaneRule = { delayMs: 0, limit: null };

export interface Lane {
  /** Goes on under the rule of now: after a rule was changed. */
  pump(): void;
}

/** Above this the sender is not read any more, so that it feels a stall as it would feel a full network. */
const HELD_BYTES = 1_048_576;

/** One direction of one connection: bytes of `from`, and its end, come to `to` as the rule of the moment has it. */
export const startLane = (from: Socket, to: Socket, rule: () => LaneRule, cut: () => void): Lane => {
  const queue: { readonly chunk: Buffer | 'end'; readonly at: number }[] = [];
  let held = 0;
  let counted = rule();
  let passed = 0;
  let timer: NodeJS.Timeout | undefined;

  const pump = (): void => {
    clearTimeout(timer);
    if (counted !== rule()) [counted, passed] = [rule(), 0];
    const { delayMs, limit } = counted;
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      const waitMs = next.at + delayMs - performance.now();
      if (waitMs > 0) {
        timer = setTimeout(pump, waitMs);
        return;
      }
      const room = limit === null ? Number.POSITIVE_INFINITY : limit.bytes - passed;
      if (room <= 0) return;
      queue.shift();
      if (next.chunk === 'end') {
        to.end();
        continue;
      }
      const passing = next.chunk.subarray(0, room);
      const rest = next.chunk.subarray(passing.length);
      if (rest.length > 0) queue.unshift({ chunk: rest, at: next.at });
      passed += passing.length;
      held -= passing.length;
      // Flushed before the cut: a destroyed socket would drop what was still to be written.
      to.write(passing, () => {
        if (limit?.end === 'cut' && passed >= limit.bytes) cut();
      });
      if (held < HELD_BYTES) from.resume();
    }
  };

  from.on('data', (chunk) => {
    queue.push({ chunk, at: performance.now() });
    held += chunk.length;
    if (held >= HELD_BYTES) from.pause();
    pump();
  });
  from.once('end', () => {
    queue.push({ chunk: 'end', at: performance.now() });
    pump();
  });
  from.once('close', () => {
    // What is still held goes first, as it would in a network.
    if (queue.length === 0) to.destroy();
    else queue.push({ chunk: 'end', at: performance.now() });
  });
  to.once('close', () => {
    clearTimeout(timer);
    from.destroy();
  });
  return { pump };
};
