import { describe, expect, it } from 'vitest';
import { ManualTime } from '../../testing/manual-time.js';
import type { BrokerConnections } from '../broker.connections.js';
import { NO_MEMBER, commitOffsets, committedOffsets } from './group-offsets.js';
import { GroupCoordinator } from './group.coordinator.js';

const asked = [
  { topic: 'gone', partition: 0, offset: 1n },
  { topic: 't', partition: 0, offset: 2n },
];

/** A coordinator that answers for the partitions of `gone` and `t` with these codes, one after the other; the last one for ever. */
const setUp = (...codes: readonly (readonly [gone: number, t: number])[]) => {
  const time = new ManualTime();
  const used: string[] = [];
  let tries = 0;
  let finds = 0;
  const answer = (): { name: string; partitions: { partitionIndex: number; committedOffset: bigint; errorCode: number }[] }[] => {
    const [gone, t] = codes[Math.min(tries++, codes.length - 1)] ?? [0, 0];
    return [{ name: 'gone', partitions: [{ partitionIndex: 0, committedOffset: 1n, errorCode: gone }] }, { name: 't', partitions: [{ partitionIndex: 0, committedOffset: 2n, errorCode: t }] }];
  };
  const connection = {
    request: async (api: { name: string }) => {
      if (api.name === 'FindCoordinator') return { coordinators: [{ errorCode: 0, nodeId: ++finds }] };
      return api.name === 'OffsetCommit' ? { topics: answer() } : { groups: [{ errorCode: 0, topics: answer() }] };
    },
  };
  const connections = {
    hasChoice: false,
    toAny: async () => connection,
    toNode: async (purpose: string, nodeId: number) => {
      used.push(`${nodeId}/${purpose}`);
      return connection;
    },
  } as unknown as BrokerConnections;
  const coordinator = new GroupCoordinator('g', { connections, metadata: { ask: async () => ({ brokers: [], topics: [] }) }, clock: time, timers: time });
  return { time, used, coordinator, deadline: time.now() + 5_000 };
};

describe('the offsets of a group', () => {
  it('are committed at the new coordinator though a partition of their own is refused', async () => {
    const { time, used, coordinator, deadline } = setUp([3, 16], [3, 0]);
    const results = commitOffsets(coordinator, NO_MEMBER, asked, deadline);
    await time.pass(100);
    expect((await results).map(({ brokerCode }) => brokerCode)).toEqual([3, 0]);
    expect(used).toEqual(['1/work', '2/work']);
  });

  it('are waited for while a transaction is about to replace them', async () => {
    const { time, used, coordinator, deadline } = setUp([0, 88], [0, 88], [0, 0]);
    const found = committedOffsets(coordinator, asked, deadline);
    await time.pass(200);
    expect(await found).toEqual(new Map([['gone/0', 1n], ['t/0', 2n]]));
    expect(used).toEqual(['1/work', '1/work', '1/work']);
  });

  it('say that they are not known yet when the transaction outlasts the call', async () => {
    const { time, coordinator, deadline } = setUp([0, 88]);
    const failed = expect(committedOffsets(coordinator, asked, deadline)).rejects.toMatchObject({ code: 'BROKER_RETRIABLE' });
    await time.pass(5_000);
    await failed;
  });
});
