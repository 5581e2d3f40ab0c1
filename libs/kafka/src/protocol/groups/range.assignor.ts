import type { TopicPartitions } from './group.apis.js';

/** The name that members agree on; Java's default consumers offer it too, so that both can share a group. */
export const RANGE = 'range';

/**
 * Each topic's partitions in runs over its subscribers, by member id, the first ones taking one more: what
 * org.apache.kafka.clients.consumer.RangeAssignor does without racks.
 * @param sizes partitions of each topic that exists; others are nobody's
 */
export const assignRanges = (members: ReadonlyMap<string, readonly string[]>, sizes: ReadonlyMap<string, number>): ReadonlyMap<string, TopicPartitions> => {
  const assigned = new Map<string, Map<string, number[]>>([...members.keys()].map((member) => [member, new Map()]));
  for (const [topic, size] of sizes) {
    const subscribers = [...members].filter(([, topics]) => topics.includes(topic)).map(([member]) => member).sort();
    const [share, extra] = [Math.floor(size / subscribers.length), size % subscribers.length];
    let next = 0;
    for (const [i, member] of subscribers.entries()) {
      const count = share + (i < extra ? 1 : 0);
      if (count > 0) assigned.get(member)?.set(topic, Array.from({ length: count }, (_, k) => next + k));
      next += count;
    }
  }
  return assigned;
};
