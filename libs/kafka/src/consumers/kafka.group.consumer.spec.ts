import { describe, expect, it } from 'vitest';
import { pause } from '../protocol/deadline.js';
import type { FetchAnswer, FetchArgs } from '../protocol/fetch/fetch.api.js';
import { encodeAssignment } from '../protocol/groups/group.apis.js';
import type { GroupCoordinator } from '../protocol/groups/group.coordinator.js';
import type { KafkaCaller } from '../session/kafka-credential.js';
import { ManualTime, settle } from '../testing/manual-time.js';
import { type GroupConsumerContext, KafkaGroupConsumer } from './kafka.group.consumer.js';

const LIMITS = { maxRecords: 10, maxBytes: 1_000_000, maxWaitMs: 0 };
const OUT_OF_RANGE = 1;
const REBALANCE = 27;

/** A consumer of topic t with these partitions; its log holds nothing, its group has committed 5. */
const setUp = (reset: GroupConsumerContext['reset'] = 'latest', size = 1, fetchMs = 0) => {
  const time = new ManualTime();
  const broker = { code: 0, end: 90n, endCode: 0, fetchedFrom: [] as bigint[] };
  const partitions = new Map(Array.from({ length: size }, (_, partition) => [partition, { partition, leader: 1, replicas: [1], inSync: [1] }]));
  const topic = { kind: 'known', name: 't', internal: false, partitions, at: 0 } as const;
  const fetched = async (_api: unknown, [{ positions }]: readonly [FetchArgs]): Promise<{ answers: FetchAnswer[] }> => {
    if (fetchMs > 0) await pause(time, fetchMs);
    return {
      answers: positions.map(({ offset, partition }) => {
        broker.fetchedFrom.push(offset);
        return { topic: 't', partition, errorCode: broker.code, lastStableOffset: broker.end, aborted: [], batches: Buffer.alloc(0) };
      }),
    };
  };
  const context = {
    clock: time,
    timers: time,
    brokerDeadlineMs: 10_000,
    reset,
    metadata: { peek: () => topic, lookup: async () => undefined, fresh: async () => topic, forget: () => undefined },
    lanes: { on: async (_node: number, _deadline: number, _patience: number, use: (connection: unknown) => unknown) => use({ request: fetched }) },
    connections: { toNode: async () => ({ request: async () => ({ topics: [{ name: 't', partitions: [{ partitionIndex: 0, errorCode: broker.endCode, offset: broker.end }] }] }) }) },
    coordinator: { groupId: 'g', call: async () => ({ groups: [{ errorCode: 0, topics: [{ name: 't', partitions: [{ partitionIndex: 0, committedOffset: 5n, errorCode: 0 }] }] }] }) } as unknown as GroupCoordinator,
    adopt: () => undefined,
    end: () => undefined,
  } as unknown as GroupConsumerContext;
  const caller = { credentials: { proofUntil: Infinity }, topics: { admits: () => true } } as unknown as KafkaCaller;
  return { time, broker, caller, context, consumer: new KafkaGroupConsumer(context) };
};

const mine = [{ topic: 't', partition: 0 }];

describe('a position that the log no longer has', () => {
  it('is replaced by the reset policy, not by the committed one', async () => {
    const { broker, caller, consumer } = setUp();
    await consumer.assign(caller, mine);
    broker.code = OUT_OF_RANGE;
    await consumer.poll(caller, LIMITS);
    broker.code = 0;
    await consumer.poll(caller, LIMITS);
    expect(broker.fetchedFrom).toEqual([5n, 90n]);
  });

  it('is not held against the partition when it comes back with another assignment', async () => {
    const { broker, caller, consumer } = setUp();
    await consumer.assign(caller, mine);
    broker.code = OUT_OF_RANGE;
    await consumer.poll(caller, LIMITS);
    await consumer.unsubscribe(caller);
    broker.code = 0;
    await consumer.assign(caller, mine);
    await consumer.poll(caller, LIMITS);
    expect(broker.fetchedFrom).toEqual([5n, 5n]);
  });

  it('is not held against the partition after a seek', async () => {
    const { broker, caller, consumer } = setUp('none');
    await consumer.assign(caller, mine);
    broker.code = OUT_OF_RANGE;
    await consumer.poll(caller, LIMITS);
    await expect(consumer.poll(caller, LIMITS)).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' });
    await consumer.seek(caller, [{ topic: 't', partition: 0, offset: 70n }]);
    broker.code = 0;
    await consumer.poll(caller, LIMITS);
    await consumer.assign(caller, mine);
    await consumer.poll(caller, LIMITS);
    expect(broker.fetchedFrom).toEqual([5n, 70n, 5n]);
  });
});

describe('a poll', () => {
  it('of ten thousand partitions takes no longer for each than of one', async () => {
    const { broker, caller, consumer } = setUp('latest', 10_000);
    await consumer.assign(caller, Array.from({ length: 10_000 }, (_, partition) => ({ topic: 't', partition })));
    await consumer.seek(caller, consumer.assignment().map((one) => ({ ...one, offset: 1n })));
    const before = process.cpuUsage();
    await consumer.poll(caller, LIMITS);
    expect(broker.fetchedFrom).toHaveLength(10_000);
    // 50 ms of this process's own time; with a search for each partition 700.
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(350);
  });
});

describe('a rebalance while positions are asked for', () => {
  it('leaves the next generation with its own: another member has read on meanwhile', async () => {
    const { time, broker, caller, context } = setUp('latest', 1, 100);
    const asked: PromiseWithResolvers<bigint>[] = [];
    let generationId = 0;
    let beats = 0;
    const call = async ({ name }: { readonly name: string }): Promise<unknown> => {
      switch (name) {
        case 'JoinGroup':
          return { errorCode: 0, generationId: ++generationId, memberId: 'm', leader: 'other', skipAssignment: false, protocolName: 'range', members: [] };
        case 'SyncGroup':
          return { errorCode: 0, assignment: encodeAssignment(new Map([['t', [0]]])) };
        case 'Heartbeat':
          return { errorCode: ++beats === 1 ? REBALANCE : 0 };
        default: {
          const answer = Promise.withResolvers<bigint>();
          asked.push(answer);
          return { groups: [{ errorCode: 0, topics: [{ name: 't', partitions: [{ partitionIndex: 0, committedOffset: await answer.promise, errorCode: 0 }] }] }] };
        }
      }
    };
    const consumer = new KafkaGroupConsumer({ ...context, coordinator: { groupId: 'g', call } as unknown as GroupCoordinator, membership: { sessionTimeoutMs: 6_000, rebalanceTimeoutMs: 6_000, heartbeatMs: 300 } });
    await consumer.subscribe(caller, ['t']);
    const polled = consumer.poll(caller, { ...LIMITS, maxWaitMs: 2_000 });
    await settle();
    expect([asked.length, generationId]).toEqual([1, 1]);
    await time.pass(400);
    expect([generationId, consumer.assignment()]).toEqual([2, mine]);
    asked[0]?.resolve(5n);
    await time.pass(500);
    asked[1]?.resolve(50n);
    await time.pass(3_000);
    await polled;
    expect(broker.fetchedFrom[0]).toBe(50n);
  });
});
