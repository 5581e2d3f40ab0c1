import { KafkaError } from '../errors/kafka-error.js';
import type { MetadataCache } from './metadata.cache.js';

/** What one partition's requests need of metadata; small, so that specs can stand in for it. */
export type LeaderKnowledge = Pick<MetadataCache, 'peek' | 'lookup' | 'forget' | 'fresh'>;

/** Where a partition may be asked for now: its leader, or nobody while an election runs. */
export type Leader = { readonly kind: 'leader'; readonly nodeId: number } | { readonly kind: 'leaderless' };

/** @throws KafkaError UNKNOWN_TOPIC, UNKNOWN_PARTITION, TOPIC_AUTHORIZATION_FAILED, and those of `lookup` */
export const leaderOf = async (metadata: LeaderKnowledge, topic: string, partition: number, deadline: number): Promise<Leader> => {
  await metadata.lookup([topic], deadline);
  let known = metadata.peek(topic) ?? (await metadata.fresh(topic, deadline));
  // A partition beyond what is known may be new: the broker is asked before it is refused.
  if (known.kind === 'known' && !known.partitions.has(partition)) known = await metadata.fresh(topic, deadline);
  if (known.kind === 'failed') throw known.error;
  const found = known.partitions.get(partition);
  if (found === undefined) throw new KafkaError('UNKNOWN_PARTITION', { resource: `${topic}-${partition}` });
  if (found.leader < 0) metadata.forget(topic);
  return found.leader < 0 ? { kind: 'leaderless' } : { kind: 'leader', nodeId: found.leader };
};
