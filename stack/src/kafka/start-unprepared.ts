import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Certificates } from '../certificates/make-certificates.ts';
import { ownerOnlyDir, writeAtomically } from '../files/owner-only.ts';
import type { Lifetime } from '../processes/child.process.ts';
import { choosePort } from '../processes/ports.ts';
import { StackError } from '../stack-error.ts';
import { formatStorage, launchBroker, type BrokerLaunch } from './broker.launch.ts';
import type { KafkaDistribution } from './fetch-kafka.ts';
import { javaCommand } from './java-command.ts';
import { kafkaHandle, type Kafka } from './kafka.handle.ts';
import { adminProperties, serverProperties, type BrokerPlan, type NodePlace, type TrustedIssuer } from './server-properties.ts';

export interface BrokerOptions {
  readonly kafka: KafkaDistribution;
  /** Owned by this broker alone: data, settings, log, admin.properties. */
  readonly runDir: string;
  readonly certificates: { readonly servers: Pick<Certificates['servers'], 'broker'> };
  readonly trusts: readonly TrustedIssuer[];
  /** Adds an open PLAINTEXT listener on loopback, whose anonymous caller may do everything: for measurements. */
  readonly bench?: boolean;
  /** The well-known ports when they are free; otherwise any. */
  readonly usualPorts: boolean;
  /** Ports that were chosen before, by listener name: for clients whose settings must name them first. */
  readonly ports?: Readonly<Record<string, number>>;
  /** Where clients find a listener when a relay stands before it; by listener name. */
  readonly advertisedPorts?: Readonly<Record<string, number>>;
  readonly lifetime: Lifetime;
  readonly extraProperties?: Readonly<Record<string, string>>;
  /** After our own, so that they win: '-Xmx1g', '-XX:TieredStopAtLevel=4' for measurements. */
  readonly jvmOptions?: readonly string[];
  /** What the nodes of one cluster share; a cluster of its own when absent. */
  readonly member?: ClusterMember;
  /** Write class archives at the end: for the one run that prepares them. */
  readonly recording?: boolean;
}

/** One node's share of a cluster: all nodes have the same identity and passwords. */
export interface ClusterMember {
  readonly place: NodePlace;
  readonly clusterId: string;
  readonly passwords: BrokerPlan['passwords'];
}

const USUAL: Readonly<Record<string, number>> = { minted: 19_092, controller: 19_093, internal: 19_094, caller: 19_192, bench: 19_292 };

/** A port for each of the broker's listeners. */
export const chooseBrokerPorts = async (listeners: readonly string[], usualPorts: boolean): Promise<Readonly<Record<string, number>>> => {
  const ports: Record<string, number> = {};
  for (const name of ['controller', 'internal', ...listeners]) ports[name] = await choosePort(usualPorts ? (USUAL[name] ?? null) : null);
  return ports;
};

export const listenersOf = ({ trusts, bench }: Pick<BrokerOptions, 'trusts' | 'bench'>): readonly string[] => [...trusts.map((trust) => trust.listener), ...(bench === true ? ['bench'] : [])];

/** 16 bytes in the URL alphabet, the form of Kafka's cluster ids; a leading '-' would read as an option. */
export const newClusterId = (): string => Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url').replace(/^-/, '_');

export const newPasswords = (): BrokerPlan['passwords'] => ({ broker: randomBytes(18).toString('base64url'), admin: randomBytes(18).toString('base64url') });

/** Formats and starts one broker. `startKafka` is this after the download and the class archives. */
export const startUnprepared = async (options: BrokerOptions): Promise<Kafka> => {
  for (const { jwksFile, listener } of options.trusts) {
    if (!existsSync(jwksFile)) throw new StackError(`listener ${listener}: the broker cannot start without its key set ${jwksFile}`);
  }
  const runDir = ownerOnlyDir(options.runDir);
  const ports = options.ports ?? (await chooseBrokerPorts(listenersOf(options), options.usualPorts));
  const { passwords = newPasswords(), clusterId = newClusterId(), place } = options.member ?? {};
  const plan = {
    dataDir: join(runDir, 'data'),
    keystoreFile: options.certificates.servers.broker.bundleFile,
    trusts: options.trusts,
    ports,
    advertisedPorts: options.advertisedPorts,
    passwords,
    extra: options.extraProperties ?? {},
    node: place,
  };
  const launch: BrokerLaunch = {
    version: options.kafka.version,
    runDir,
    propertiesFile: writeAtomically(join(runDir, 'server.properties'), serverProperties(plan)),
    clusterId,
    jwksFiles: options.trusts.map((trust) => trust.jwksFile),
    login: { bootstrap: `127.0.0.1:${ports['internal']}`, username: 'admin', password: passwords.admin },
    lifetime: options.lifetime,
    java: javaCommand(options.kafka, options.recording),
    jvmOptions: options.jvmOptions ?? [],
  };
  const adminPropertiesFile = writeAtomically(join(runDir, 'admin.properties'), adminProperties(passwords.admin));
  await formatStorage(launch);
  return kafkaHandle(options.kafka, launch, { ports: { ...ports, ...options.advertisedPorts }, adminPropertiesFile }, await launchBroker(launch));
};
