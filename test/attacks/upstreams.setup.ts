import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { chooseBrokerPorts, startDirectory, startIssuer, startMds, type Certificates, type Issuer } from '../../stack/src/index.ts';
import { basic, bearer } from '../api/https.client.ts';
import { runProxy, type RunningProxy } from '../api/running-proxy.ts';
import { startOwnKafka } from '../setup/own-kafka.ts';
import type { Stack } from '../setup/stack.ts';
import { FAULTS, startFaultyUpstream, type Fault, type FaultyUpstream, type Protocol } from './faulty.upstream.ts';
import { startManyIssuers } from './many.issuers.ts';

export const LOGIN_MS = 1_000;
export const BROKER_MS = 1_500;
/** Of a key set: asked again so long after a failure, by the proxy's own timer. */
export const KEYS_RETRY_MS = 30_000;

/** One upstream with whom it decides about and who does not need it. */
export interface Case {
  readonly upstream: FaultyUpstream;
  readonly proxy: RunningProxy;
  readonly deadlineMs: number;
  readonly victim: () => Promise<string> | string;
  readonly beside: () => Promise<string> | string;
}

/** An upstream that fails in one way from before the proxy's start on: keys are kept, so that only a cold start shows it. */
export interface ColdCase {
  readonly what: 'key set' | 'discovery document';
  readonly fault: Fault;
  readonly victim: () => Promise<string> | string;
  readonly heal: () => void;
  /** See FaultyUpstream; null where the server was stopped before it was asked, so that nothing in between can count. */
  readonly met: (() => number) | null;
}

export interface Upstreams {
  readonly cases: Readonly<Record<'directory' | 'MDS' | 'Graph token endpoint' | 'Graph' | 'Kafka broker', Case>>;
  readonly cold: readonly ColdCase[];
  /** Of the cold cases; with somebody who needs none of them. */
  readonly coldProxy: RunningProxy;
  readonly beside: string;
  stop(): Promise<void>;
}

const json = JSON.stringify;
const ALICE = basic('alice', 'alice-secret');

/** Two proxies (Basic belongs to one plugin), every upstream behind a port that can turn bad. */
export const startUpstreams = async (stack: Stack): Promise<Upstreams> => {
  const certificates = stack.certificates as Certificates;
  const own = { certificates, usualPorts: false, lifetime: 'parent' } as const;
  const dir = (name: string) => mkdtempSync(join(stack.runDir, `upstream-${name}-`));
  const [directory, graph, cold1, cold2, mds, many] = await Promise.all([
    startDirectory({ ...own, runDir: dir('directory') }),
    ...['graph', 'keys', 'discovery'].map((name) => startIssuer({ ...own, runDir: dir(name) })) as [Promise<Issuer>, Promise<Issuer>, Promise<Issuer>],
    startMds({ ...own, runDir: dir('mds'), directory: stack.directory }),
    startManyIssuers(certificates),
  ]);
  const ports = await chooseBrokerPorts(['minted', 'caller'], false);
  let broker: Awaited<ReturnType<typeof startOwnKafka>> | null = null;
  const faulty = (protocol: Protocol, port: number, real = { freeze: (): void => undefined, thaw: (): void => undefined }) => startFaultyUpstream(protocol, port, certificates, real);
  const behind = {
    directory: await faulty('ldaps', directory.port, directory),
    mds: await faulty('https', mds.port, mds),
    token: await faulty('https', graph.port, graph),
    graph: await faulty('https', graph.port, graph),
    kafka: await faulty('kafka', ports['minted'] ?? 0, { freeze: () => broker?.freeze(), thaw: () => broker?.thaw() }),
  };
  const at = ({ port }: { readonly port: number }) => `127.0.0.1:${port}`;
  // The broker says of itself that it is at the other port, so that nothing goes past it.
  const advertised = `INTERNAL://127.0.0.1:${ports['internal']},MINTED://${at(behind.kafka)},CALLER://127.0.0.1:${ports['caller']}`;
  const kafka = (broker = await startOwnKafka(stack, { ports, extraProperties: { 'advertised.listeners': advertised } }));

  const issuers = await Promise.all((['key set', 'discovery document'] as const).flatMap((what) => FAULTS.filter((fault) => fault !== 'frozen').map(async (fault) => {
    const port = await faulty('https', many.port);
    port.fail(fault);
    const issuer = `https://${at(port)}`;
    return { what, fault, issuer, port, victim: () => bearer(many.token(issuer)), heal: () => port.heal(), met: () => port.met(), keys: what === 'key set' ? { jwksUrl: `${issuer}/keys` } : { discovery: {} } };
  })));
  const keysPort = await faulty('https', cold1.port, cold1);
  keysPort.fail('frozen');
  const tokens = await Promise.all([cold1, cold2].map(async (issuer) => bearer(await issuer.sign('orders-service', 'api://postern', { lifeSeconds: 600 }))));
  // The address of a discovered document is the issuer's own, so that no port stands before it: stopped before it is asked.
  cold2.freeze();
  const frozen = [
    { what: 'key set', fault: 'frozen', issuer: cold1.v2.issuer, audience: cold1.v2.audience, victim: () => tokens[0] ?? '', heal: () => keysPort.heal(), met: () => keysPort.met(), keys: { jwksUrl: cold1.v2.jwksUrl.replace(String(cold1.port), String(keysPort.port)) } },
    { what: 'discovery document', fault: 'frozen', issuer: cold2.v2.issuer, audience: cold2.v2.audience, victim: () => tokens[1] ?? '', heal: () => cold2.thaw(), met: null, keys: { discovery: {} } },
  ] as const;
  const cold = [...issuers.map((one) => ({ ...one, audience: 'kafka' })), ...frozen];

  const fresh = { cache: '{credentialSeconds: 0, negativeSeconds: 0}' } as const;
  const movedTo = (url: string, port: FaultyUpstream): string => url.replace(/127\.0\.0\.1:\d+/, at(port));
  const moved = { ...graph.graph, url: movedTo(graph.graph.url, behind.graph), tokenUrl: movedTo(graph.graph.tokenUrl, behind.token) };
  const proxy = await runProxy(stack, {
    awaitReady: false,
    // Callers' own tokens go to the shared broker, so that they can go on while the other one is stopped.
    bootstrap: { minted: at(behind.kafka), caller: stack.kafka.bootstrap['caller'] ?? '' },
    directory: { url: `ldaps://${at(behind.directory)}` },
    issuer: { ...stack.issuer, graph: moved },
    environment: {
      POSTERN__identity__loginDeadlineMs: String(LOGIN_MS),
      POSTERN__clusters__0__brokerDeadlineMs: String(BROKER_MS),
      POSTERN__plugins__0__loginDeadlineMs: String(LOGIN_MS),
      POSTERN__plugins__0__cache: fresh.cache,
      POSTERN__plugins__0__service__passwordFile: directory.service.passwordFile,
      POSTERN__plugins__1__verifiedTokenCacheSeconds: '0',
      POSTERN__plugins__1__graph__cacheSeconds: '1',
      POSTERN__plugins__1__graph__negativeSeconds: '1',
      POSTERN__plugins__1__graph__graceSeconds: '0',
      ...Object.fromEntries(cold.flatMap(({ issuer, audience, keys }, i) => [
        [`POSTERN__authorities__${2 + i}`, json({ id: `a${i}`, admits: { anyoneInThisTenant: true }, kafkaNames: { owns: 'prefix', prefix: `a${i}/` } })],
        [`POSTERN__plugins__${2 + i}`, json({ id: `p${i}`, type: 'oidc', authority: `a${i}`, issuer, audiences: [audience], caFile: stack.certificates.caFile, ...keys })],
        [`POSTERN__clusters__0__credentials__${3 + i}`, json({ from: issuer, source: 'minted', listener: 'minted' })],
      ])),
    },
  });
  const byMds = await runProxy(stack, {
    awaitReady: false,
    directory: { url: `https://${at(behind.mds)}` },
    environment: {
      POSTERN__identity__loginDeadlineMs: String(LOGIN_MS),
      POSTERN__authorities__0: json({ id: 'corp', admits: { anyoneInThisTenant: true }, kafkaNames: { owns: 'plain' } }),
      POSTERN__plugins__0: json({ id: 'corp-mds', type: 'mds', authority: 'corp', urls: [`https://${at(behind.mds)}`], caFile: mds.caFile, publicKeyFiles: [mds.publicKeyFile], bearer: false, loginDeadlineMs: LOGIN_MS, nodeTimeoutMs: LOGIN_MS / 2, cache: { credentialSeconds: 0, negativeSeconds: 0 } }),
    },
  });
  // Graph's own token lives for a second, so that its endpoint is needed again and again.
  await graph.shapeTokens({ lifeSeconds: 3 });
  const told = bearer(await stack.issuer.sign('orders-service', 'api://postern', { lifeSeconds: 600 }));
  const untold = bearer(await stack.issuer.sign('orders-service', 'api://postern', { lifeSeconds: 600, claims: { groups: null } }));
  const login = { proxy, deadlineMs: LOGIN_MS } as const;
  return {
    cases: {
      directory: { ...login, upstream: behind.directory, victim: () => ALICE, beside: () => told },
      MDS: { ...login, proxy: byMds, upstream: behind.mds, victim: () => ALICE, beside: () => told },
      'Graph token endpoint': { ...login, upstream: behind.token, victim: () => untold, beside: () => ALICE },
      Graph: { ...login, upstream: behind.graph, victim: () => untold, beside: () => ALICE },
      'Kafka broker': { proxy, deadlineMs: BROKER_MS, upstream: behind.kafka, victim: () => ALICE, beside: () => told },
    },
    cold,
    coldProxy: proxy,
    beside: ALICE,
    stop: async () => {
      await Promise.all([proxy.stop(), byMds.stop()]);
      for (const { port } of issuers) port.stop();
      for (const port of [...Object.values(behind), keysPort]) port.stop();
      cold2.thaw();
      many.stop();
      await Promise.all([directory.stop(), graph.stop(), cold1.stop(), cold2.stop(), mds.stop(), kafka.stop()]);
    },
  };
};
