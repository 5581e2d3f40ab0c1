import { AclOperations, AclPermissionTypes, ResourcePatternTypes, ResourceTypes, type Acl, type Admin } from '@platformatic/kafka';
import { waitUntil } from '../processes/wait-until.ts';
import { withAdmin, type AdminLogin } from './admin.client.ts';

export interface TopicWish {
  readonly name: string;
  readonly partitions?: number;
  /** Default 1. */
  readonly replicas?: number;
  readonly configs?: Readonly<Record<string, string>>;
}

export type AclOperation = 'all' | 'read' | 'write' | 'create' | 'delete' | 'alter' | 'describe' | 'describe-configs' | 'alter-configs' | 'cluster-action' | 'idempotent-write';

/** One rule of Kafka's authorizer; host is always any. */
export interface AclWish {
  /** Kafka name without the `User:` prefix. */
  readonly principal: string;
  readonly resource: 'topic' | 'group' | 'cluster' | 'transactional-id';
  /** `*` means every one; a cluster has the one name `kafka-cluster`, which is filled in. */
  readonly name?: string;
  readonly pattern?: 'literal' | 'prefixed';
  readonly operations: readonly AclOperation[];
  readonly permission?: 'allow' | 'deny';
}

const OPERATION: Readonly<Record<AclOperation, Acl['operation']>> = {
  all: AclOperations.ALL,
  read: AclOperations.READ,
  write: AclOperations.WRITE,
  create: AclOperations.CREATE,
  delete: AclOperations.DELETE,
  alter: AclOperations.ALTER,
  describe: AclOperations.DESCRIBE,
  'describe-configs': AclOperations.DESCRIBE_CONFIGS,
  'alter-configs': AclOperations.ALTER_CONFIGS,
  'cluster-action': AclOperations.CLUSTER_ACTION,
  'idempotent-write': AclOperations.IDEMPOTENT_WRITE,
};

const RESOURCE: Readonly<Record<AclWish['resource'], Acl['resourceType']>> = {
  topic: ResourceTypes.TOPIC,
  group: ResourceTypes.GROUP,
  cluster: ResourceTypes.CLUSTER,
  'transactional-id': ResourceTypes.TRANSACTIONAL_ID,
};

const acls = (wish: AclWish): Acl[] =>
  wish.operations.map((operation) => ({
    principal: `User:${wish.principal}`,
    host: '*',
    resourceType: RESOURCE[wish.resource],
    resourceName: wish.resource === 'cluster' ? 'kafka-cluster' : (wish.name ?? '*'),
    resourcePatternType: wish.pattern === 'prefixed' ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
    operation: OPERATION[operation],
    permissionType: wish.permission === 'deny' ? AclPermissionTypes.DENY : AclPermissionTypes.ALLOW,
  }));

/**
 * Creates topics that are not there and waits until every partition has a leader. Records are kept for ever unless
 * asked otherwise: Kafka drops records with an old timestamp at once under its default retention.
 */
export const createTopics = (login: AdminLogin, wishes: readonly TopicWish[]): Promise<void> =>
  withAdmin(login, async (admin) => {
    const existing = new Set(await admin.listTopics({ includeInternals: true }));
    for (const { name, partitions = 1, replicas = 1, configs = {} } of wishes.filter((wish) => !existing.has(wish.name))) {
      const wanted = Object.entries({ 'retention.ms': '-1', ...configs }).map(([key, value]) => ({ name: key, value }));
      await admin.createTopics({ topics: [name], partitions, replicas, configs: wanted });
    }
    const topics = wishes.map((wish) => wish.name);
    await waitUntil(
      `topics ${topics.join(', ')}`,
      async () => {
        const known = (await admin.metadata({ topics, forceUpdate: true })).topics;
        return topics.every((topic) => known.get(topic)?.partitions.every((partition) => partition.leader >= 0)) ? true : null;
      },
      10_000,
    );
  });

/**
 * The controller answers when a rule is in its log; a broker's authorizer takes it a moment later. Rules come in order, so the
 * last one tells of all.
 */
const shown = async (admin: Admin, rules: readonly Acl[], isThere: boolean): Promise<void> => {
  const last = rules.at(-1);
  if (last === undefined) return;
  await waitUntil("Kafka's authorizer", async () => ((await admin.describeAcls({ filter: last })).some(({ acls: found }) => found.length > 0) === isThere ? true : null), 10_000, 20);
};

/** Adds rules to Kafka's authorizer, and waits until a broker goes by them. */
export const addAcls = (login: AdminLogin, wishes: readonly AclWish[]): Promise<void> =>
  withAdmin(login, async (admin) => {
    const rules = wishes.flatMap(acls);
    await admin.createAcls({ creations: rules });
    await shown(admin, rules, true);
  });

/** Takes back exactly the rules that `addAcls` gave for the same wishes. */
export const removeAcls = (login: AdminLogin, wishes: readonly AclWish[]): Promise<void> =>
  withAdmin(login, async (admin) => {
    const rules = wishes.flatMap(acls);
    await admin.deleteAcls({ filters: rules });
    await shown(admin, rules, false);
  });
