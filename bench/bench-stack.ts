import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { choosePort, createSigningKeys, makeCertificates, startDirectory, startIssuer, startKafka, startProxy, type Proxy } from '../stack/src/index.ts';

/** The benchmarks' own profile of the stack: the same servers, and a PLAINTEXT listener beside for the floor and the checks. */
export interface BenchStack {
  readonly proxy: Proxy;
  readonly proxyUrl: string;
  readonly kafkaPid: number;
  readonly plaintext: string;
  /** One Authorization value: a service principal's v1 token, which Postern verifies from its cache and mints for. */
  readonly authFile: string;
  readonly runDir: string;
  stop(): Promise<void>;
}

const TOPICS = [
  { name: 'bench.p', partitions: 3 },
  { name: 'bench.batch', partitions: 3 },
];

/** @param settings further POSTERN__ variables; @param nodeFlags for the proxy, for example to profile it */
export const startBenchStack = async (settings: Readonly<Record<string, string>> = {}): Promise<BenchStack> => {
  const runDir = mkdtempSync(join(tmpdir(), 'postern-bench-'));
  const certificates = await makeCertificates(join(runDir, 'tls'));
  const shared = { certificates, usualPorts: false, lifetime: 'parent' } as const;
  const minted = { ...(await createSigningKeys(join(runDir, 'keys', 'main'))), issuer: 'https://postern.example.test', audience: 'kafka-main' };
  const [issuer, directory] = await Promise.all([startIssuer({ ...shared, runDir: join(runDir, 'issuer') }), startDirectory({ ...shared, runDir: join(runDir, 'directory') })]);
  const kafka = await startKafka({
    ...shared,
    runDir: join(runDir, 'kafka'),
    bench: true,
    // The stack's broker is tuned to start fast; here it has to run fast.
    jvmOptions: ['-Xmx1g', '-XX:TieredStopAtLevel=4'],
    trusts: [
      { listener: 'minted', jwksFile: minted.jwksFile, issuer: minted.issuer, audience: minted.audience, principalClaim: 'sub' },
      { listener: 'caller', jwksFile: issuer.jwksFile, issuer: issuer.v2.issuer, audience: issuer.v2.audience, principalClaim: 'oid' },
    ],
  });
  await kafka.createTopics(...TOPICS);
  const { objectId } = issuer.client('orders-service');
  await kafka.addAcls(
    { principal: 'ANONYMOUS', resource: 'topic', name: 'bench.', pattern: 'prefixed', operations: ['write', 'read', 'describe'] },
    { principal: objectId, resource: 'topic', name: 'bench.', pattern: 'prefixed', operations: ['write', 'read', 'describe', 'describe-configs'] },
  );
  const ports = { public: await choosePort(null), management: await choosePort(null), jwks: await choosePort(null) };
  const proxy = await startProxy({
    baseDir: runDir,
    runDir,
    lifetime: 'parent',
    ports,
    bootstrap: { minted: kafka.bootstrap['minted'] ?? '', caller: kafka.bootstrap['caller'] ?? '' },
    directory,
    issuer,
    environment: { POSTERN__listeners__0: `{name: bench, host: 127.0.0.1, port: ${ports.public}, kind: plain, apis: [v2]}`, ...settings },
  });
  await proxy.ready();
  const authFile = join(runDir, 'authorization');
  writeFileSync(authFile, `Bearer ${await issuer.fetchToken('orders-service', 'api://postern-v1')}\n`, { mode: 0o600 });
  return {
    proxy,
    proxyUrl: `http://127.0.0.1:${ports.public}`,
    kafkaPid: kafka.pid,
    plaintext: kafka.bootstrap['bench'] ?? '',
    authFile,
    runDir,
    stop: async () => {
      await proxy.stop();
      await Promise.all([kafka.stop(), issuer.stop(), directory.stop()]);
      rmSync(runDir, { recursive: true, force: true });
    },
  };
};
