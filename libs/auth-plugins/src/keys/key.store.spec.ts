import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Unavailable } from '../contract/outcome.js';
import { createKeyStore } from './key.store.js';
import { readJwks } from './jwks.shape.js';

const HOUR = 3_600_000;
const pair = (modulusLength = 2048) => generateKeyPairSync('rsa', { modulusLength });
const one = pair();
const two = pair();
const weak = pair(1024);
const jwk = (key: KeyObject, kid: string, extra: object = {}) => ({ ...key.export({ format: 'jwk' }), kid, use: 'sig', ...extra });
const jwks = (...keys: object[]) => JSON.stringify({ keys });
const ONE = jwks(jwk(one.publicKey, 'one'));
const BOTH = jwks(jwk(one.publicKey, 'one'), jwk(two.publicKey, 'two'));

/** An issuer whose answers are given one after the other; the last one stays. */
const issuer = (...answers: (string | Error)[]) => {
  let now = 1_800_000_000_000;
  let fetches = 0;
  const store = createKeyStore({
    clock: { now: () => now },
    fetch: async () => {
      const answer = answers[Math.min(fetches, answers.length - 1)] ?? '';
      fetches += 1;
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  return { store, later: (ms: number) => (now += ms), fetches: () => fetches };
};
const away = new Error('503');

describe('the key store', () => {
  it('costs the issuer one fetch for a cold herd', async () => {
    const { store, fetches } = issuer(ONE);
    const keys = await Promise.all(Array.from({ length: 200 }, () => store.keyFor('one')));
    expect(keys.every((key) => key !== null)).toBe(true);
    expect(fetches()).toBe(1);
  });
  it('fetches once for a flood of random kids, and says that no such key exists', async () => {
    const { store, fetches } = issuer(ONE);
    await store.keyFor('one');
    expect(await Promise.all(Array.from({ length: 50 }, (_, n) => store.keyFor(`random-${n}`)))).toEqual(Array.from({ length: 50 }, () => null));
    expect(fetches()).toBe(1);
  });
  it('learns a new kid after the cool-down, by one fetch for all', async () => {
    const { store, later, fetches } = issuer(ONE, BOTH);
    await store.keyFor('one');
    later(30_000);
    expect((await Promise.all([store.keyFor('two'), store.keyFor('two')])).every((key) => key !== null)).toBe(true);
    expect(fetches()).toBe(2);
  });
  it('learns a kid that was made right after a fetch by the clock at its first use: only fetches for a kid start the cool-down', async () => {
    const { store, fetches } = issuer(ONE, BOTH);
    await store.refresh();
    expect(await store.keyFor('two')).not.toBeNull();
    expect(fetches()).toBe(2);
  });
  it('under a flood of random kids knows a key that was published one cool-down before it signs, and one that signs at once no later than that', async () => {
    const { store, later, fetches } = issuer(ONE, BOTH);
    await store.keyFor('random-0');
    // The issuer publishes `two` now. The flood goes on.
    later(29_999);
    expect([await store.keyFor('random-1'), await store.keyFor('two')]).toEqual([null, null]);
    later(1);
    expect(await store.keyFor('random-2')).toBeNull();
    expect(await store.keyFor('two')).not.toBeNull();
    expect(fetches()).toBe(2);
  });
  it('keeps the last good keys through an outage of up to 24 hours', async () => {
    const { store, later } = issuer(ONE, away);
    await store.keyFor('one');
    later(23 * HOUR);
    expect(await store.keyFor('one')).not.toBeNull();
    expect(store.state()).toBe('up');
    later(HOUR + 1);
    await expect(store.keyFor('one')).rejects.toBeInstanceOf(Unavailable);
    expect(store.state()).toBe('down');
  });
  it('could not decide about an unknown kid while the issuer is away', async () => {
    const { store, later } = issuer(ONE, away);
    await store.keyFor('one');
    later(30_000);
    await expect(store.keyFor('two')).rejects.toBeInstanceOf(Unavailable);
    expect(await store.keyFor('one')).not.toBeNull();
  });
  it('forgets a key that the issuer withdrew, within the hour', async () => {
    const { store, later } = issuer(BOTH, ONE);
    await store.keyFor('two');
    later(HOUR);
    expect(await store.keyFor('two')).toBeNull();
  });
  it('recovers by itself after an outage at the start', async () => {
    const { store, later } = issuer(away, ONE);
    await expect(store.keyFor('one')).rejects.toBeInstanceOf(Unavailable);
    expect(store.state()).toBe('down');
    later(30_000);
    expect(await store.keyFor('one')).not.toBeNull();
  });
  it.each([
    ['an HTML page', '<html>'],
    ['an empty object', '{}'],
    ['an empty set', '{"keys":[]}'],
    ['a private JWK', jwks(jwk(one.publicKey, 'one'), jwk(two.privateKey, 'two'))],
    ['a symmetric key', jwks(jwk(one.publicKey, 'one'), { kty: 'oct', kid: 'o', k: 'c2VjcmV0' })],
    ['a key of 1024 bits', jwks(jwk(one.publicKey, 'one'), jwk(weak.publicKey, 'weak'))],
    ['a key with exponent 1', jwks(jwk(one.publicKey, 'one', { e: 'AQ' }))],
    ['a key that is no key', jwks(jwk(one.publicKey, 'one', { n: 5 }))],
    ['one kid for two keys', jwks(jwk(one.publicKey, 'one'), jwk(two.publicKey, 'one'))],
    ['duplicate members', ONE.replace('"keys"', '"keys":[],"keys"')],
  ])('refuses a new set with %s and keeps the old', async (_sentence, text) => {
    expect(readJwks(text).kind).toBe('refused');
    const { store, later } = issuer(ONE, text);
    await store.keyFor('one');
    later(2 * HOUR);
    await store.refresh();
    expect(await store.keyFor('one')).not.toBeNull();
    await expect(issuer(text).store.keyFor('one')).rejects.toBeInstanceOf(Unavailable);
  });
  it('gives a key for its own algorithm only, and leaves out those that the issuer is not set to', async () => {
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey;
    const text = jwks(jwk(one.publicKey, 'any'), jwk(two.publicKey, 'pss', { alg: 'PS256' }), jwk(ec, 'ec'), jwk(p384, 'p384'));
    const algorithmsOf = (allowed: Parameters<typeof readJwks>[1]) => {
      const reading = readJwks(text, allowed);
      return reading.kind === 'keys' ? [...reading.keys].map(([kid, { algorithms }]) => `${kid}: ${algorithms.join(' ')}`) : reading.why;
    };
    expect(algorithmsOf(['RS256', 'PS256', 'ES256'])).toEqual(['any: RS256 PS256', 'pss: PS256', 'ec: ES256']);
    expect(algorithmsOf(['RS256'])).toEqual(['any: RS256']);
    expect(algorithmsOf(['ES256'])).toEqual(['ec: ES256']);
    const store = createKeyStore({ fetch: async () => text, clock: { now: () => 0 }, algorithms: ['RS256', 'PS256'] });
    expect([await store.keyFor('pss'), await store.keyFor('ec', 'ES256')]).toEqual([null, null]);
    expect((await store.keyFor('pss', 'PS256'))?.equals(two.publicKey)).toBe(true);
  });
  it('refuses an EC point that does not lie on its curve', () => {
    expect(readJwks(jwks({ kty: 'EC', kid: 'ec', crv: 'P-256', x: 'AAAA', y: 'AAAA' }), ['ES256'])).toEqual({ kind: 'refused', why: 'bad-key' });
  });
  it('leaves out keys that are not for RS256 signatures', () => {
    const reading = readJwks(jwks(jwk(one.publicKey, 'one'), jwk(two.publicKey, 'enc', { use: 'enc' }), jwk(two.publicKey, 'rs384', { alg: 'RS384' }), { kty: 'EC', kid: 'ec', crv: 'P-256', x: 'x', y: 'y' }));
    expect(reading.kind === 'keys' && [...reading.keys.keys()]).toEqual(['one']);
  });
});
