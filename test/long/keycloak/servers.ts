import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { callHttps, createSigningKeys, makeCertificates, startDirectory, startIssuer, startKafka, startKeycloak, type Kafka, type Keycloak } from '../../../stack/src/index.ts';
import { writeAtomically } from '../../../stack/src/files/owner-only.ts';
import { runProxy, type RunningProxy } from '../../api/running-proxy.ts';
import { MINTED_AUDIENCE, MINTED_ISSUER } from '../../setup/stack.description.ts';
import { AUDIENCE, makeRealms, type Realms } from './realms.ts';

export interface Servers {
  readonly keycloak: Keycloak;
  readonly realms: Realms;
  readonly kafka: Kafka;
  readonly proxy: RunningProxy;
  stop(): Promise<void>;
}

const json = JSON.stringify;
/** A group of Keycloak, as its mapper with full paths writes it. */
const WRITERS = '/kafka-writers';

/** The sample settings with three plugins of type `oidc` beside the others, as docs/guides/oidc-keycloak.md has them. */
const settingsFor = ({ apps, pss, own }: Realms, caFile: string, entraIssuer: string): Record<string, string> => {
  const oidc = { type: 'oidc', audiences: [AUDIENCE], caFile, requiredClaims: { typ: 'Bearer' }, types: ['JWT'], rolesClaim: ['realm_access', 'roles'] } as const;
  const authority = (id: string, kafkaNames: object, roles: readonly string[] = ['kafka-user', 'kafka-writer']) => json({ id, admits: { roles }, kafkaNames });
  const writes = (id: string, role = 'kafka-writer') => ({ effect: 'allow', methods: ['POST'], topics: ['orders'], who: { authority: id, roles: [role] } });
  return {
    POSTERN__authorities__2: authority('apps', { owns: 'prefix', prefix: 'apps/' }),
    POSTERN__authorities__3: authority('pss', { owns: 'prefix', prefix: 'pss/' }, [WRITERS]),
    // The broker reads `sub`, a GUID, out of the caller's own token: this authority owns the GUIDs, which are Entra's in the sample.
    POSTERN__authorities__1__kafkaNames: json({ owns: 'prefix', prefix: 'entra/' }),
    POSTERN__authorities__4: authority('own', { owns: 'guid' }),
    POSTERN__plugins__2: json({ ...oidc, id: 'apps', authority: 'apps', issuer: apps.issuer, discovery: {}, principalClaim: 'preferred_username' }),
    POSTERN__plugins__3: json({ ...oidc, id: 'pss', authority: 'pss', issuer: pss.issuer, jwksUrl: pss.jwksUrl, algorithms: ['PS256'], rolesClaim: 'groups' }),
    POSTERN__plugins__4: json({ ...oidc, id: 'own', authority: 'own', issuer: own.issuer, discovery: {}, algorithms: ['ES256'] }),
    POSTERN__clusters__0__listeners__1__trusts: json({ kind: 'issuer', issuer: own.issuer, audiences: [AUDIENCE], principalClaim: 'sub' }),
    POSTERN__clusters__0__credentials__2: json({ from: entraIssuer, source: 'minted', listener: 'minted' }),
    POSTERN__clusters__0__credentials__3: json({ from: apps.issuer, source: 'minted', listener: 'minted' }),
    POSTERN__clusters__0__credentials__4: json({ from: pss.issuer, source: 'minted', listener: 'minted' }),
    POSTERN__clusters__0__credentials__5: json({ from: own.issuer, source: 'caller', listener: 'caller-token' }),
    POSTERN__gate: json({ rules: [{ effect: 'allow', methods: ['GET'], who: { everyone: true } }, writes('apps'), writes('pss', WRITERS), writes('own'), { effect: 'allow', methods: ['POST'], who: { authority: 'corp', groups: ['cn=kafka-users,ou=groups,dc=example,dc=test'] } }] }),
  };
};

export const startServers = async (runDir: string, say: (line: string) => void): Promise<Servers> => {
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of stops.toReversed()) await end();
  };
  try {
    const certificates = await makeCertificates(join(runDir, 'tls'));
    const shared = { certificates, usualPorts: false, lifetime: 'parent', progress: say } as const;
    const minted = { ...(await createSigningKeys(join(runDir, 'keys', 'main'))), issuer: MINTED_ISSUER, audience: MINTED_AUDIENCE };
    const keycloak = await startKeycloak({ ...shared, runDir: join(runDir, 'keycloak') });
    stops.push(() => keycloak.stop());
    const realms = await makeRealms(keycloak);
    say('three realms are made');
    const [issuer, directory] = await Promise.all([startIssuer({ ...shared, runDir: join(runDir, 'issuer') }), startDirectory({ ...shared, runDir: join(runDir, 'directory') })]);
    stops.push(() => issuer.stop(), () => directory.stop());
    const ownKeys = writeAtomically(join(runDir, 'own.jwks.json'), (await callHttps(realms.own.jwksUrl, certificates.caFile)).body, 0o644);
    const kafka = await startKafka({
      ...shared,
      runDir: join(runDir, 'kafka'),
      trusts: [
        { listener: 'minted', jwksFile: minted.jwksFile, issuer: minted.issuer, audience: minted.audience, principalClaim: 'sub' },
        { listener: 'caller', jwksFile: ownKeys, issuer: realms.own.issuer, audience: AUDIENCE, principalClaim: 'sub' },
      ],
    });
    stops.push(() => kafka.stop());
    const stack = { runDir, certificates, kafka: kafka.describe(), directory: directory.describe(), issuer: issuer.describe(), minted };
    const proxy = await runProxy(stack, { environment: settingsFor(realms, certificates.caFile, issuer.v2.issuer) });
    stops.push(() => proxy.stop());
    return { keycloak, realms, kafka, proxy, stop };
  } catch (error) {
    const logFile = join(runDir, 'keycloak', 'keycloak.log');
    say(`could not start: ${String(error)}; ${logFile}: ${readFileSync(logFile, 'utf8').slice(-500)}`);
    await stop();
    throw error;
  }
};
