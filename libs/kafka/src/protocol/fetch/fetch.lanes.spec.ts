import { describe, expect, it } from 'vitest';
import { ManualTime, settle } from '../../testing/manual-time.js';
import { FetchLanes } from './fetch.lanes.js';

const setUp = () => {
  const time = new ManualTime();
  const used: string[] = [];
  const connection = { request: () => Promise.reject(new Error('nothing is sent here')), quiet: async () => undefined };
  const lanes = new FetchLanes({ toNode: async (purpose, nodeId) => (used.push(`${nodeId}/${purpose}`), connection) }, time);
  const ends: (() => void)[] = [];
  const begin = (nodeId = 1, patienceMs = 1_000) => lanes.on(nodeId, Infinity, patienceMs, () => new Promise<void>((resolve) => ends.push(resolve)));
  return { time, used, ends, begin };
};

describe('connections for reads', () => {
  it('are used again, one after the other, by a principal that reads one thing at a time', async () => {
    const { used, ends, begin } = setUp();
    for (let i = 0; i < 3; i++) {
      const read = begin();
      await settle();
      ends[i]?.();
      await read;
    }
    expect(used).toEqual(['1/fetch-0', '1/fetch-0', '1/fetch-0']);
  });

  it('are four a broker; a fifth read waits for the first that ends', async () => {
    const { used, ends, begin } = setUp();
    const reads = Array.from({ length: 5 }, () => begin());
    const elsewhere = begin(2);
    await settle();
    expect(used.toSorted()).toEqual(['1/fetch-0', '1/fetch-1', '1/fetch-2', '1/fetch-3', '2/fetch-0']);
    ends[2]?.();
    await settle();
    expect(used.at(-1)).toBe('1/fetch-2');
    for (const end of ends) end();
    await settle();
    for (const end of ends) end();
    await Promise.all([...reads, elsewhere]);
  });

  it('answer in time when none comes free, and lose none by it', async () => {
    const { time, used, ends, begin } = setUp();
    const reads = Array.from({ length: 4 }, () => begin());
    const late = begin(1, 100);
    const refused = expect(late).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await time.pass(101);
    await refused;
    for (const end of ends) end();
    await Promise.all(reads);
    const again = Array.from({ length: 4 }, () => begin());
    await settle();
    expect(used).toHaveLength(8);
    for (const end of ends) end();
    await Promise.all(again);
  });
});
