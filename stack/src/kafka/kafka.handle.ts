import type { RunningChild } from '../processes/child.process.ts';
import { launchBroker, type BrokerLaunch } from './broker.launch.ts';
import { addAcls, createTopics, removeAcls, type AclWish, type TopicWish } from './cluster-setup.ts';
import type { KafkaDistribution } from './fetch-kafka.ts';
import { kafkaTool, type ToolOptions, type ToolRun } from './kafka-tool.ts';
import type { ToolName } from './tool.dialect.ts';
import type { AdminLogin } from './admin.client.ts';

/** What another process needs to know of a running broker: plain data. */
export interface KafkaDescription {
  readonly version: string;
  readonly libDir: string;
  readonly runDir: string;
  readonly clusterId: string;
  /** host:port by listener name, several nodes joined by commas: 'internal', each trusted issuer's name, 'bench' if there is one. */
  readonly bootstrap: Readonly<Record<string, string>>;
  readonly admin: AdminLogin;
  /** For `--command-config` of Kafka's own tools. */
  readonly adminPropertiesFile: string;
  readonly logFile: string;
}

/** Set-up and checks as Kafka's super user; needs the description only. */
export interface KafkaSetUp {
  createTopics(...wishes: readonly TopicWish[]): Promise<void>;
  addAcls(...wishes: readonly AclWish[]): Promise<void>;
  removeAcls(...wishes: readonly AclWish[]): Promise<void>;
  /** One of Kafka's own tools, told where the cluster is and to come in as admin. */
  tool(tool: ToolName, args: readonly string[], options?: ToolOptions): Promise<ToolRun>;
}

export interface Kafka extends KafkaDescription, KafkaSetUp {
  readonly pid: number;
  describe(): KafkaDescription;
  stop(graceMs?: number): Promise<void>;
  kill(): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** Starts again on the same ports with the same data; stops first when it still runs. */
  restart(): Promise<void>;
}

export const kafkaSetUp = (kafka: KafkaDescription): KafkaSetUp => ({
  createTopics: (...wishes) => createTopics(kafka.admin, wishes),
  addAcls: (...wishes) => addAcls(kafka.admin, wishes),
  removeAcls: (...wishes) => removeAcls(kafka.admin, wishes),
  tool: (tool, args, options) => {
    const login = ['--bootstrap-server', kafka.admin.bootstrap, '--command-config', kafka.adminPropertiesFile];
    return kafkaTool(kafka, tool, [...login, ...args], options);
  },
});

export const kafkaHandle = (
  kafka: KafkaDistribution,
  launch: BrokerLaunch,
  files: { readonly ports: Readonly<Record<string, number>>; readonly adminPropertiesFile: string },
  started: RunningChild,
): Kafka => {
  let broker = started;
  const clients = Object.entries(files.ports).filter(([listener]) => listener !== 'controller');
  const description: KafkaDescription = {
    version: kafka.version,
    libDir: kafka.libDir,
    runDir: launch.runDir,
    clusterId: launch.clusterId,
    bootstrap: Object.fromEntries(clients.map(([listener, port]) => [listener, `127.0.0.1:${port}`])),
    admin: launch.login,
    adminPropertiesFile: files.adminPropertiesFile,
    logFile: started.logFile,
  };
  return {
    ...description,
    ...kafkaSetUp(description),
    get pid() {
      return broker.pid;
    },
    describe: () => description,
    stop: (graceMs) => broker.stop(graceMs),
    kill: () => broker.kill(),
    freeze: () => broker.freeze(),
    thaw: () => broker.thaw(),
    restart: async () => {
      if (broker.ended() === null) await broker.stop();
      broker = await launchBroker(launch);
    },
  };
};
