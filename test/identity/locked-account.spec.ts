import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAuthorization } from '@postern/auth-plugins';
import type { GroupConsumer, KafkaCaller } from '@postern/kafka';
import type { Kafka } from '../../stack/src/index.ts';
import { clusterOf, testSessions, type TestSessions } from '../kafka/test-sessions.ts';
import { startOwnKafka } from '../setup/own-kafka.ts';
import { stack as theStack, type Stack } from '../setup/stack.ts';
import { basic, principalOf, run } from './run-plugin.ts';
import { wholeIdentity } from './whole-identity.setup.ts';

const PROOF_SECONDS = 12;
const AFTERWARDS_MS = 5_000;
const LIMITS = { maxRecords: 10, maxBytes: 1_000_000, maxWaitMs: 30_000 };

/**
 * I11 and I14: an account is locked while its consumer has an open long poll. The broker's own log says when it last saw
 * that principal: not later than `maxProofAge` after the last bind, whatever heartbeats, renewals and cached logins do.
 */
describe('an account that is locked while its consumer waits', () => {
  let stack: Stack;
  let identity: Awaited<ReturnType<typeof wholeIdentity>>;
  let kafka: Kafka;
  let sessions: TestSessions;

  beforeAll(async () => {
    stack = theStack();
    identity = await wholeIdentity(stack, join(stack.runDir, 'locked-keys'), { lifeSeconds: 30, maxProofAgeSeconds: PROOF_SECONDS });
    await identity.tokens.writeJwksFiles();
    kafka = await startOwnKafka(stack, { trusts: [{ listener: 'minted', jwksFile: identity.keys.jwksFile, issuer: 'https://postern.example.test', audience: 'kafka-main', principalClaim: 'sub' }] });
    await kafka.createTopics({ name: 'watched', partitions: 1 });
    await kafka.addAcls({ principal: 'dave', resource: 'topic', name: 'watched', operations: ['read', 'describe'] }, { principal: 'dave', resource: 'group', name: 'watchers', operations: ['read', 'describe'] });
    const logged = ['kafka.request.logger=DEBUG', 'org.apache.kafka.common.security.authenticator.SaslServerAuthenticator=DEBUG'];
    const altered = await kafka.tool('configs', ['--entity-type', 'broker-loggers', '--entity-name', '1', '--alter', '--add-config', logged.join(',')]);
    expect(altered.exitCode, altered.stderr).toBe(0);
  });
  afterAll(async () => {
    await stack.directory.unlock('dave');
    await sessions?.close();
    await Promise.all([identity?.ldap.close(), identity?.entra.close(), kafka?.stop()]);
  });

  it('is not seen by the broker later than the proof of its last bind', async () => {
    const header = basic('dave', 'p:a:ss wörd');
    const principal = principalOf(await run(identity.ldap, header));
    const parsed = parseAuthorization(['Authorization', header]);
    if (!('secret' in parsed)) throw new Error(parsed.kind);
    const caller: KafkaCaller = { credentials: identity.matrix.sourceFor(principal, parsed.secret, 'main'), topics: { admits: () => true } };
    const proofUntil = principal.verifiedAt + PROOF_SECONDS * 1_000;
    sessions = testSessions(clusterOf(stack, 'platformatic', kafka));
    const consumer: GroupConsumer = sessions.openConsumer(caller, 'main', { groupId: 'watchers', reset: 'earliest', sessionTimeoutMs: 6_000, heartbeatMs: 500 });
    await consumer.subscribe(caller, ['watched']);

    const poll = consumer.poll(caller, LIMITS).then(() => 'ended', (error: unknown) => (error as { code?: string }).code);
    await stack.directory.lock('dave');
    // Logins that the credential cache answers are no proof: they do not carry the poll any further.
    expect(principalOf(await run(identity.ldap, header)).verifiedAt).toBe(principal.verifiedAt);
    expect(['ended', 'CREDENTIAL_EXPIRED']).toContain(await poll);
    expect(Date.now()).toBeLessThan(proofUntil + 2_000);
    await expect(consumer.poll(caller, { ...LIMITS, maxWaitMs: 100 })).rejects.toMatchObject({ code: 'CREDENTIAL_EXPIRED' });
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, proofUntil + AFTERWARDS_MS - Date.now())));

    const lines = readFileSync(kafka.logFile, 'utf8').split('\n').filter((line) => /"principal":"User:dave"|SaslServerAuthenticator|OAuthBearerSaslServer/.test(line));
    // Log times are local; both clocks are this machine's.
    const times = lines.map((line) => new Date(line.slice(0, 23).replace(',', '.')).getTime()).filter((time) => !Number.isNaN(time));
    const seen = lines.filter((line) => line.includes('User:dave'));
    expect(seen.some((line) => line.includes('"FETCH"'))).toBe(true);
    expect(seen.some((line) => line.includes('"HEARTBEAT"'))).toBe(true);
    expect(Math.max(...times)).toBeLessThanOrEqual(proofUntil);
    expect(Math.max(...times)).toBeGreaterThan(principal.verifiedAt + (PROOF_SECONDS * 1_000) / 2);
  }, 60_000);
});
