import type { KafkaCluster } from '../../../../stack/src/index.ts';

export interface ChaosTopic {
  readonly name: string;
  readonly partitions: number;
  readonly mostBytes: number;
}

const DEFAULT_MOST = 1_048_588;

/** Everything in them is held against what writers were told. */
export const KEPT: readonly ChaosTopic[] = [
  { name: 'chaos.a', partitions: 3, mostBytes: DEFAULT_MOST },
  { name: 'chaos.b', partitions: 6, mostBytes: DEFAULT_MOST },
  { name: 'chaos.small', partitions: 2, mostBytes: 20_000 },
];
/** Deleted and made again all the time. */
export const REBORN: ChaosTopic = { name: 'chaos.reborn', partitions: 2, mostBytes: DEFAULT_MOST };
export const FORBIDDEN = 'forbidden';
export const MISSING = 'chaos.missing';
export const GROUP = 'chaos.followers';
export const OPERATOR = 'operator';
export const MALLORY = 'mallory';

export const prepareTopics = async (kafka: KafkaCluster): Promise<void> => {
  const plain = [FORBIDDEN, MALLORY, `${MALLORY}.quiet`].map((name) => ({ name, replicas: 3 }));
  const kept = [...KEPT, REBORN].map(({ name, partitions, mostBytes }) => ({ name, partitions, replicas: 3, ...(mostBytes === DEFAULT_MOST ? {} : { configs: { 'max.message.bytes': String(mostBytes) } }) }));
  await kafka.createTopics(...kept, ...plain);
  await kafka.addAcls(
    { principal: '*', resource: 'topic', name: 'chaos.', pattern: 'prefixed', operations: ['read', 'write', 'describe', 'describe-configs'] },
    { principal: '*', resource: 'topic', name: MALLORY, pattern: 'prefixed', operations: ['read', 'write', 'describe'] },
    { principal: '*', resource: 'group', name: GROUP, pattern: 'prefixed', operations: ['read', 'describe'] },
    { principal: OPERATOR, resource: 'topic', operations: ['all'] },
    { principal: OPERATOR, resource: 'cluster', operations: ['all'] },
  );
  await kafka.whole(...kept.map(({ name }) => name));
};
