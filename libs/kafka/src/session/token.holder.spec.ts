import { describe, expect, it } from 'vitest';
import { ManualTime, settle } from '../testing/manual-time.js';
import { testCredential, testSource } from '../testing/test-source.js';
import { CredentialExpired, CredentialUnavailable, type KafkaCredential, type KafkaCredentialSource } from './kafka-credential.js';
import type { KafkaNotice } from './notices.js';
import { RefusedTokens } from './refused.tokens.js';
import { TokenHolder } from './token.holder.js';

const setUp = (over: Partial<KafkaCredentialSource> = {}) => {
  const time = new ManualTime();
  const notices: KafkaNotice[] = [];
  let made = 0;
  const asked: boolean[] = [];
  const mint = (lifeMs = 100_000): KafkaCredential => testCredential(`token-${++made}`, time.now(), time.now() + lifeMs);
  const fetch = async (fresh = false): Promise<KafkaCredential> => {
    asked.push(fresh);
    return mint();
  };
  const source = testSource({ proofUntil: time.now() + 600_000, fetch, ...over });
  const refused = new RefusedTokens(time);
  const holder = new TokenHolder(source, { clock: time, timers: time, refused, observe: (notice) => notices.push(notice) });
  const text = async (): Promise<string> => (await holder.current()).credential.token.reveal();
  return { time, notices, asked, mint, source, holder, refused, text };
};

describe('the token holder', () => {
  it('keeps a token to its half life, then takes a new one', async () => {
    const { time, text } = setUp();
    expect([await text(), await text()]).toEqual(['token-1', 'token-1']);
    await time.pass(49_000);
    expect(await text()).toBe('token-1');
    await time.pass(1_000);
    expect(await text()).toBe('token-2');
  });

  it('asks once for all who wait', async () => {
    const { asked, text } = setUp();
    expect(await Promise.all([text(), text(), text()])).toEqual(['token-1', 'token-1', 'token-1']);
    expect(asked).toEqual([false]);
  });

  it.each([
    ['5 s before the end of a long life', 100_000, 95_000],
    ['a tenth before the end of a short one', 10_000, 9_000],
  ])('stops showing a token %s', async (_case, life, usableFor) => {
    const { time, holder, text } = setUp();
    const only = testCredential('only', time.now(), time.now() + life);
    holder.adopt(testSource({ proofUntil: time.now() + 700_000, fetch: async () => only }));
    expect(await text()).toBe('only');
    await time.pass(usableFor - 1);
    expect(await text()).toBe('only');
    await time.pass(1);
    await expect(text()).rejects.toMatchObject({ code: 'CREDENTIAL_EXPIRED' });
  });

  it('shows nothing after the proof has ended, and asks nobody', async () => {
    const { time, text, asked } = setUp();
    await time.pass(600_000);
    await expect(text()).rejects.toMatchObject({ code: 'CREDENTIAL_EXPIRED' });
    expect(asked).toEqual([]);
  });

  it("replaces the caller's token at once by the one with the later proof, and never by an older", async () => {
    const { time, holder, text, source } = setUp({ origin: 'caller' });
    expect(await text()).toBe('token-1');
    const other = (name: string, proofUntil: number): KafkaCredentialSource => ({ ...source, proofUntil, fetch: async () => testCredential(name, time.now(), time.now() + 90_000) });
    holder.adopt(other('newer', source.proofUntil + 1));
    expect(await text()).toBe('newer');
    holder.adopt(other('older', source.proofUntil));
    expect(await text()).toBe('newer');
  });

  it('does not make a newer proof wait for an older one, nor replaces it by what comes late', async () => {
    let release: (credential: KafkaCredential) => void = () => undefined;
    const { time, holder, text, source } = setUp({ origin: 'caller', fetch: () => new Promise((resolve) => (release = resolve)) });
    const first = text();
    await settle();
    holder.adopt({ ...source, proofUntil: source.proofUntil + 1, fetch: async () => testCredential('newer', time.now(), time.now() + 90_000) });
    const second = text();
    await settle();
    release(testCredential('older', time.now(), time.now() + 90_000));
    expect([await second, await first, await text()]).toEqual(['newer', 'newer', 'newer']);
  });

  it('does not tell the newer proof that the older one has ended', async () => {
    let end: (error: Error) => void = () => undefined;
    const { time, holder, text, source } = setUp({ origin: 'caller', fetch: () => new Promise((_resolve, reject) => (end = reject)) });
    const first = text();
    await settle();
    holder.adopt({ ...source, proofUntil: source.proofUntil + 1, fetch: async () => testCredential('newer', time.now(), time.now() + 90_000) });
    const second = text();
    end(new CredentialExpired('proof'));
    await expect(first).rejects.toMatchObject({ code: 'CREDENTIAL_EXPIRED' });
    expect(await second).toBe('newer');
  });

  it("shows the caller's newer token where the older one was refused meanwhile", async () => {
    const { time, holder, source } = setUp({ origin: 'caller' });
    const older = await holder.current();
    holder.adopt({ ...source, proofUntil: source.proofUntil + 1, fetch: async () => testCredential('newer', time.now(), time.now() + 90_000) });
    expect((await holder.afterRefusal(older)).credential.token.reveal()).toBe('newer');
  });

  it('gives up a source that does not answer', async () => {
    const { time, holder } = setUp({ fetch: () => new Promise(() => undefined) });
    const failure = expect(holder.current()).rejects.toMatchObject({ code: 'CREDENTIAL_UNAVAILABLE' });
    await time.pass(5_000);
    await failure;
  });

  it.each(['sessionKey', 'kafkaName', 'clusterId', 'listener', 'origin'] as const)('takes a source with another %s for the bug that it is', (name) => {
    const { holder, source } = setUp();
    expect(() => holder.adopt({ ...source, [name]: 'mds' } as KafkaCredentialSource)).toThrow(`another ${name}`);
  });

  it.each([
    ['name', { kafkaName: 'bob' }],
    ['cluster', { clusterId: 'other' }],
    ['session key', { sessionKey: 'bobs' }],
  ])("never shows a token of another %s", async (_case, over) => {
    const { time, notices, holder } = setUp({ fetch: async () => testCredential('foreign', time.now(), time.now() + 10_000, over) });
    await expect(holder.current()).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(notices).toEqual([{ kind: 'principal-changed', clusterId: 'main', kafkaName: 'alice' }]);
  });

  it('lives on with what it has while the source cannot decide, and says so when that ends', async () => {
    let away = false;
    const { time, text } = setUp({
      fetch: async () => {
        if (away) throw new CredentialUnavailable('keys');
        return testCredential('held', time.now(), time.now() + 100_000);
      },
    });
    expect(await text()).toBe('held');
    away = true;
    await time.pass(60_000);
    expect(await text()).toBe('held');
    await time.pass(35_000);
    await expect(text()).rejects.toMatchObject({ code: 'CREDENTIAL_UNAVAILABLE' });
  });

  it('knows an ended proof of the source', async () => {
    const { holder } = setUp({ fetch: () => Promise.reject(new CredentialExpired('proof')) });
    await expect(holder.current()).rejects.toMatchObject({ code: 'CREDENTIAL_EXPIRED' });
  });

  it("remembers a refusal of the caller's token and blames the caller", async () => {
    const { holder, notices, asked } = setUp({ origin: 'caller' });
    await expect(holder.afterRefusal(await holder.current())).rejects.toMatchObject({ code: 'CALLER_TOKEN_REFUSED' });
    await expect(holder.current()).rejects.toMatchObject({ code: 'CALLER_TOKEN_REFUSED' });
    expect(asked).toEqual([false]);
    expect(notices).toEqual([{ kind: 'caller-token-refused', clusterId: 'main', kafkaName: 'alice' }]);
  });

  it('shows a fresh token of our own once, a second after a refusal, then blames us and lets it rest', async () => {
    const { time, holder, notices, asked } = setUp();
    const again = holder.afterRefusal(await holder.current());
    await time.pass(999);
    expect(asked).toEqual([false]);
    await time.pass(1);
    const second = await again;
    expect([second.credential.token.reveal(), asked]).toEqual(['token-2', [false, true]]);
    await expect(holder.afterRefusal(second)).rejects.toMatchObject({ code: 'OWN_TOKEN_REFUSED' });
    expect(notices).toEqual([{ kind: 'own-token-refused', clusterId: 'main', kafkaName: 'alice' }]);
    await expect(holder.current()).rejects.toMatchObject({ code: 'OWN_TOKEN_REFUSED' });
    await time.pass(2_000);
    expect((await holder.current()).id).toBe(second.id);
    await settle();
  });

  it('is of no use once poisoned', async () => {
    const { holder } = setUp();
    await holder.current();
    holder.poison();
    await expect(holder.current()).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  it('asks the newer source when the token of the older one has ended while it was fetched', async () => {
    const slow = Promise.withResolvers<void>();
    const { time, holder, text } = setUp();
    const from = (name: string, proofMs: number, lifeMs: number, wait: Promise<void> | null = null): KafkaCredentialSource => {
      const only = testCredential(name, time.now(), time.now() + lifeMs);
      return testSource({ origin: 'minted', proofUntil: time.now() + proofMs, fetch: async () => (await wait, only) });
    };
    holder.adopt(from('older', 700_000, 2_000, slow.promise));
    const first = text();
    await time.pass(2_000);
    holder.adopt(from('newer', 800_000, 10_000));
    const second = text();
    slow.resolve();
    expect(await Promise.all([first, second])).toEqual(['newer', 'newer']);
  });

  it('does not lay the refusal of a caller\'s token at the door of the newer one that came meanwhile', async () => {
    const { time, source, refused, notices } = setUp({ origin: 'caller' });
    const holder = new TokenHolder(source, { clock: time, timers: time, refused, observe: (notice) => notices.push(notice) });
    const brought = (name: string, lifeMs: number): KafkaCredentialSource => {
      const only = testCredential(name, time.now(), time.now() + lifeMs);
      return testSource({ origin: 'caller', proofUntil: time.now() + 600_000 + lifeMs, fetch: async () => only });
    };
    holder.adopt(brought('older', 10_000));
    const older = await holder.current();
    await time.pass(4_000);
    holder.adopt(brought('newer', 20_000));
    expect((await holder.afterRefusal(older)).credential.token.reveal()).toBe('newer');
    const newer = await holder.current();
    expect(notices).toHaveLength(1);
    await expect(holder.afterRefusal(newer)).rejects.toMatchObject({ code: 'CALLER_TOKEN_REFUSED' });
    await expect(holder.current()).rejects.toMatchObject({ code: 'CALLER_TOKEN_REFUSED' });
  });

  it('calls a caller\'s token ended, not refused, when it ended on its way to the broker', async () => {
    const { time, source, refused, notices } = setUp({ origin: 'caller' });
    const only = testCredential('only', time.now(), time.now() + 10_000);
    const holder = new TokenHolder({ ...source, fetch: async () => only }, { clock: time, timers: time, refused, observe: (notice) => notices.push(notice) });
    const shown = await holder.current();
    await time.pass(10_000);
    await expect(holder.afterRefusal(shown)).rejects.toMatchObject({ code: 'CREDENTIAL_EXPIRED' });
    expect([notices, refused.size]).toEqual([[], 0]);
  });
});
