import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AuthenticationError, Base } from '@platformatic/kafka';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSigningKeys, writeAtomically, type Kafka, type SigningKeys } from '../../stack/src/index.ts';
import { mintedToken } from '../setup/minted-token.ts';
import { startOwnKafka } from '../setup/own-kafka.ts';
import { stack } from '../setup/stack.ts';

/** The last line before 4.0; from 4.1 on a file is read again when it changes. */
const READS_ONCE = '3.9.2';

/** What the rotation of signing keys relies on (I17, I18): how a real broker follows its key set file. */
describe.each([undefined, READS_ONCE])('a broker whose key set file changes (Kafka %s)', (version) => {
  const readsOnce = version === READS_ONCE;
  const description = stack();
  let kafka: Kafka;
  let first: SigningKeys;
  let second: SigningKeys;

  const keysOf = (keys: SigningKeys): readonly unknown[] => (JSON.parse(readFileSync(keys.jwksFile, 'utf8')) as { keys: unknown[] }).keys;
  const file = (): string => join(description.runDir, `key-set-${version}.json`);
  const publish = (...keys: readonly SigningKeys[]): string => writeAtomically(file(), JSON.stringify({ keys: keys.flatMap(keysOf) }));

  /** One login on a connection of its own. */
  const logsIn = async (keys: SigningKeys): Promise<boolean> => {
    const token = await mintedToken({ ...description, minted: { ...description.minted, ...keys } }, 'alice');
    const client = new Base({
      clientId: 'key-set',
      bootstrapBrokers: [kafka.bootstrap['minted'] ?? ''],
      retries: 0,
      connectTimeout: 2_000,
      tls: { ca: readFileSync(description.certificates.caFile, 'utf8') },
      sasl: {
        mechanism: 'OAUTHBEARER',
        token,
        // A refusal comes as an error challenge with content (RFC 7628, 3.2.2).
        authBytesValidator: (challenge, done) => (challenge.length > 0 ? done(new AuthenticationError('refused')) : done(null, challenge)),
      },
    });
    try {
      await client.metadata({ topics: [] });
      return true;
    } catch (error) {
      const told = [error, ...((error as { errors?: unknown[] }).errors ?? [])];
      if (told.some((one) => JSON.stringify(one, ['code', 'cause', 'errors']).includes('PLT_KFK_AUTHENTICATION'))) return false;
      throw error;
    } finally {
      await client.close();
    }
  };

  beforeAll(async () => {
    [first, second] = await Promise.all([createSigningKeys(mkdtempSync(join(description.runDir, 'first-'))), createSigningKeys(mkdtempSync(join(description.runDir, 'second-')))]);
    const { issuer, audience } = description.minted;
    kafka = await startOwnKafka(description, { ...(version === undefined ? {} : { version }), trusts: [{ listener: 'minted', jwksFile: publish(first), issuer, audience, principalClaim: 'sub' }] });
  });
  afterAll(() => kafka.stop());

  it('takes tokens of a published key and refuses those of one that is not', async () => {
    expect(await logsIn(first)).toBe(true);
    expect(await logsIn(second)).toBe(false);
  });

  it(`takes the new key at the next login${readsOnce ? ' after its restart, not before' : ', although it refused it before'}`, async () => {
    publish(first, second);
    if (readsOnce) {
      expect([await logsIn(second), await logsIn(first)]).toEqual([false, true]);
      await kafka.restart();
    }
    expect([await logsIn(second), await logsIn(first)]).toEqual([true, true]);
  });

  it(`refuses a withdrawn key at the next login${readsOnce ? ' after its restart: until then it still takes it' : ''}`, async () => {
    publish(second);
    if (readsOnce) {
      expect(await logsIn(first)).toBe(true);
      await kafka.restart();
    }
    expect([await logsIn(first), await logsIn(second)]).toEqual([false, true]);
  });
});
