import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deflateRawSync } from 'node:zlib';
import { CompactEncrypt, importSPKI } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer } from '../api/https.client.ts';
import { stack as theStack, type Stack } from '../setup/stack.ts';
import { attackedProxy, type Attacked } from './attacked.proxy.ts';
import { caseCount } from './case.count.ts';
import { encoded, forge, hmacBy, otherKey, publicPem, rs, type BearerWay } from './forged.token.ts';
import { rawCall } from './raw.call.ts';

/*
 * Section A of the attack cases, thrown at a running proxy with every way in enabled. The attacker holds each issuer's own
 * signing key, so that nothing but the rule of the case can stop a token.
 */
let stack: Stack;
let attacked: Attacked;
let bait: Server;
let baitCalls = 0;
let baitUrl: string;
const { it: attack, sent } = caseCount('A');

beforeAll(async () => {
  stack = theStack();
  attacked = await attackedProxy(stack);
  bait = createServer((_request, response) => {
    baitCalls += 1;
    response.end('{"keys":[]}');
  });
  await new Promise<void>((resolve) => void bait.listen(0, '127.0.0.1', resolve));
  baitUrl = `http://127.0.0.1:${(bait.address() as AddressInfo).port}`;
});
afterAll(async () => {
  bait?.close();
  await attacked?.stop();
});

const status = async (authorization: string | undefined, path = '/topics'): Promise<number> => {
  sent();
  const answer = await attacked.proxy.call(path, authorization === undefined ? {} : { authorization });
  if (answer.status === 401) expect(answer.headers['www-authenticate']).toBeDefined();
  expect(answer.body).not.toMatch(/stack|node_modules|at \//);
  return answer.status;
};
const EACH: readonly BearerWay['name'][] = ['Entra v1', 'Entra v2', 'MDS', 'OIDC'];
const WITH_AUDIENCE = EACH.filter((name) => name !== 'MDS');
const way = (name: string): BearerWay => {
  const found = attacked.ways.find((one) => one.name === name);
  if (found === undefined) throw new Error(name);
  return found;
};
/** Every variant at every way: the map of what was not 401 stays empty. */
const refusedAt = async (names: readonly string[], variants: (way: BearerWay) => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>): Promise<void> => {
  const others: Record<string, number> = {};
  for (const name of names)
    for (const [variant, token] of Object.entries(await variants(way(name)))) {
      const seen = await status(bearer(token));
      if (seen !== 401) others[`${name}: ${variant}`] = seen;
    }
  expect(others).toEqual({});
};
const now = () => Math.floor(Date.now() / 1000);
const seconds = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('the tokens that every case starts from', () => {
  it.each(EACH)('are taken when nothing is forged: %s', async (name) => {
    expect(await status(bearer(forge(way(name))))).toBe(200);
  });
});

describe('section A: tokens', () => {
  attack(1, 'no Authorization header is 401, with challenges and no error attribute, and never anonymous', async () => {
    const answer = await attacked.proxy.call('/topics');
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, expect.not.stringMatching(/error=/)]);
  });
  attack(2, 'alg none in all spellings, with empty signature', () =>
    refusedAt(EACH, (at) => Object.fromEntries(['none', 'None', 'NONE', 'nOnE', ''].flatMap((alg) => [[`${alg} unsigned`, forge(at, { header: { alg }, by: null })], [`${alg} signed`, forge(at, { header: { alg } })]]))));
  attack(3, 'HS256 signed with the public PEM as secret', () =>
    refusedAt(EACH, (at) => ({ pem: forge(at, { header: { alg: 'HS256' }, by: hmacBy(publicPem(at)) }), 'pem without newline': forge(at, { header: { alg: 'HS256' }, by: hmacBy(publicPem(at).trim()) }), empty: forge(at, { header: { alg: 'HS256' }, by: hmacBy('') }) })));
  attack(4, 'an algorithm outside the list of the issuer', () => {
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const ed = generateKeyPairSync('ed25519').privateKey;
    return refusedAt(EACH, (at) => ({
      RS384: forge(at, { header: { alg: 'RS384' }, by: rs('sha384') }),
      RS512: forge(at, { header: { alg: 'RS512' }, by: rs('sha512') }),
      PS256: forge(at, { header: { alg: 'PS256' } }),
      ES256: forge(at, { header: { alg: 'ES256' }, key: ec }),
      EdDSA: forge(at, { header: { alg: 'EdDSA' }, key: ed, by: rs(undefined as unknown as string) }),
      'a list': forge(at, { header: { alg: ['RS256'] } }),
    }));
  });
  attack(5, 'a kid with path, SQL, URL, 8 KB of text, array or number', () =>
    refusedAt(EACH, (at) => Object.fromEntries(['../../../etc/passwd', "' OR 1=1 --", `${baitUrl}/key`, 'k'.repeat(8_000), ['x'], 7, {}, true, '\u0000', ...(at.name === 'MDS' ? [] : ['__proto__', 'constructor'])].map((kid, i) => [`${i}`, forge(at, { header: { kid } })]))));
  attack(6, 'jku, x5u, jwk and x5c that point to the key of the attacker', () => {
    const jwk = otherKey.publicKey.export({ format: 'jwk' });
    return refusedAt(EACH, (at) => ({
      jku: forge(at, { header: { jku: `${baitUrl}/keys` }, key: otherKey.privateKey }),
      x5u: forge(at, { header: { x5u: `${baitUrl}/cert` }, key: otherKey.privateKey }),
      jwk: forge(at, { header: { jwk }, key: otherKey.privateKey }),
      x5c: forge(at, { header: { x5c: [otherKey.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')] }, key: otherKey.privateKey }),
    }));
  });
  attack(7, 'crit with an unknown member, and b64 false', () =>
    refusedAt(EACH, (at) => ({ unknown: forge(at, { header: { crit: ['x'], x: 1 } }), exp: forge(at, { header: { crit: ['exp'] } }), empty: forge(at, { header: { crit: [] } }), b64: forge(at, { header: { b64: false, crit: ['b64'] } }) })));
  attack(8, 'five parts, nested, and JSON serialization', () =>
    refusedAt(EACH, async (at) => {
      const good = forge(at);
      const jwe = await new CompactEncrypt(Buffer.from(good)).setProtectedHeader({ alg: 'RSA-OAEP', enc: 'A128GCM', cty: 'JWT' }).encrypt(await importSPKI(publicPem(at), 'RSA-OAEP'));
      const [header, payload, signature] = good.split('.');
      return { jwe, nested: forge(at, { header: { cty: 'JWT' }, claims: JSON.stringify(good) }), json: Buffer.from(JSON.stringify({ protected: header, payload, signature })).toString('base64url'), 'six parts': `${good}.a.b.c`, 'two parts': `${header}.${payload}` };
    }));
  attack(9, 'a compressed bomb (zip DEF) is refused before it is expanded', () =>
    refusedAt(EACH, (at) => ({ bomb: `${encoded({ alg: 'RSA-OAEP', enc: 'A128GCM', zip: 'DEF' })}.AA.AA.${deflateRawSync(Buffer.alloc(4_000_000)).toString('base64url').slice(0, 6_000)}.AA`, jws: forge(at, { header: { zip: 'DEF' }, claims: deflateRawSync(JSON.stringify(at.claims)).toString('latin1') }) })));
  attack(10, 'another issuer, one that differs by slash or case, and one with the good one as prefix', () =>
    refusedAt(EACH, (at) => {
      const iss = String(at.claims['iss']);
      const wrong = ['https://attacker.example/', `${iss}/`, iss.replace(/\/$/, ''), `${iss}.attacker.example`, `${iss}?x`, ` ${iss}`, [iss], { iss }, '', null].filter((one) => one !== iss);
      const cased = iss.toUpperCase() === iss ? [] : [iss.toUpperCase()];
      return Object.fromEntries([...wrong, ...cased].map((one) => [JSON.stringify(one), forge(at, { claims: { iss: one } })]));
    }));
  attack(11, 'another tenant under the right keys', () =>
    refusedAt(['Entra v1', 'Entra v2'], (at) => {
      const other = '99999999-2222-4333-8444-555555555555';
      const tid = String(at.claims['tid']);
      return { iss: forge(at, { claims: { iss: String(at.claims['iss']).replace(tid, other) } }), tid: forge(at, { claims: { tid: other } }), both: forge(at, { claims: { tid: other, iss: String(at.claims['iss']).replace(tid, other) } }), 'no tid': forge(at, { claims: { tid: undefined } }) };
    }));
  attack(12, "another audience, Graph's, an ID token, and a list that only contains ours", () =>
    refusedAt(WITH_AUDIENCE, (at) => {
      const aud = String(at.claims['aud']);
      const swapped = ['https://graph.microsoft.com', '00000003-0000-0000-c000-000000000000', `${aud}x`, aud.slice(0, -1), [aud, 'other'], [`${aud}x`], [], '', null, undefined].map((one) => [JSON.stringify(one) ?? 'none', forge(at, { claims: { aud: one } })] as const);
      return Object.fromEntries([...swapped, ['ID token', forge(at, { claims: { aud: at.claims['azp'] ?? at.claims['appid'], nonce: 'n', azp: undefined, appid: undefined } })]]);
    }));
  attack(13, "a token of one issuer by another issuer's key, under either kid", async () => {
    for (const at of attacked.ways)
      for (const foreign of attacked.ways.filter(({ privateKey }) => !privateKey.equals(at.privateKey))) {
        expect([at.name, foreign.name, await status(bearer(forge(at, { key: foreign.privateKey })))]).toEqual([at.name, foreign.name, 401]);
        expect([at.name, foreign.name, await status(bearer(forge(at, { key: foreign.privateKey, header: { kid: foreign.header['kid'] } })))]).toEqual([at.name, foreign.name, 401]);
      }
  });
  attack(14, 'no exp', () => refusedAt(EACH, (at) => ({ none: forge(at, { claims: { exp: undefined } }), null: forge(at, { claims: { exp: null } }) })));
  attack(15, 'exp in the past, and exp now: no tolerance; one in ten seconds is taken', async () => {
    await refusedAt(EACH, (at) => ({ hour: forge(at, { claims: { exp: now() - 3_600 } }), 'inside the tolerance of nbf': forge(at, { claims: { exp: now() - 30 } }), now: forge(at, { claims: { exp: now() } }) }));
    for (const name of EACH) expect([name, await status(bearer(forge(way(name), { claims: { exp: now() + 10 } })))]).toEqual([name, 200]);
  });
  attack(16, 'exp as text, out of range, negative, or too far', () =>
    refusedAt(EACH, (at) => ({ text: forge(at, { claims: { exp: String(now() + 60) } }), far: forge(at, { claims: { exp: now() + 10 * 365 * 86_400 } }), huge: forge(at, { claims: JSON.stringify({ ...at.claims, exp: 7 }).replace('"exp":7', '"exp":1e99') }), negative: forge(at, { claims: { exp: -1 } }), list: forge(at, { claims: { exp: [now() + 60] } }), true: forge(at, { claims: { exp: true } }) })));
  attack(17, 'nbf or iat in the future', () =>
    refusedAt(EACH, (at) => ({ nbf: forge(at, { claims: { nbf: now() + 120 } }), iat: forge(at, { claims: { iat: now() + 120 } }), 'nbf as text': forge(at, { claims: { nbf: 'soon' } }) })));
  attack(18, 'a subject that is missing, empty, an object, 10 KB, or has control, bidi or zero-width characters, or blanks around', () =>
    refusedAt(EACH, (at) => Object.fromEntries([undefined, '', {}, ['alice'], 5, 'a'.repeat(8_000), 'ali\u0000ce', 'ali\u0007ce', '\u202ealice', 'ali\u200bce', ' alice', 'alice ', 'alice\n', '\ufeffalice'].map((subject, i) => [`${i}`, forge(at, { claims: { [at.subjectClaim]: subject } })]))));
  attack(19, 'a subject that equals a protected name is 403 with a security event, or an unknown caller', async () => {
    // bob exists in the directory and is protected here; admin, broker and ANONYMOUS are nobody there.
    expect(await status(bearer(forge(way('MDS'), { claims: { sub: 'bob', azp: 'bob' } })))).toBe(403);
    await expect.poll(() => attacked.proxy.log()).toMatch(/"alarm":"protected-name"/);
    for (const sub of ['admin', 'ANONYMOUS', 'broker', 'postern', 'User:admin']) expect([sub, await status(bearer(forge(way('MDS'), { claims: { sub, azp: sub } })))]).toEqual([sub, 401]);
    for (const sub of ['ａdmin', 'a b', '/admin x']) expect([sub, await status(bearer(forge(way('OIDC'), { claims: { sub } })))]).toEqual([sub, expect.toBeOneOf([401, 403])]);
  });
  attack(20, 'the same sub at two issuers is two principals with two Kafka names', async () => {
    expect([await status(bearer(forge(way('MDS')))), await status(bearer(forge(way('OIDC'), { claims: { sub: 'alice' } })))]).toEqual([200, 200]);
    const keyOf = (kafkaName: string) => attacked.proxy.audits().find((record) => record['kafkaName'] === kafkaName && record['status'] === 200)?.['principalKey'];
    await expect.poll(() => typeof keyOf('apps/alice')).toBe('string');
    expect(keyOf('apps/alice')).not.toBe(keyOf('alice'));
  });
  attack(21, 'duplicate members in header or payload', () =>
    refusedAt(EACH, (at) => ({
      payload: forge(at, { claims: JSON.stringify(at.claims).replace('{', `{"${at.subjectClaim}":"admin",`) }),
      'payload, escaped': forge(at, { claims: JSON.stringify(at.claims).replace('{', `{"\\u0069ss":"x",`) }),
      header: forge(at, { header: JSON.stringify(at.header).replace('{', '{"alg":"none",') }),
    })));
  attack(22, 'the same token with appended text, padding or blanks is refused and makes no second entry', async () => {
    for (const name of EACH) {
      const good = forge(way(name));
      for (const spoilt of [`${good}=`, `${good}==`, `${good} `, `${good}	x`, `${good}.`, `${good}A`, good.slice(0, -1), ` ${good}`])
        expect([name, spoilt.slice(-3), await status(`Bearer ${spoilt}`)]).toEqual([name, spoilt.slice(-3), spoilt.trim() === good ? expect.toBeOneOf([200, 400, 401]) : expect.toBeOneOf([400, 401])]);
    }
  });
  attack(23, 'an expired token is refused though it is in the cache', async () => {
    for (const name of EACH) {
      const brief = bearer(forge(way(name), { claims: { exp: now() + 3 } }));
      expect([name, await status(brief)]).toEqual([name, 200]);
      await expect.poll(() => status(brief), { timeout: 6_000, interval: 500 }).toBe(401);
    }
  });
  attack(30, 'an MDS token with a kid of null is taken by the pinned PEM, and by no other key', async () => {
    expect(way('MDS').header['kid']).toBeNull();
    expect([await status(bearer(forge(way('MDS')))), await status(bearer(forge(way('MDS'), { key: otherKey.privateKey })))]).toEqual([200, 401]);
  });
  attack(31, 'an opaque bearer token', async () => {
    for (const token of ['x', 'a.b', 'a.b.c', '....', 'null', 'undefined', 'ya29.opaque', 'Z'.repeat(4_000)]) expect([token.slice(0, 12), await status(bearer(token))]).toEqual([token.slice(0, 12), 401]);
    // RFC 6750 section 2.1: not even the shape of a token.
    for (const token of ['{}', '"x"', 'é']) expect([token, await status(bearer(token))]).toEqual([token, 400]);
  });
  attack(32, 'a token in the query or in a form is no credential, and its value is in no log', async () => {
    const token = forge(way('OIDC'));
    expect(await status(undefined, `/topics?access_token=${token}`)).toBe(401);
    expect((await attacked.proxy.call('/topics', { method: 'POST', contentType: 'application/x-www-form-urlencoded', body: `access_token=${token}` })).status).toBe(401);
    expect(attacked.proxy.log()).not.toContain(token.split('.')[2]);
  });
  const raw = (lines: readonly string[]): Promise<number | null> => {
    sent();
    const { url, caFile } = attacked.proxy.proxy;
    return rawCall(url, caFile, Buffer.from(['GET /topics HTTP/1.1', 'Host: localhost', ...lines, 'Connection: close', '', ''].join('\r\n'), 'latin1'));
  };
  attack(33, 'Bearer and Basic both sent', async () => {
    const token = forge(way('OIDC'));
    const name = `Basic ${Buffer.from('alice:alice-secret').toString('base64')}`;
    for (const lines of [[`Authorization: Bearer ${token}`, `Authorization: ${name}`], [`Authorization: ${name}`, `Authorization: Bearer ${token}`], [`Authorization: ${name}`, `authorization: ${name}`], [`Authorization: ${name}, Bearer ${token}`]]) expect(await raw(lines)).toBe(400);
  });
  attack(34, 'the scheme in lower case is the scheme; a missing token, other separators and broken base64 are 400 or 401', async () => {
    const token = forge(way('OIDC'));
    expect([await status(`bearer ${token}`), await status(`BEARER ${token}`)]).toEqual([200, 200]);
    for (const bad of ['Bearer', 'Bearer ', `Bearer\t${token}`, `Bearer:${token}`, `Bearer=${token}`, `"Bearer ${token}"`, 'Basic', 'Basic ', 'Basic YWxpY2U=', 'Basic !!!!', 'Basic YWxpY2U6YWxpY2Utc2VjcmV0=', `Token ${token}`, token]) expect([bad.slice(0, 16), await status(bad)]).toEqual([bad.slice(0, 16), expect.toBeOneOf([400, 401])]);
  });
  attack(35, 'a token over 12 KB in a header that is still taken', async () => {
    for (const name of EACH) expect([name, await status(bearer(forge(way(name), { claims: { filler: 'x'.repeat(9_300) } })))]).toEqual([name, expect.toBeOneOf([400, 401, 431])]);
  });
  attack(36, 'the separator of SASL (0x01) inside Authorization', async () => {
    expect(await raw([`Authorization: Bearer ${forge(way('OIDC'))}\u0001auth=Bearer x`])).toBe(400);
    expect(await raw(['Authorization: Bearer abc\u0001\u0001'])).toBe(400);
  });
  attack(37, 'an app-only token without roles or groups', async () => {
    expect(await status(bearer(await stack.issuer.fetchToken('outsider')))).toBe(403);
  });
  attack(38, 'groups overage: Graph is asked; Graph away without a cached answer is 503', async () => {
    const overage = () => forge(way('Entra v2'), { claims: { groups: undefined, hasgroups: true, uti: String(Math.random()) } });
    await stack.issuer.fault('graph', 'unavailable');
    await seconds(1_100);
    expect(await status(bearer(overage()))).toBe(503);
    await stack.issuer.fault('graph', 'none');
    await expect.poll(() => status(bearer(overage())), { timeout: 15_000, interval: 500 }).toBe(200);
  });
  attack(39, '_claim_sources that name the address of an attacker are never fetched', async () => {
    const claims = { groups: undefined, _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: `${baitUrl}/groups`, access_token: 'x' } } };
    expect(await status(bearer(forge(way('Entra v2'), { claims })))).toBe(200);
    expect(baitCalls).toBe(0);
  });
  attack(40, 'a caller who was removed from the group is 403 within the documented time', async () => {
    const caller = () => bearer(forge(way('Entra v2'), { claims: { groups: undefined, hasgroups: true, uti: String(Math.random()) } }));
    const { objectId, groups } = stack.issuer.client('orders-service');
    expect(await status(caller())).toBe(200);
    await stack.issuer.setMemberships(objectId, []);
    await expect.poll(() => status(caller()), { timeout: 5_000, interval: 250 }).toBe(403);
    await stack.issuer.setMemberships(objectId, groups);
    await expect.poll(() => status(caller()), { timeout: 5_000, interval: 250 }).toBe(200);
  });
});
