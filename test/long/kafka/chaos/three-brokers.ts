import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { importPKCS8, SignJWT } from 'jose';
import { createSigningKeys, makeCertificates, startFaultProxy, startKafkaCluster, type FaultProxy, type Kafka, type KafkaCluster } from '../../../../stack/src/index.ts';
import { MINTED_AUDIENCE, MINTED_ISSUER, type StackDescription } from '../../../setup/stack.description.ts';
import type { Lab } from '../lab.ts';

/** Three brokers, each behind a network that can fail. */
export interface ThreeBrokers extends Pick<Lab, 'mint'> {
  readonly kafka: KafkaCluster;
  readonly certificates: StackDescription['certificates'];
  node(id: number): Kafka;
  network(id: number): FaultProxy;
  readonly networks: ReadonlyMap<number, FaultProxy>;
  /** Partition, offset and the value up to the first bar, of everything in a topic, by Kafka's own console consumer. */
  log(topic: string): Promise<readonly Logged[]>;
  /** Sockets of this process to the brokers' networks that are not closed yet, by the kernel's own table. */
  clientSockets(): readonly string[];
  stop(): Promise<void>;
}

export interface Logged {
  readonly partition: number;
  readonly offset: bigint;
  readonly id: string;
}

const TOOL_MS = 240_000;
const ESTABLISHED = '01';
const CLOSE_WAIT = '08';

export const startThreeBrokers = async (runDir: string, say: (line: string) => void): Promise<ThreeBrokers> => {
  const certificates = await makeCertificates(join(runDir, 'tls'));
  const minted = { ...(await createSigningKeys(join(runDir, 'keys'))), issuer: MINTED_ISSUER, audience: MINTED_AUDIENCE };
  const networks = new Map<number, FaultProxy>();
  const inFront = async ({ nodeId, port }: { readonly nodeId: number; readonly port: number }): Promise<number> => {
    const network = await startFaultProxy(port);
    networks.set(nodeId, network);
    return network.port;
  };
  const trusts = [{ listener: 'minted', jwksFile: minted.jwksFile, issuer: minted.issuer, audience: minted.audience, principalClaim: 'sub' }];
  const kafka = await startKafkaCluster({ runDir: join(runDir, 'kafka'), certificates, trusts, lifetime: 'parent', progress: say, inFront });
  const key = await importPKCS8(readFileSync(minted.privateKeyFile, 'utf8'), 'RS256');
  let serial = 0;
  return {
    kafka,
    certificates,
    networks,
    node: (id) => kafka.nodes.get(id) as Kafka,
    network: (id) => networks.get(id) as FaultProxy,
    mint: async (kafkaName, lifeSeconds) => {
      const iat = Math.floor(Date.now() / 1_000);
      const payload = { iss: minted.issuer, aud: minted.audience, sub: kafkaName, iat, nbf: iat - 60, exp: iat + lifeSeconds, jti: String(serial++) };
      const token = await new SignJWT(payload).setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: minted.kid }).sign(key);
      return { token, issuedAt: iat * 1_000, expiresAt: (iat + lifeSeconds) * 1_000 };
    },
    log: async (topic) => {
      const offsets = await kafka.tool('offsets', ['--topic', topic]);
      const count = offsets.stdout.trim().split('\n').reduce((sum, line) => sum + Number(line.split(':').at(-1) ?? 0), 0);
      if (count === 0) return [];
      const shown = ['print.partition=true', 'print.offset=true'].flatMap((property) => ['--formatter-property', property]);
      const run = await kafka.tool('console-consumer', ['--topic', topic, '--from-beginning', '--max-messages', String(count), '--timeout-ms', '60000', ...shown], { timeoutMs: TOOL_MS });
      const found = run.stdout.split('\n').flatMap((line) => {
        const [, partition, offset, id] = /^Partition:(\d+)\tOffset:(\d+)\t([^|]*)/.exec(line) ?? [];
        return id === undefined ? [] : [{ partition: Number(partition), offset: BigInt(offset ?? 0), id }];
      });
      if (run.exitCode !== 0 || found.length !== count) throw new Error(`ConsoleConsumer: ${found.length} of ${count}: ${run.stderr.slice(-2_000)}`);
      return found.toSorted((a, b) => a.partition - b.partition || Number(a.offset - b.offset));
    },
    clientSockets: () => {
      const ports = [...networks.values()].map(({ port }) => port.toString(16).toUpperCase().padStart(4, '0'));
      const rows = ['tcp', 'tcp6'].flatMap((table) => readFileSync(`/proc/net/${table}`, 'utf8').split('\n').slice(1));
      return rows.map((row) => row.trim().split(/\s+/)).flatMap(([, local = '', remote = '', state = '']) => (ports.some((port) => remote.endsWith(`:${port}`)) && [ESTABLISHED, CLOSE_WAIT].includes(state) ? [`${local} to ${remote} ${state}`] : []));
    },
    stop: async () => {
      for (const node of kafka.nodes.values()) node.thaw();
      await kafka.stop();
      await Promise.all([...networks.values()].map((one) => one.stop()));
    },
  };
};
