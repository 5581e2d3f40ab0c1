import { afterAll, beforeAll, describe, expect } from 'vitest';
import { bearer } from '../api/https.client.ts';
import { stack as theStack, type Stack } from '../setup/stack.ts';
import { attackedProxy, type Attacked } from './attacked.proxy.ts';
import { caseCount } from './case.count.ts';
import { forge, type BearerWay } from './forged.token.ts';
import { startLiars, type Liars } from './lying.issuer.ts';

/* Section A of the attack cases, second half: keys of issuers, and what a broker or an MDS answers. */
let stack: Stack;
let liars: Liars;
let attacked: Attacked;
const { it: attack, sent } = caseCount('A');

beforeAll(async () => {
  stack = theStack();
  liars = await startLiars(stack.certificates);
  attacked = await attackedProxy(stack, {
    liars: liars.issuers,
    // The broker's listener for callers' own tokens does not trust them here: the proxy accepts, the broker refuses.
    bootstrap: { caller: stack.kafka.bootstrap['minted'] ?? '', minted: stack.kafka.bootstrap['minted'] ?? '' },
    awaitReady: false,
  });
}, 120_000);
afterAll(async () => {
  await attacked?.stop();
  liars?.stop();
});

const call = async (token: string) => {
  sent();
  return attacked.proxy.call('/topics', { authorization: bearer(token) });
};
const status = async (token: string): Promise<number> => (await call(token)).status;
const oidc = (): BearerWay => {
  const found = attacked.ways.find(({ name }) => name === 'OIDC');
  if (found === undefined) throw new Error('no OIDC');
  return found;
};

describe('section A: keys', () => {
  attack(28, 'keys that cannot be had, with none in memory, are 503 with Retry-After and not 401', async () => {
    const seen = await Promise.all(Object.entries(liars.tokens()).map(async ([lie, token]) => {
      const answer = await call(token);
      return [lie, answer.status, Number(answer.headers['retry-after']) > 0];
    }));
    expect(seen).toEqual(seen.map(([lie]) => [lie, 503, true]));
  });
  attack(29, 'a key set that is huge, HTML, redirected, private, weak or symmetric is never taken', async () => {
    // Asked again, one by one, also after the cool-down of a failed fetch.
    for (const [lie, token] of Object.entries(liars.tokens())) expect([lie, await status(token)]).toEqual([lie, 503]);
    expect(await status(forge(oidc()))).toBe(200);
  });
  attack(25, 'a new kid is learnt by one fetch, and the old key holds until it is withdrawn', async () => {
    const old = forge(oidc());
    const { keys: before } = await attacked.apps.requestCounts();
    await attacked.apps.rotateKeys();
    const fresh = await Promise.all(Array.from({ length: 50 }, () => attacked.apps.fetchToken('orders-service')));
    expect(new Set(await Promise.all(fresh.map(status)))).toEqual(new Set([200]));
    expect([(await attacked.apps.requestCounts()).keys - before, await status(old)]).toEqual([1, 200]);
  });
  attack(26, 'a flood of random kids costs the issuer one fetch, and each is 401', async () => {
    const { keys: before } = await attacked.apps.requestCounts();
    const answers = await Promise.all(Array.from({ length: 300 }, (_, i) => status(forge(oidc(), { header: { kid: `random-${i}` } }))));
    expect(new Set(answers)).toEqual(new Set([401]));
    expect((await attacked.apps.requestCounts()).keys - before).toBeLessThanOrEqual(1);
    expect(await status(forge(oidc()))).toBe(200);
  });
  attack(27, 'keys that cannot be had any more, but are known, go on', async () => {
    for (const fault of ['unavailable', 'html', 'stall', 'redirect', 'huge'] as const) {
      await attacked.apps.fault('keys', fault);
      expect([fault, await status(forge(oidc(), { claims: { jti: fault } }))]).toEqual([fault, 200]);
    }
    await attacked.apps.fault('keys', 'none');
  });
  attack(44, 'a token that the proxy accepts and the broker refuses is 401, and the next caller is not harmed', async () => {
    const answer = await call(await stack.issuer.fetchToken('orders-service'));
    expect([answer.status, JSON.parse(answer.body)]).toEqual([401, expect.objectContaining({ error_code: 40101 })]);
    expect(await status(forge(oidc()))).toBe(200);
  });
});
