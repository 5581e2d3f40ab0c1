import { describe, expect, it } from 'vitest';
import type { ProduceRecord } from '../../session/session.port.js';
import type { TopicMetadata } from '../metadata.cache.js';
import { type FlushPlan, planFlushes } from './flush.plan.js';
import { ProduceCall } from './produce.call.js';
import { TopicQueues } from './topic.queues.js';

const RECORD: ProduceRecord = { topic: 't', partition: null, key: null, value: null };
const partition = (number: number) => [number, { partition: number, leader: 1, replicas: [1], inSync: [1] }] as const;
const KNOWN: TopicMetadata = { kind: 'known', name: 't', internal: false, at: 0, partitions: new Map([partition(0), partition(1)]) };

/** A topic with a keyless record and one for partition 0; chance always falls on the first. */
const setUp = (bytes: number) => {
  const queues = new TopicQueues(1_000);
  const topics = new Map([['t', queues]]);
  for (const queue of [queues.keyless, queues.partition(0)]) queue.push(new ProduceCall(1, Infinity).entry(0, RECORD, bytes));
  const plan = (): FlushPlan => planFlushes(topics, { peek: () => KNOWN, isStale: () => false, forget: () => undefined, refreshInBackground: () => undefined }, new Set(), 0, () => 0);
  return { plan };
};

const sizes = ({ flushes }: FlushPlan): number[][] => [...flushes.values()].flat().map(({ parts }) => parts.map(({ entries }) => entries.length));

describe('the plan of a flush', () => {
  it('puts keyless records beside those of a partition', () => {
    expect(sizes(setUp(100).plan())).toEqual([[1, 1]]);
  });

  it('does not put together again what was refused as too large together', () => {
    const { plan } = setUp(400);
    const [batch] = [...plan().flushes.values()].flat();
    for (const { queue, entries } of batch?.parts ?? []) {
      queue.shrink(entries);
      queue.putBack(entries);
    }
    expect(batch?.parts).toHaveLength(2);
    expect(sizes(plan())).toEqual([[1]]);
  });
});
