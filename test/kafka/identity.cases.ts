import { describe, expect, it } from 'vitest';
import { UnsecuredJWT } from 'jose';
import { mintedToken } from '../setup/minted-token.ts';
import type { Contract } from './contract.setup.ts';
import { testCaller, type CallerOptions } from './test-caller.ts';
import { codeOf, clusterOf, outcomes, record, testSessions } from './test-sessions.ts';

const wait = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

export const registerIdentityCases = ({ sessions, stack, topic, transport }: Contract): void => {
  const fixed = (token: string): CallerOptions => ({ origin: 'caller', token: async () => ({ token }) });
  const now = (): number => Math.floor(Date.now() / 1_000);
  const refusedTokens: readonly (readonly [string, () => Promise<string>])[] = [
    ['an expired token', () => mintedToken(stack, 'mallory', { lifeSeconds: -10 })],
    ['a token for another audience', () => mintedToken(stack, 'mallory', { claims: { aud: 'kafka-other' } })],
    ['a token without signature', async () => new UnsecuredJWT({ iss: stack.minted.issuer, aud: stack.minted.audience, sub: 'alice', iat: now(), exp: now() + 300 }).encode()],
  ];

  describe('identity', () => {
    it.each(refusedTokens)('knows %s of a caller as refused, at once and again without asking', async (_case, token) => {
      const own = testSessions(clusterOf(stack, transport));
      try {
        const mallory = testCaller(stack, 'mallory', fixed(await token()));
        const startedAt = performance.now();
        expect(await codeOf(own.produce(mallory, [record(topic('open'), 'x')]))).toBe('CALLER_TOKEN_REFUSED');
        // A second try would come after a second.
        expect(performance.now() - startedAt).toBeLessThan(950);
        for (let i = 0; i < 5; i++) expect(await codeOf(own.as(mallory, (session) => session.listTopics()))).toBe('CALLER_TOKEN_REFUSED');
        // One try for six requests.
        expect(own.counts()).toMatchObject({ open: 0, connects: 0, connectFailures: 1 });
        expect(own.notices.filter(({ kind }) => kind === 'caller-token-refused')).toHaveLength(1);
      } finally {
        await own.close();
      }
    });

    it('shows a refused token of our own once more after a second, fresh, and then says that it is our fault', async () => {
      const own = testSessions(clusterOf(stack, transport));
      try {
        const learnt = testCaller(stack, 'alice', { token: async (n) => ({ token: await mintedToken(stack, 'alice', n === 0 ? { claims: { aud: 'kafka-other' } } : {}) }) });
        expect(outcomes(await own.produce(learnt, [record(topic('open'), 'x')]))).toEqual(['stored']);
        expect(learnt.fetched()).toBe(2);
        const never = testCaller(stack, 'bob', { token: async () => ({ token: await mintedToken(stack, 'bob', { claims: { aud: 'kafka-other' } }) }) });
        expect(await codeOf(own.produce(never, [record(topic('open'), 'x')]))).toBe('OWN_TOKEN_REFUSED');
        expect(never.fetched()).toBe(2);
        // Again at once: the answer is remembered for a moment, and no broker is asked.
        const before = own.counts().connectFailures;
        expect(await codeOf(own.produce(never, [record(topic('open'), 'x')]))).toBe('OWN_TOKEN_REFUSED');
        expect(own.counts().connectFailures).toBe(before);
        expect(never.fetched()).toBe(2);
        expect(own.notices.filter(({ kind }) => kind === 'own-token-refused')).toHaveLength(1);
      } finally {
        await own.close();
      }
    });

    it('renews short-lived tokens under load on the same connection, without one failure', async () => {
      const own = testSessions(clusterOf(stack, transport));
      try {
        const alice = testCaller(stack, 'alice', { lifeMs: 4_000 });
        const until = Date.now() + 6_000;
        const failures: string[] = [];
        let stored = 0;
        const load = async (): Promise<void> => {
          while (Date.now() < until) {
            for (const outcome of await own.produce(alice, [record(topic('open'), 'x')]).then(outcomes, (error: unknown) => [String(error)])) {
              if (outcome === 'stored') stored++;
              else failures.push(outcome);
            }
          }
        };
        await Promise.all(Array.from({ length: 10 }, load));
        expect(failures).toEqual([]);
        expect(stored).toBeGreaterThan(500);
        expect(alice.fetched()).toBeGreaterThanOrEqual(3);
        expect(own.counts().connects).toBe(1);
      } finally {
        await own.close();
      }
    });

    it("takes a caller's newer token in place, and the freshest wins", async () => {
      const own = testSessions(clusterOf(stack, transport));
      try {
        const short = await mintedToken(stack, 'alice', { lifeSeconds: 3 });
        const long = await mintedToken(stack, 'alice', { lifeSeconds: 300 });
        const older = testCaller(stack, 'alice', { ...fixed(short), lifeMs: 3_000, proofUntil: Date.now() + 3_000 });
        const newer = testCaller(stack, 'alice', fixed(long));
        expect(outcomes(await own.produce(older, [record(topic('open'), '1')]))).toEqual(['stored']);
        await wait(1_100);
        expect(outcomes(await own.produce(newer, [record(topic('open'), '2')]))).toEqual(['stored']);
        expect(outcomes(await own.produce(older, [record(topic('open'), '3')]))).toEqual(['stored']);
        await wait(2_500);
        expect(outcomes(await own.produce(newer, [record(topic('open'), '4')]))).toEqual(['stored']);
        expect(await codeOf(own.produce(older, [record(topic('open'), '5')]))).toBe('CREDENTIAL_EXPIRED');
        expect(own.counts().connects).toBe(1);
      } finally {
        await own.close();
      }
    });

    it('throws when a renewal yields another principal, and writes nothing as that one', async () => {
      const own = testSessions(clusterOf(stack, transport));
      try {
        const named = testCaller(stack, 'alice', { lifeMs: 2_000, token: async (n) => ({ token: await mintedToken(stack, n === 0 ? 'alice' : 'bob', { lifeSeconds: 10 }), kafkaName: n === 0 ? 'alice' : 'bob' }) });
        expect(outcomes(await own.produce(named, [record(topic('open'), '1')]))).toEqual(['stored']);
        await wait(1_200);
        expect(await codeOf(own.produce(named, [record(topic('open'), '2')]))).toBe('INTERNAL');
        // Even a source that lies about the name cannot turn a session into another principal's.
        const liar = testCaller(stack, 'bob', { lifeMs: 2_000, token: async (n) => ({ token: await mintedToken(stack, n === 0 ? 'bob' : 'alice', { lifeSeconds: 10 }) }) });
        expect(outcomes(await own.produce(liar, [record(topic('open'), '3')]))).toEqual(['stored']);
        await wait(1_200);
        expect(await codeOf(own.produce(liar, [record(topic('open'), '4')]))).toBe('INTERNAL');
        expect(own.notices.filter(({ kind }) => kind === 'principal-changed').length).toBeGreaterThanOrEqual(2);
      } finally {
        await own.close();
      }
    });

    it('ends in CREDENTIAL_EXPIRED when the same token comes for ever, without contacting the broker', async () => {
      const own = testSessions(clusterOf(stack, transport));
      try {
        // A token's times are whole seconds: what the session is told must not be later than what the broker reads.
        const issuedAt = Math.floor(Date.now() / 1_000) * 1_000;
        const token = await mintedToken(stack, 'alice', { lifeSeconds: 4 });
        const same = testCaller(stack, 'alice', { token: async () => ({ token, issuedAt, expiresAt: issuedAt + 4_000 }) });
        const seen: string[] = [];
        while (Date.now() < issuedAt + 5_000) {
          seen.push(await own.produce(same, [record(topic('open'), 'x')]).then((results) => outcomes(results)[0] ?? '', (error: { code: string }) => error.code));
          await wait(20);
        }
        expect([...new Set(seen)]).toEqual(['stored', 'CREDENTIAL_EXPIRED']);
        expect(seen.lastIndexOf('stored')).toBe(seen.indexOf('CREDENTIAL_EXPIRED') - 1);
        expect(own.counts().connects).toBe(1);
        expect(own.counts().connectFailures).toBe(0);
        // Asked again now and then in the second half of its life, never once a call.
        expect(same.fetched()).toBeLessThan(20);
      } finally {
        await own.close();
      }
    });

    it('goes on after an idle time past the end of its token', async () => {
      const own = testSessions(clusterOf(stack, transport));
      try {
        const alice = testCaller(stack, 'alice', { lifeMs: 2_000 });
        expect(outcomes(await own.produce(alice, [record(topic('open'), '1')]))).toEqual(['stored']);
        await wait(2_600);
        expect(outcomes(await own.produce(alice, [record(topic('open'), '2')]))).toEqual(['stored']);
      } finally {
        await own.close();
      }
    });

    it('never lets two principals share a connection, also when both come first at once', async () => {
      const own = testSessions(clusterOf(stack, transport));
      try {
        const callers = ['alice', 'bob', 'carol'].map((name) => testCaller(stack, name));
        const results = await Promise.all(callers.map((caller) => own.produce(caller, [record(topic('open'), 'x')])));
        // carol has no rule at all: what alice and bob may do must not rub off.
        expect(results.map((result) => outcomes(result)[0])).toEqual(['stored', 'stored', 'TOPIC_AUTHORIZATION_FAILED']);
        const names = own.notices.flatMap((notice) => (notice.kind === 'connected' ? [notice.kafkaName] : []));
        expect(names.toSorted()).toEqual(['alice', 'bob', 'carol']);
      } finally {
        await own.close();
      }
    });

    it('answers CREDENTIAL_EXPIRED for a proof that has ended, and a kept session answers nothing', async () => {
      expect(await codeOf(sessions.as(testCaller(stack, 'alice', { proofUntil: Date.now() - 1 }), (session) => session.listTopics()))).toBe('CREDENTIAL_EXPIRED');
      const kept = await sessions.as(testCaller(stack, 'alice'), async (session) => session);
      await expect(kept.listTopics()).rejects.toThrow('used after its lease had ended');
    });
  });
};
