import type { AclsAdmin } from './acls.admin.port.js';
import type { ClusterAdmin } from './cluster.admin.port.js';
import type { ConfigsAdmin } from './configs.admin.port.js';
import type { GroupsAdmin } from './groups.admin.port.js';
import type { PartitionsAdmin } from './partitions.admin.port.js';
import type { QuotasAdmin } from './quotas.admin.port.js';
import type { TopicsAdmin } from './topics.admin.port.js';

/**
 * Administration as the caller, by subject. Each item of a call has an outcome of its own, with the broker's code and words;
 * a call throws KafkaError only when nothing could be decided (NO_BROKER, DEADLINE_EXCEEDED), when a change was sent and no
 * answer came (OUTCOME_UNKNOWN), or when Kafka refuses it as a whole.
 */
export interface KafkaAdmin {
  readonly cluster: ClusterAdmin;
  readonly topics: TopicsAdmin;
  readonly configs: ConfigsAdmin;
  readonly acls: AclsAdmin;
  readonly groups: GroupsAdmin;
  readonly partitions: PartitionsAdmin;
  readonly quotas: QuotasAdmin;
}

export type * from './acls.admin.port.js';
export type * from './cluster.admin.port.js';
export type * from './configs.admin.port.js';
export type * from './groups.admin.port.js';
export type * from './outcome.js';
export type * from './partitions.admin.port.js';
export type * from './quotas.admin.port.js';
export type * from './topics.admin.port.js';
