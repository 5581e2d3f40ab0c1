import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { mdsWayIn } from './mds.way-in.ts';
import {
  chooseBrokerPorts,
  choosePort,
  createSigningKeys,
  makeCertificates,
  ownerOnlyDir,
  startDirectory,
  startIssuer,
  startKafka,
  startMds,
  startProxy,
  StackError,
  type Directory,
  type Issuer,
  type Kafka,
  type Lifetime,
  type Mds,
  type Progress,
  type Proxy,
} from '../src/index.ts';

export interface Everything {
  readonly kafka: Kafka;
  readonly directory: Directory;
  readonly issuer: Issuer;
  /** A double: there is no open Metadata Service to run. */
  readonly mds: Mds;
  readonly proxy: Proxy;
  /** Proxy first, so that it can end its sessions while Kafka is still there. */
  stop(): Promise<void>;
}

export interface QuickstartOptions {
  /** Emptied first. */
  readonly runDir: string;
  readonly lifetime: Lifetime;
  readonly usualPorts: boolean;
  readonly progress: Progress;
}

export const COMPONENTS = ['proxy', 'kafka', 'mds', 'directory', 'issuer'] as const;
export const TOPICS = [
  { name: 'orders', partitions: 3 },
  { name: 'payments', partitions: 3 },
] as const;

const grantRights = async (kafka: Kafka, issuer: Issuer): Promise<void> => {
  await kafka.createTopics(...TOPICS);
  const service = issuer.client('orders-service').objectId;
  const admin = issuer.client('platform-admin').objectId;
  // GET /topics/{topic} shows the topic's settings, for which Kafka has an operation of its own.
  const look = ['read', 'describe', 'describe-configs'] as const;
  await kafka.addAcls(
    { principal: 'alice', resource: 'topic', name: 'orders', operations: ['write', ...look] },
    { principal: 'bob', resource: 'topic', name: 'orders', operations: look },
    { principal: service, resource: 'topic', name: 'orders', operations: ['write', ...look] },
    // What an operator grants once to whoever comes from HDInsight: here for the names that Microsoft's sample makes.
    { principal: service, resource: 'topic', name: 'hello_topic_', pattern: 'prefixed', operations: ['create', 'write', 'read', 'describe'] },
    { principal: admin, resource: 'topic', operations: ['all'] },
    { principal: admin, resource: 'group', operations: ['all'] },
    { principal: admin, resource: 'cluster', operations: ['all'] },
  );
};

/** Starts all five on loopback, each as soon as what it needs is there. Everything of an earlier run is thrown away. */
export const startEverything = async ({ runDir, lifetime, usualPorts, progress }: QuickstartOptions): Promise<Everything> => {
  rmSync(runDir, { recursive: true, force: true });
  ownerOnlyDir(runDir);
  const started: { stop(): Promise<void> }[] = [];
  const keep = <T extends { stop(): Promise<void> }>(part: T, line: string): T => {
    started.unshift(part);
    progress(line);
    return part;
  };
  const stop = async (): Promise<void> => {
    for (const part of started.splice(0)) await part.stop();
  };
  try {
    const [certificates, ports] = await Promise.all([makeCertificates(join(runDir, 'tls')), chooseBrokerPorts(['minted', 'caller'], usualPorts)]);
    await createSigningKeys(join(runDir, 'keys', 'main'), false);
    progress('certificates and signing key made');
    const shared = { certificates, usualPorts, lifetime, progress };
    const port = async (usual: number): Promise<number> => {
      const chosen = await choosePort(usualPorts ? usual : null);
      if (usualPorts && chosen !== usual) progress(`port ${usual} is taken, using ${chosen}`);
      return chosen;
    };
    const issuer = keep(await startIssuer({ ...shared, runDir: join(runDir, 'issuer') }), 'issuer ready');
    const directory = keep(await startDirectory({ ...shared, runDir: join(runDir, 'directory') }), 'directory ready');
    // Before the proxy, which reads its public key.
    const mds = keep(await startMds({ ...shared, runDir: join(runDir, 'mds'), directory }), 'MDS double ready');
    const address = (listener: 'minted' | 'caller'): string => `127.0.0.1:${ports[listener]}`;
    const proxy = await startProxy({
      baseDir: runDir,
      runDir: ownerOnlyDir(join(runDir, 'proxy')),
      ports: { public: await port(8443), management: await port(9443), jwks: await port(8445), hdinsight: await port(9400) },
      bootstrap: { minted: address('minted'), caller: address('caller') },
      directory,
      issuer,
      environment: mdsWayIn(mds, directory),
      lifetime,
    });
    keep(proxy, 'proxy up, its keys are published; starting Kafka');
    const kafka = await startKafka({
      ...shared,
      runDir: join(runDir, 'kafka'),
      ports,
      trusts: [
        { listener: 'minted', jwksFile: proxy.jwksFile, issuer: 'https://postern.example.test', audience: 'kafka-main', principalClaim: 'sub' },
        { listener: 'caller', jwksFile: issuer.jwksFile, issuer: issuer.v2.issuer, audience: issuer.v2.audience, principalClaim: 'oid' },
      ],
    });
    // Stopped after the proxy, and before what it was told to trust.
    started.splice(1, 0, kafka);
    await grantRights(kafka, issuer);
    progress('Kafka ready, topics and rights made');
    await proxy.ready();
    progress('proxy ready');
    return { kafka, directory, issuer, mds, proxy, stop };
  } catch (error) {
    await stop();
    // Between the choice of a port and its server's start another program can take it.
    if (error instanceof Error && /address already in use|EADDRINUSE/i.test(error.message)) throw new StackError('a port was taken by another program meanwhile; run it again');
    throw error;
  }
};
