import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mdsWayIn } from '../stack/quickstart/mds.way-in.ts';
import { choosePort, createSigningKeys, makeCertificates, startDirectory, startIssuer, startKafka, startMds, startProxy, type Proxy } from '../stack/src/index.ts';
import { median, round, table, wrk } from './lib.mjs';
import { paced, percentile } from './paced.ts';

/*
 * What a verified caller costs: GET / with each way in, cached and cold, beside the same proxy with an open guard; then
 * the p99 of a good caller alone and under a flood of wrong passwords and forged tokens. Interleaved; loopback only.
 *   node bench/authentication.ts [--secs 4] [--rounds 3] [--conns 16]
 * Needs wrk. CPU is the proxy's own, from /proc.
 */
const { values } = parseArgs({ options: { secs: { type: 'string', default: '4' }, rounds: { type: 'string', default: '3' }, conns: { type: 'string', default: '16' } } });
const [secs, rounds, conns] = [Number(values.secs), Number(values.rounds), Number(values.conns)];
const runDir = mkdtempSync(join(tmpdir(), 'postern-bench-auth-'));
const certificates = await makeCertificates(join(runDir, 'tls'));
const shared = { certificates, usualPorts: false, lifetime: 'parent' } as const;
const minted = { ...(await createSigningKeys(join(runDir, 'keys', 'main'))), issuer: 'https://postern.example.test', audience: 'kafka-main' };
const [issuer, apps, directory] = await Promise.all([startIssuer({ ...shared, runDir: join(runDir, 'issuer') }), startIssuer({ ...shared, runDir: join(runDir, 'apps') }), startDirectory({ ...shared, runDir: join(runDir, 'directory') })]);
const mds = await startMds({ ...shared, runDir: join(runDir, 'mds'), directory });
const kafka = await startKafka({
  ...shared,
  runDir: join(runDir, 'kafka'),
  trusts: [
    { listener: 'minted', jwksFile: minted.jwksFile, issuer: minted.issuer, audience: minted.audience, principalClaim: 'sub' },
    { listener: 'caller', jwksFile: issuer.jwksFile, issuer: issuer.v2.issuer, audience: issuer.v2.audience, principalClaim: 'oid' },
  ],
});
const proxies: Proxy[] = [];

const json = JSON.stringify;
const COLD = { POSTERN__plugins__0__cache: '{credentialSeconds: 0, negativeSeconds: 0}', POSTERN__plugins__1__verifiedTokenCacheSeconds: '0' };
/** A proxy of its own over the same servers. */
const proxyWith = async (name: string, { cacheSeconds = 60, environment = {} }: { readonly cacheSeconds?: number; readonly environment?: Readonly<Record<string, string>> } = {}) => {
  const ports = { public: await choosePort(null), management: await choosePort(null), jwks: await choosePort(null) };
  const proxy = await startProxy({
    baseDir: runDir,
    runDir: mkdtempSync(join(runDir, `${name}-`)),
    lifetime: 'parent',
    ports,
    bootstrap: { minted: kafka.bootstrap['minted'] ?? '', caller: kafka.bootstrap['caller'] ?? '' },
    directory,
    issuer,
    environment: {
      POSTERN__listeners__0: `{name: bench, host: 127.0.0.1, port: ${ports.public}, kind: plain, apis: [v2]}`,
      // One address sends everything here.
      POSTERN__limits__floodPerSecond: '1000000',
      POSTERN__limits__floodBurst: '1000000',
      POSTERN__plugins__0__failureBudget: '{lockoutThreshold: 5, windowSeconds: 300}',
      POSTERN__authorities__2: json({ id: 'apps', admits: { anyoneInThisTenant: true }, kafkaNames: { owns: 'prefix', prefix: 'apps/' } }),
      ...mdsWayIn(mds, directory),
      POSTERN__plugins__2__verifiedTokenCacheSeconds: String(cacheSeconds),
      POSTERN__plugins__3: json({ id: 'apps-oidc', type: 'oidc', authority: 'apps', issuer: apps.v2.issuer, audiences: [apps.v2.audience], jwksUrl: apps.v2.jwksUrl, caFile: apps.caFile, verifiedTokenCacheSeconds: cacheSeconds }),
      POSTERN__clusters__0__credentials__4: json({ from: apps.v2.issuer, source: 'minted', listener: 'minted' }),
      ...environment,
    },
  });
  proxies.push(proxy);
  await proxy.ready();
  return { name, url: `http://127.0.0.1:${ports.public}`, pid: proxy.pid };
};
const basic = (name: string, password: string): string => `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
const fileOf = (name: string, lines: readonly string[]): string => {
  const file = join(runDir, `${name}.authorization`);
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  return file;
};

try {
  const preload = fileURLToPath(new URL('./open-guard.mjs', import.meta.url));
  const [open, cached, cold, azure] = [
    await proxyWith('open', { environment: { NODE_OPTIONS: `--import=${preload}` } }),
    await proxyWith('cached'),
    await proxyWith('cold', { cacheSeconds: 0, environment: COLD }),
    await proxyWith('passport-azure-ad', { cacheSeconds: 0, environment: { ...COLD, POSTERN__plugins__1__verifier: 'passport-azure-ad' } }),
  ];
  const credentials = {
    ldap: fileOf('ldap', [basic('alice', 'alice-secret')]),
    entra: fileOf('entra', [`Bearer ${await issuer.fetchToken('orders-service', 'api://postern-v1')}`]),
    mds: fileOf('mds', [`Bearer ${await mds.fetchToken('alice', 'alice-secret')}`]),
    oidc: fileOf('oidc', [`Bearer ${await apps.fetchToken('orders-service')}`]),
  };
  const forged = fileOf('forged', Array.from({ length: 2_000 }, (_, i) => (i % 2 === 0 ? basic(`person-${i % 50}`, `guess-${i}`) : `Bearer eyJhbGciOiJSUzI1NiJ9.${Buffer.from(json({ iss: issuer.v1.issuer, i })).toString('base64url')}.AAAA`)));

  const cases = [
    ['no authentication', open, credentials.entra],
    ...Object.entries(credentials).map(([way, file]) => [`${way}, cached`, cached, file] as const),
    ...Object.entries(credentials).map(([way, file]) => [`${way}, cold`, cold, file] as const),
    ['entra by passport-azure-ad, cold', azure, credentials.entra],
  ] as const;
  const run = (peer: typeof open, file: string, length: number, c = conns) => wrk(peer, '/', { conns: c, secs: length, lua: './wrk-auth.lua', args: [file] });
  const seen = new Map<string, Awaited<ReturnType<typeof run>>[]>(cases.map(([name]) => [name, []]));
  for (const [name, peer, file] of cases) {
    console.log(`warming: ${name}`);
    await run(peer, file, 2);
  }
  for (let r = 0; r < rounds; r++)
    for (const [name, peer, file] of r % 2 === 0 ? cases : [...cases].toReversed()) {
      console.log(`round ${r + 1} of ${rounds}: ${name}`);
      seen.get(name)?.push(await run(peer, file, secs));
    }
  const of = (name: string, key: 'rps' | 'cpuPer1k' | 'p50' | 'p99') => median((seen.get(name) ?? []).map((one) => one[key])) as number;
  const base = of('no authentication', 'cpuPer1k') * 1_000;
  table(
    cases.map(([name]) => ({ case: name, 'req/s': round(of(name, 'rps'), 0), ratio: round(of(name, 'rps') / of('no authentication', 'rps')), p50: round(of(name, 'p50')), p99: round(of(name, 'p99')), 'cpu us/req': round(of(name, 'cpuPer1k') * 1_000, 1), 'added us': round(of(name, 'cpuPer1k') * 1_000 - base, 1), refused: (seen.get(name) ?? []).reduce((sum, one) => sum + one.e_status, 0) })),
    ['case', 'req/s', 'ratio', 'p50', 'p99', 'cpu us/req', 'added us', 'refused'],
  );

  // A steady caller at 200 requests a second, alone and while another sends 500 bad credentials a second.
  const flooded = { alone: [] as number[], flooded: [] as number[] };
  for (let r = 0; r < rounds * 2; r++) {
    const kind = r % 2 === 0 ? 'alone' : 'flooded';
    const flood = kind === 'flooded' ? paced(cached.url, forged, 500, secs * 1_000) : Promise.resolve([]);
    const good = await paced(cached.url, credentials.entra, 200, secs * 1_000);
    await flood;
    flooded[kind].push(percentile(good, 0.99));
  }
  const [alone, under] = [median(flooded.alone) as number, median(flooded.flooded) as number];
  console.log(`good caller's p99: ${alone.toFixed(2)} ms alone, ${under.toFixed(2)} ms under 500 bad credentials a second: ${(under / alone).toFixed(2)} times`);
} finally {
  await Promise.all(proxies.map((proxy) => proxy.stop()));
  await Promise.all([kafka.stop(), mds.stop(), issuer.stop(), apps.stop(), directory.stop()]);
  rmSync(runDir, { recursive: true, force: true });
}
