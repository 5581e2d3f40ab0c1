import { describe, expect, it } from 'vitest';
import { Unavailable } from '../contract/outcome.js';
import { createMdsLogin } from './mds.login.js';
import { createMdsNodes } from './mds.nodes.js';
import type { MdsReply } from './mds.request.js';
import type { MdsTokenReading } from './mds-token.verifier.js';

const ONE = 'https://one:8091';
const TWO = 'https://two:8091';
const answer = (status: number, body: unknown = ''): MdsReply => ({ kind: 'answer', status, body: typeof body === 'string' ? body : JSON.stringify(body) });
const TOKEN = answer(200, { auth_token: 'a.b.c', token_type: 'Bearer', expires_in: 3_600 });

/** MDS by a table of replies; what was asked of whom is kept. */
const mds = (replies: Readonly<Record<string, MdsReply>>, reading: MdsTokenReading = { kind: 'token', subject: 'alice', expiresAt: 7 }) => {
  const asked: string[] = [];
  const reports: string[] = [];
  const report = (event: string, code?: string | number) => void reports.push(code === undefined ? event : `${event}:${code}`);
  const nodes = createMdsNodes({
    get: async (url) => {
      asked.push(new URL(url).origin);
      return replies[new URL(url).origin] ?? answer(500);
    },
    configured: [ONE, TWO], allowedHosts: ['*.mds.test:8091'], nodeTimeoutMs: 100, report,
  });
  const login = createMdsLogin({ nodes, verifyToken: async () => reading, report });
  return { nodes, asked, reports, replies, login: (name = 'alice') => login(name, 'secret', new AbortController().signal) };
};

describe('a login at MDS', () => {
  it('gives the token with its subject and end', async () => {
    const { login } = mds({ [ONE]: TOKEN });
    const said = await login();
    expect(said).toMatchObject({ kind: 'token', subject: 'alice', expiresAt: 7 });
    expect(said.kind === 'token' && said.token.reveal()).toBe('a.b.c');
  });
  it('is rejected by 401 of the first node, and no other one hears the password', async () => {
    const { login, asked } = mds({ [ONE]: answer(401), [TWO]: TOKEN });
    expect(await login()).toEqual({ kind: 'rejected' });
    expect(asked).toEqual([ONE]);
  });

  const undecided: readonly (readonly [string, MdsReply, string])[] = [
    ['has no token service', answer(404), 'bearer-authentication-is-off-in-mds:404'],
    ['forbids', answer(403), 'node-refused:403'],
    ['breaks', answer(500), 'node-refused:500'],
    ['redirects', answer(302), 'node-refused:302'],
    ['answers a page', answer(200, '<!doctype html>'), 'answer-without-token:200'],
    ['answers a list', answer(200, ['a']), 'answer-without-token:200'],
    ['answers without a token', answer(200, { token_type: 'Bearer' }), 'answer-without-token:200'],
    ['answers a token that is no text', answer(200, { auth_token: 5 }), 'answer-without-token:200'],
    ['answers two tokens', answer(200, '{"auth_token":"a","auth_token":"b"}'), 'answer-without-token:200'],
    ['does not answer', { kind: 'failed', why: 'deadline' }, 'node-failed:deadline'],
    ['shows a certificate of another', { kind: 'failed', why: 'tls' }, 'node-failed:tls'],
    ['answers 10 MB', { kind: 'failed', why: 'too-large' }, 'node-failed:too-large'],
  ];
  it.each(undecided)('asks the next node when one %s, and keeps to it', async (_sentence, reply, report) => {
    const { login, asked, reports } = mds({ [ONE]: reply, [TWO]: TOKEN });
    expect((await login()).kind).toBe('token');
    await login();
    expect([asked, reports]).toEqual([[ONE, TWO, TWO], [report]]);
  });
  it.each(undecided)('could not be decided when every node %s', async (_sentence, reply) => {
    await expect(mds({ [ONE]: reply, [TWO]: reply }).login()).rejects.toBeInstanceOf(Unavailable);
  });
  it.each([
    ['is for another name', { kind: 'token', subject: 'admin', expiresAt: 7 }, 'answer-for-another-subject'],
    ['is for a longer name', { kind: 'token', subject: 'alice2', expiresAt: 7 }, 'answer-for-another-subject'],
    ['does not verify', { kind: 'rejected', reason: 'bad-signature' }, 'answer-token-refused:bad-signature'],
    ['has ended', { kind: 'rejected', reason: 'expired' }, 'answer-token-refused:expired'],
  ] as const)('is undecided and reported when the token %s', async (_sentence, reading, report) => {
    const { login, reports } = mds({ [ONE]: TOKEN }, reading);
    await expect(login()).rejects.toBeInstanceOf(Unavailable);
    expect(reports).toEqual([report]);
  });
  it('takes a subject that differs in case only', async () => {
    expect((await mds({ [ONE]: TOKEN }).login('ALICE')).kind).toBe('token');
  });
  it('asks nobody when its time is over', async () => {
    const { nodes, asked } = mds({ [ONE]: TOKEN });
    await expect(nodes.ask('/x', null, AbortSignal.abort(), () => ({ kind: 'taken', value: 1 }))).rejects.toBeInstanceOf(Unavailable);
    expect(asked).toEqual([]);
  });
});

describe('discovery', () => {
  const named = async (body: unknown) => {
    const made = mds({ [ONE]: answer(200, body), [TWO]: { kind: 'failed', why: 'connect' } });
    await made.nodes.discover('Basic x', new AbortController().signal);
    made.asked.length = 0;
    (made.replies as Record<string, MdsReply>)[ONE] = answer(500);
    await made.login().catch(() => undefined);
    return { asked: made.asked, reports: made.reports };
  };
  it('adds nodes within the configured hosts behind the configured nodes', async () => {
    expect((await named(['https://three.mds.test:8091/', 'https://one:8091'])).asked).toEqual([ONE, TWO, 'https://three.mds.test:8091']);
  });
  it.each([
    ['of another host', 'https://three.mds.evil:8091'],
    ['of another port', 'https://three.mds.test:443'],
    ['of a host that only ends like one', 'https://a.b.mds.test:8091'],
    ['by http', 'http://three.mds.test:8091'],
    ['with a path', 'https://three.mds.test:8091/x'],
    ['with a name before the host', 'https://three.mds.test:8091@evil:1'],
  ])('reports a node %s and never tries it', async (_sentence, url) => {
    const { asked, reports } = await named([url]);
    expect(asked).toEqual([ONE, TWO]);
    expect(reports).toContain('node-outside-of-discovery-hosts:1');
  });
  it('that gets no list leaves the nodes as they were', async () => {
    const { asked, reports } = await named({ nodes: [] });
    expect(asked).toEqual([ONE, TWO]);
    expect(reports).toContain('discovery-refused:200');
  });
});
