import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { waitUntil } from '../processes/wait-until.ts';
import { activeController } from './active-controller.ts';
import { withAdmin } from './admin.client.ts';
import { prepareClassArchives } from './class-archives.ts';
import { fetchKafka } from './fetch-kafka.ts';
import { kafkaSetUp, type Kafka, type KafkaDescription, type KafkaSetUp } from './kafka.handle.ts';
import type { KafkaOptions } from './start-kafka.ts';
import { chooseBrokerPorts, listenersOf, newClusterId, newPasswords, startUnprepared } from './start-unprepared.ts';

/** Several real brokers as one cluster; `nodes` are killed, frozen and started again one by one, by node id. */
export interface KafkaCluster extends KafkaDescription, KafkaSetUp {
  readonly nodes: ReadonlyMap<number, Kafka>;
  describe(): KafkaDescription;
  /** The id of the node that leads the controllers, as the node `asked` tells, which must live; -1 during an election. */
  activeController(asked?: number): Promise<number>;
  /** Resolves when every node is registered and every partition of these topics has all its replicas in sync. */
  whole(...topics: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

/** What three nodes are for: a record that was acknowledged lives on two of them, Kafka's own topics too. */
const REPLICATED: Readonly<Record<string, string>> = {
  'default.replication.factor': '3',
  'min.insync.replicas': '2',
  'offsets.topic.replication.factor': '3',
  'transaction.state.log.replication.factor': '3',
  'transaction.state.log.min.isr': '2',
  'share.coordinator.state.topic.replication.factor': '3',
  'share.coordinator.state.topic.min.isr': '2',
  // A replica that has died or is frozen leaves the set of in-sync ones after this; 30 s by default.
  'replica.lag.time.max.ms': '5000',
  'controller.quorum.election.timeout.ms': '500',
  'controller.quorum.fetch.timeout.ms': '1500',
};

const NODES = [1, 2, 3] as const;

export interface ClusterOptions extends Omit<KafkaOptions, 'usualPorts' | 'ports' | 'advertisedPorts'> {
  /** Puts something before the listener of one node that callers use, and gives the port at which they find it. */
  readonly inFront?: (listener: { readonly nodeId: number; readonly name: string; readonly port: number }) => Promise<number>;
}

/** Three brokers on loopback, each also a controller, trusting the same issuers. @throws as `startKafka` */
export const startKafkaCluster = async ({ version, progress = () => {}, inFront, ...options }: ClusterOptions): Promise<KafkaCluster> => {
  const kafka = await fetchKafka(version, progress);
  await prepareClassArchives(kafka, progress);
  const ports = new Map<number, Readonly<Record<string, number>>>();
  const advertised = new Map<number, Record<string, number>>();
  for (const nodeId of NODES) {
    const chosen = await chooseBrokerPorts(listenersOf(options), false);
    ports.set(nodeId, chosen);
    const fronts: Record<string, number> = {};
    for (const name of inFront === undefined ? [] : listenersOf(options)) fronts[name] = (await inFront?.({ nodeId, name, port: chosen[name] as number })) as number;
    advertised.set(nodeId, fronts);
  }
  const shared = { clusterId: newClusterId(), passwords: newPasswords() };
  const controllerPorts = new Map([...ports].map(([id, chosen]) => [id, chosen['controller'] as number]));
  const started = await Promise.allSettled(
    NODES.map((id) => {
      const runDir = join(options.runDir, `node-${id}`);
      mkdirSync(runDir, { recursive: true });
      const extraProperties = { ...REPLICATED, ...options.extraProperties };
      return startUnprepared({ ...options, kafka, runDir, extraProperties, usualPorts: false, ports: ports.get(id), advertisedPorts: advertised.get(id), member: { ...shared, place: { id, controllerPorts } } });
    }),
  );
  const nodes = new Map(started.flatMap((one, i) => (one.status === 'fulfilled' ? [[NODES[i] as number, one.value] as const] : [])));
  const stop = async (): Promise<void> => void (await Promise.all([...nodes.values()].map((node) => node.stop(5_000))));
  const failed = started.find((one) => one.status === 'rejected');
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  return clusterHandle(nodes, stop);
};

const clusterHandle = async (nodes: ReadonlyMap<number, Kafka>, stop: () => Promise<void>): Promise<KafkaCluster> => {
  const all = [...nodes.values()];
  const [first] = all;
  if (first === undefined) throw new Error('a cluster of no nodes');
  const joined = (listener: string): string => all.map((node) => node.bootstrap[listener]).join(',');
  const description: KafkaDescription = {
    ...first.describe(),
    bootstrap: Object.fromEntries(Object.keys(first.bootstrap).map((listener) => [listener, joined(listener)])),
    admin: { ...first.admin, bootstrap: joined('internal') },
  };
  const whole = (...topics: readonly string[]): Promise<void> =>
    waitUntil(
      'the whole Kafka cluster',
      () =>
        withAdmin(description.admin, async (admin) => {
          const metadata = await admin.metadata({ topics: [...topics], forceUpdate: true });
          const partitions = topics.flatMap((topic) => metadata.topics.get(topic)?.partitions ?? []);
          return metadata.brokers.size === nodes.size && partitions.every(({ isr, replicas }) => isr.length === replicas.length) ? true : null;
        }),
      30_000,
      200,
    ).then(() => undefined);
  await whole();
  return { ...description, ...kafkaSetUp(description), nodes, describe: () => description, activeController: (asked = NODES[0]) => activeController(nodes.get(asked)?.admin ?? first.admin, asked), whole, stop };
};
