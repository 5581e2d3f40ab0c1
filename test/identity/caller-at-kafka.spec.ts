import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAuthorization, type VerifiedPrincipal } from '@postern/auth-plugins';
import { createKafkaSessions, type BrokerAddress, type KafkaCredentialSource, type KafkaSessions } from '@postern/kafka';
import { createSigningKeys, waitUntil, writeAtomically, type Kafka, type SigningKeyEntry } from '../../stack/src/index.ts';
import { startOwnKafka } from '../setup/own-kafka.ts';
import { stack } from '../setup/stack.ts';
import { basic, bearer, principalOf, run } from './run-plugin.ts';
import { wholeIdentity } from './whole-identity.setup.ts';

/** From a header to Kafka's own rules, by the real parts: directory, issuer, token service, broker. */
describe('a caller at Kafka', () => {
  let identity: Awaited<ReturnType<typeof wholeIdentity>>;
  let kafka: Kafka;
  let sessions: KafkaSessions;

  beforeAll(async () => {
    const { issuer, certificates, runDir } = stack();
    identity = await wholeIdentity(stack(), join(runDir, 'identity-keys'));
    await identity.tokens.writeJwksFiles();
    kafka = await startOwnKafka(stack(), {
      trusts: [
        { listener: 'minted', jwksFile: identity.keys.jwksFile, issuer: 'https://postern.example.test', audience: 'kafka-main', principalClaim: 'sub' },
        { listener: 'caller', jwksFile: issuer.jwksFile, issuer: issuer.v2.issuer, audience: issuer.v2.audience, principalClaim: 'oid' },
      ],
    });
    const listener = (name: string) => ({
      bootstrapServers: [kafka.bootstrap[name] as BrokerAddress],
      tls: { ca: readFileSync(certificates.caFile, 'utf8') },
      sasl: 'oauthbearer' as const,
      advertisedHosts: ['127.0.0.1'],
    });
    sessions = createKafkaSessions({
      clusters: [{ id: 'main', transport: 'platformatic', brokerDeadlineMs: 10_000, listeners: { minted: listener('minted'), caller: listener('caller') } }],
      limits: { maxSessions: 10, idleMs: 60_000, bufferBytesPerSession: 1_000_000, bufferBytes: 1_000_000 },
      clock: { now: () => Date.now() },
    });
    const objectId = issuer.client('orders-service').objectId;
    await kafka.createTopics({ name: 'orders' }, { name: 'payments' }, { name: 'invoices' });
    await kafka.addAcls(
      { principal: 'alice', resource: 'topic', name: 'orders', operations: ['describe'] },
      { principal: 'dave', resource: 'topic', name: 'invoices', operations: ['describe'] },
      { principal: objectId, resource: 'topic', name: 'payments', operations: ['describe'] },
    );
  });
  afterAll(async () => {
    await sessions.close();
    await Promise.all([identity.ldap.close(), identity.entra.close(), kafka.stop()]);
  });

  const sourceOf = (principal: VerifiedPrincipal, header: string): KafkaCredentialSource => {
    const parsed = parseAuthorization(['Authorization', header]);
    if (!('secret' in parsed)) throw new Error(parsed.kind);
    return identity.matrix.sourceFor(principal, parsed.secret, 'main');
  };
  const topicsOf = (credentials: KafkaCredentialSource) =>
    sessions.withSessionFor({ credentials, topics: { admits: () => true } }, 'main', async (session) => (await session.listTopics()).map(({ name }) => name));
  const byPassword = async (name: string, password: string) => principalOf(await run(identity.ldap, basic(name, password)));

  it('by password is its directory name, by a minted token', async () => {
    const source = sourceOf(await byPassword('ALICE', 'alice-secret'), basic('ALICE', 'alice-secret'));
    expect(await topicsOf(source)).toEqual(['orders']);
    expect(decodeJwt((await source.fetch()).token.reveal())).toMatchObject({ iss: 'https://postern.example.test', aud: 'kafka-main', sub: 'alice' });
    expect(identity.records.map(({ phase, kafkaName }) => `${phase} ${kafkaName}`)).toEqual(['intent alice', 'minted alice']);
  });

  it('by a version 1 token is its object id, by a minted token', async () => {
    const token = await stack().issuer.fetchToken('orders-service', 'api://postern-v1');
    const source = sourceOf(principalOf(await run(identity.entra, bearer(token))), bearer(token));
    expect(source).toMatchObject({ origin: 'minted', listener: 'minted', kafkaName: stack().issuer.client('orders-service').objectId });
    expect(await topicsOf(source)).toEqual(['payments']);
  });

  it('by a version 2 token shows that very token at the listener of its issuer', async () => {
    const token = await stack().issuer.fetchToken('orders-service');
    const source = sourceOf(principalOf(await run(identity.entra, bearer(token))), bearer(token));
    expect(source).toMatchObject({ origin: 'caller', listener: 'caller' });
    expect((await source.fetch()).token.reveal()).toBe(token);
    expect(await topicsOf(source)).toEqual(['payments']);
  });

  it('is admitted by group, refused without, and undecided while its groups are not known', async () => {
    const { authorities, entra } = identity;
    expect(authorities.admission(await byPassword('alice', 'alice-secret'))).toEqual({ kind: 'admitted' });
    expect(authorities.admission(await byPassword('carol', 'carol-secret'))).toEqual({ kind: 'refused', reason: 'no-rule-matches' });
    const principalByToken = async (name: 'orders-service' | 'outsider') => principalOf(await run(entra, bearer(await stack().issuer.fetchToken(name))));
    expect(authorities.admission(await principalByToken('orders-service'))).toEqual({ kind: 'admitted' });
    expect(authorities.admission(await principalByToken('outsider'))).toEqual({ kind: 'unknown' });
  });

  it('keeps working when the signing key is changed under it, and the broker learns the new key from the file', async () => {
    const { keys, tokens } = identity;
    const dir = dirname(keys.keysFile);
    const next = await createSigningKeys(join(dir, 'next'));
    const entry = (kid: string, state: SigningKeyEntry['state'], privateKeyFile: string, hoursAgo: number, activeSecondsAgo: number): SigningKeyEntry => ({
      kid,
      state,
      privateKeyFile,
      publishedAt: new Date(Date.now() - hoursAgo * 3_600_000).toISOString(),
      activeAt: new Date(Date.now() - activeSecondsAgo * 1_000).toISOString(),
      retiredAt: null,
    });
    writeAtomically(keys.keysFile, JSON.stringify({ keys: [entry(keys.kid, 'retiring', `${keys.kid}.pem`, 2, 7_200), entry(next.kid, 'active', `next/${next.kid}.pem`, 1, 1)] }));
    tokens.stage().take();
    await tokens.writeJwksFiles();
    const dave = basic('dave', 'p:a:ss wörd');
    const source = sourceOf(await byPassword('dave', 'p:a:ss wörd'), dave);
    expect(decodeProtectedHeader((await source.fetch()).token.reveal()).kid).toBe(next.kid);
    await waitUntil('the broker takes the new key', async () => ((await topicsOf(source).catch((): string[] => [])).includes('invoices') ? true : null), 20_000);
    expect(await topicsOf(sourceOf(await byPassword('alice', 'alice-secret'), basic('alice', 'alice-secret')))).toEqual(['orders']);
  });
});
