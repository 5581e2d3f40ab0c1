import { describe, expect, it } from 'vitest';
import { Secret } from '../contract/secret.js';
import { createGraphMembership } from './graph.membership.js';
import { createGraphToken } from './graph.token.js';
import type { HttpsAnswer, HttpsCall } from './https.exchange.js';
import { retryAfterSeconds } from './retry-after.js';

const guid = (n: number) => `5d1a5a51-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
const OBJECT = 'cccccccc-0000-4000-8000-000000000001';
const answer = (status: number, body: unknown, retryAfter?: string): HttpsAnswer => ({ status, retryAfter, text: typeof body === 'string' ? body : JSON.stringify(body) });
const GRANT = answer(200, { token_type: 'Bearer', access_token: 'own.token.1', expires_in: 3600 });

const graphWith = (graph: (call: HttpsCall) => HttpsAnswer | Error, { ids = [guid(1), guid(2)], grant = (): HttpsAnswer => GRANT } = {}) => {
  let now = 1_800_000_000_000;
  const calls: HttpsCall[] = [];
  const exchange = async (call: HttpsCall): Promise<HttpsAnswer> => {
    calls.push(call);
    const given = call.url.startsWith('https://login') ? grant() : graph(call);
    if (given instanceof Error) throw given;
    return given;
  };
  const clock = { now: () => now };
  const token = createGraphToken({ tokenUrl: 'https://login/token', scope: 'https://graph/.default', clientId: 'client', clientSecret: new Secret('s&cret=?'), exchange, clock });
  const ask = createGraphMembership({ url: 'https://graph', groupIds: ids, token, exchange, clock });
  return {
    ask: (kind: 'user' | 'application' = 'application') => ask({ tenant: 't', objectId: OBJECT, kind }),
    later: (seconds: number) => (now += seconds * 1000),
    calls,
    grants: () => calls.filter(({ url }) => url === 'https://login/token'),
    checks: () => calls.filter(({ url }) => url.startsWith('https://graph')),
  };
};
const isIn = (...ids: string[]) => () => answer(200, { value: ids });

describe('a question to Graph', () => {
  it.each([
    ['an application', 'application', 'servicePrincipals'],
    ['a person', 'user', 'users'],
  ] as const)('about %s goes to its own collection, with our own token', async (_sentence, kind, collection) => {
    const { ask, checks, grants } = graphWith(isIn(guid(2)));
    expect(await ask(kind)).toEqual({ kind: 'answered', ids: [guid(2)] });
    expect(checks()).toEqual([
      { url: `https://graph/v1.0/${collection}/${OBJECT}/checkMemberGroups`, headers: { authorization: 'Bearer own.token.1', 'content-type': 'application/json' }, body: JSON.stringify({ groupIds: [guid(1), guid(2)] }) },
    ]);
    expect(Object.fromEntries(new URLSearchParams(grants()[0]?.body))).toEqual({ grant_type: 'client_credentials', client_id: 'client', client_secret: 's&cret=?', scope: 'https://graph/.default' });
  });

  it('about 45 groups is three calls of at most 20, and their answers are one', async () => {
    const ids = Array.from({ length: 45 }, (_, n) => guid(n + 1));
    const { ask, checks } = graphWith(({ body }) => answer(200, { value: (JSON.parse(body) as { groupIds: string[] }).groupIds.slice(0, 1) }), { ids });
    expect(await ask()).toEqual({ kind: 'answered', ids: [guid(1), guid(21), guid(41)] });
    expect(checks().map(({ body }) => (JSON.parse(body) as { groupIds: string[] }).groupIds.length)).toEqual([20, 20, 5]);
  });

  it('of which one call fails is not answered in part', async () => {
    const ids = Array.from({ length: 21 }, (_, n) => guid(n + 1));
    const { ask } = graphWith(({ body }) => (body.includes(guid(21)) ? answer(503, '') : answer(200, { value: [guid(1)] })), { ids });
    expect(await ask()).toMatchObject({ kind: 'away', code: 503 });
  });

  const rows: readonly (readonly [string, HttpsAnswer | Error, object])[] = [
    ['the asked id in capitals', answer(200, { value: [guid(1).toUpperCase()] }), { kind: 'answered', ids: [guid(1)] }],
    ['in none', answer(200, { value: [] }), { kind: 'answered', ids: [] }],
    ['a group that was not asked for', answer(200, { value: [guid(99)] }), { kind: 'away', code: 'not-read', retryAfterSeconds: null }],
    ['a page of a captive portal', answer(200, '<!doctype html>'), { kind: 'away', code: 'not-read', retryAfterSeconds: null }],
    ['JSON of another kind', answer(200, { value: 'all' }), { kind: 'away', code: 'not-read', retryAfterSeconds: null }],
    ['nothing', answer(200, ''), { kind: 'away', code: 'not-read', retryAfterSeconds: null }],
    ['no such object', answer(404, { error: { code: 'Request_ResourceNotFound' } }), { kind: 'answered', ids: [] }],
    ['404 of someone in between', answer(404, '<h1>Not Found</h1>'), { kind: 'away', code: 404, retryAfterSeconds: null }],
    ['404 in JSON of someone in between', answer(404, { error: 'not_found' }), { kind: 'away', code: 404, retryAfterSeconds: null }],
    ['a token that is not taken', answer(401, { error: { code: 'InvalidAuthenticationToken' } }), { kind: 'refused', code: 401 }],
    ['too few rights', answer(403, { error: { code: 'Authorization_RequestDenied' } }), { kind: 'refused', code: 403 }],
    ['a request that it does not take', answer(400, {}), { kind: 'refused', code: 400 }],
    ['a redirect', answer(302, ''), { kind: 'away', code: 302, retryAfterSeconds: null }],
    ['too much to do', answer(429, {}, '17'), { kind: 'away', code: 429, retryAfterSeconds: 17 }],
    ['an outage', answer(503, 'x', '1'), { kind: 'away', code: 503, retryAfterSeconds: 1 }],
    ['a broken connection', new Error('ECONNRESET Bearer own.token.1'), { kind: 'away', code: 'call-failed', retryAfterSeconds: null }],
  ];
  it.each(rows)('answered with %s', async (_sentence, given, expected) => {
    expect(await graphWith(() => given).ask()).toEqual(expected);
  });
});

describe("Postern's own token for Graph", () => {
  it('is fetched once for a herd, and again shortly before its end', async () => {
    const { ask, later, grants } = graphWith(isIn());
    await Promise.all([ask(), ask(), ask()]);
    later(3_299);
    await ask();
    expect(grants()).toHaveLength(1);
    later(1);
    await ask();
    expect(grants()).toHaveLength(2);
  });

  it('of a short life is replaced at half of it', async () => {
    const { ask, later, grants } = graphWith(isIn(), { grant: () => answer(200, { token_type: 'bearer', access_token: 'a', expires_in: '100' }) });
    await ask();
    later(49);
    await ask();
    expect(grants()).toHaveLength(1);
    later(1);
    await ask();
    expect(grants()).toHaveLength(2);
  });

  it('that Graph did not take is not shown again', async () => {
    const { ask, grants } = graphWith(() => answer(401, {}));
    await ask();
    await ask();
    expect(grants()).toHaveLength(2);
  });

  const rows: readonly (readonly [string, HttpsAnswer, object])[] = [
    ['a wrong secret', answer(401, { error: 'invalid_client' }), { kind: 'refused', code: 'token-401' }],
    ['an unknown client', answer(400, { error: 'unauthorized_client' }), { kind: 'refused', code: 'token-400' }],
    ['an outage', answer(503, '', '9'), { kind: 'away', code: 'token-503', retryAfterSeconds: 9 }],
    ['a redirect', answer(302, ''), { kind: 'away', code: 'token-302', retryAfterSeconds: null }],
    ['a page', answer(200, '<html>'), { kind: 'away', code: 'token-not-read', retryAfterSeconds: null }],
    ['a token that would split the header', answer(200, { token_type: 'Bearer', access_token: 'a\r\nX: y', expires_in: 10 }), { kind: 'away', code: 'token-not-read', retryAfterSeconds: null }],
    ['another type of token', answer(200, { token_type: 'mac', access_token: 'a', expires_in: 10 }), { kind: 'away', code: 'token-not-read', retryAfterSeconds: null }],
    ['no life', answer(200, { token_type: 'Bearer', access_token: 'a' }), { kind: 'away', code: 'token-not-read', retryAfterSeconds: null }],
    ['a negative life', answer(200, { token_type: 'Bearer', access_token: 'a', expires_in: -1 }), { kind: 'away', code: 'token-not-read', retryAfterSeconds: null }],
  ];
  it.each(rows)('is not had from %s, and Graph is not asked', async (_sentence, grant, expected) => {
    const { ask, checks } = graphWith(isIn(), { grant: () => grant });
    expect(await ask()).toEqual(expected);
    expect(checks()).toEqual([]);
  });
});

describe('Retry-After', () => {
  const NOW = Date.parse('Wed, 21 Oct 2026 07:28:00 GMT');
  it.each([
    ['seconds', '17', 17],
    ['a date', 'Wed, 21 Oct 2026 07:28:30 GMT', 30],
    ['a date that has been', 'Wed, 21 Oct 2026 07:27:00 GMT', 0],
    ['a day, of which five minutes are believed', '86400', 300],
    ['nonsense', 'soon', null],
    ['nothing', undefined, null],
  ])('as %s', (_sentence, value, expected) => {
    expect(retryAfterSeconds(value, NOW)).toBe(expected);
  });
});
