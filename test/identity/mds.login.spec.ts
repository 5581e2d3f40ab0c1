import { copyFileSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { groupDn, makeCertificates, sleep, startMds, type Mds, type MdsFault } from '../../stack/src/index.ts';
import { stack } from '../setup/stack.ts';
import { ldapFor } from './ldap-plugin.setup.ts';
import { directoryBlock, discoveryBlock, mdsFor } from './mds-plugin.setup.ts';
import { basic, bearer, principalOf, run } from './run-plugin.ts';

const ALICE = basic('alice', 'alice-secret');

describe('callers of MDS', () => {
  let mds: Mds;
  let second: Mds;
  let runDir = '';
  let otherCa = '';
  beforeAll(async () => {
    const { certificates, directory } = stack();
    runDir = mkdtempSync(join(stack().runDir, 'mds-login-'));
    const shared = { certificates, directory, usualPorts: false, lifetime: 'parent', superUsers: ['bob'] } as const;
    [mds, second] = await Promise.all([startMds({ ...shared, runDir: join(runDir, 'one') }), startMds({ ...shared, runDir: join(runDir, 'two') })]);
    otherCa = (await makeCertificates(join(runDir, 'other-tls'))).caFile;
  });
  afterEach(async () => {
    await Promise.all([mds, second].flatMap((one) => [one.fault('none'), one.shapeTokens(), one.nameNodes([])]));
  });
  afterAll(() => Promise.all([mds.stop(), second.stop()]));

  /** One login by a plugin of its own. */
  const once = async (authorization: string, over: Parameters<typeof mdsFor>[1] = {}) => {
    const { plugin, reports } = mdsFor(mds, over);
    const ended = await run(plugin, authorization);
    await plugin.close();
    return { ended, reports };
  };
  const logins = async () => (await mds.callCounts()).authenticate;

  it('by password are their sub, with the token that MDS gave, and groups that nobody told', async () => {
    const principal = principalOf((await once(ALICE)).ended);
    expect(principal).toMatchObject({ authority: 'corp', tenant: null, subject: 'alice', name: 'alice', issuerKey: 'authority:corp', groups: { kind: 'unknown' } });
    expect(principal.credentialExpiresAt).toBeGreaterThan(Date.now() + 3_500_000);
    expect(principal.mdsToken?.reveal()).toMatch(/^[^.]+\.[^.]+\.[^.]+$/);
    expect(JSON.stringify(principal)).not.toContain(principal.mdsToken?.reveal());
  });

  it('by token are their sub until the token ends', async () => {
    const principal = principalOf((await once(bearer(await mds.fetchToken('alice', 'alice-secret')))).ended);
    expect(principal).toMatchObject({ subject: 'alice', issuerKey: 'Confluent' });
    expect(principal.mdsToken).toBeUndefined();
  });

  it('in an authority with a directory are the principal of their entry, by whichever way they come', async () => {
    const { directory } = stack();
    const over = { directory: directoryBlock(directory) };
    const ldap = ldapFor(directory).plugin;
    const ways = [(await once(ALICE, over)).ended, (await once(basic('ALICE', 'alice-secret'), over)).ended, (await once(bearer(await mds.sign('alice')), over)).ended, await run(ldap, ALICE)].map(principalOf);
    await ldap.close();
    expect(new Set(ways.map(({ key }) => key)).size).toBe(1);
    expect(new Set(ways.map(({ name }) => name))).toEqual(new Set(['alice']));
    expect(ways[2]?.groups).toEqual({ kind: 'known', ids: expect.arrayContaining([groupDn('kafka-users'), groupDn('orders-writers')]) as string[] });
  });

  it('whom the directory does not know, or knows twice, are nobody', async () => {
    const { directory } = stack();
    const over = { directory: directoryBlock(directory) };
    expect((await once(bearer(await mds.sign('ghost')), over)).ended).toBe('401 unknown-subject');
    expect((await once(bearer(await mds.sign('*')), over)).ended).toBe('401 unknown-subject');
    const byClass = { directory: { ...directoryBlock(directory), users: { ...directoryBlock(directory).users, loginAttribute: 'objectClass', nameAttribute: 'uid' } } };
    expect((await once(bearer(await mds.sign('inetOrgPerson')), byClass)).ended).toBe('401 ambiguous-subject');
  });

  it('are undecided while that directory is away, by either scheme', async () => {
    const over = { directory: { ...directoryBlock(stack().directory), urls: ['ldaps://127.0.0.1:1'] } };
    expect((await once(ALICE, over)).ended).toBe('503 directory');
    expect((await once(bearer(await mds.sign('alice')), over)).ended).toBe('503 directory');
  });

  it.each([
    ['a wrong password', basic('alice', 'wrong'), '401 bad-credential'],
    ['an unknown name', basic('nobody', 'x'), '401 bad-credential'],
    ['an empty password', basic('alice', ''), '401 refused-form'],
    ['a token of nobody', 'Bearer opaque', '401 malformed'],
  ])('with %s are rejected', async (_sentence, authorization, expected) => {
    expect((await once(authorization)).ended).toBe(expected);
  });

  it.each<readonly [string, Parameters<Mds['sign']>[1], string]>([
    ['of another key', { foreignKey: true }, '401 bad-signature'],
    ['of another issuer', { claims: { iss: 'confluent' } }, '401 wrong-issuer'],
    ['for an impersonator', { claims: { cp_proxy: 'CN=bob' } }, '401 refused-form'],
    ['that ended a second ago', { lifeSeconds: -1 }, '401 expired'],
    ['without sub', { claims: { sub: null } }, '401 bad-claims'],
  ])('by a token %s are rejected', async (_sentence, shape, expected) => {
    expect((await once(bearer(await mds.sign('alice', shape)))).ended).toBe(expected);
  });

  it.each<readonly [string, Parameters<Mds['shapeTokens']>[0], string]>([
    ['names another', { claims: { sub: 'admin' } }, 'answer-for-another-subject'],
    ['has ended', { lifeSeconds: -1 }, 'answer-token-refused:expired'],
    ['is signed by another key', { foreignKey: true }, 'answer-token-refused:bad-signature'],
  ])('are undecided, reported and not remembered when the token in the answer %s', async (_sentence, shape, report) => {
    const { plugin, reports } = mdsFor(mds);
    await mds.shapeTokens(shape);
    expect([await run(plugin, ALICE), reports]).toEqual(['503 mds', [report]]);
    await mds.shapeTokens();
    expect(principalOf(await run(plugin, ALICE)).name).toBe('alice');
    await plugin.close();
  });

  it.each<readonly [MdsFault, string]>([
    ['no-bearer', 'bearer-authentication-is-off-in-mds:404'],
    ['forbidden', 'node-refused:403'],
    ['broken', 'node-refused:500'],
    ['redirect', 'node-refused:302'],
    ['html', 'answer-without-token:200'],
    ['bad-json', 'answer-without-token:200'],
    ['no-token', 'answer-without-token:200'],
    ['gzip', 'node-failed:encoded'],
    ['huge', 'node-failed:too-large'],
    ['cut', 'node-failed:cut'],
    ['stall', 'node-failed:deadline'],
    ['drip', 'node-failed:deadline'],
  ])('while MDS is in state %s are 503 in time, tokens hold, and the other node takes over', async (fault, report) => {
    await mds.fault(fault);
    const before = performance.now();
    const short = { nodeTimeoutMs: 300, loginDeadlineMs: 1_000 };
    expect(await once(ALICE, short)).toEqual({ ended: '503 mds', reports: [report] });
    expect(performance.now() - before).toBeLessThan(3_000);
    expect(principalOf((await once(bearer(await mds.sign('alice')), short)).ended).name).toBe('alice');
    expect(principalOf((await once(ALICE, { ...short, urls: [mds.url, second.url], publicKeyFiles: [mds.publicKeyFile, second.publicKeyFile] })).ended).name).toBe('alice');
    expect((await mds.callCounts()).elsewhere).toBe(0);
  });

  it('are 503 while MDS is frozen or shows a certificate of another CA, and get in again afterwards', async () => {
    const { plugin } = mdsFor(mds, { nodeTimeoutMs: 300, loginDeadlineMs: 500 });
    mds.freeze();
    try {
      // The stop reaches the process a moment after it is sent.
      await sleep(100);
      expect(await run(plugin, ALICE)).toBe('503 mds');
      await plugin.start();
      expect(plugin.health()).toEqual([{ name: 'corp-mds:mds', state: 'down' }]);
    } finally {
      mds.thaw();
    }
    expect(principalOf(await run(plugin, ALICE)).name).toBe('alice');
    await plugin.close();
    expect(await once(ALICE, { caFile: otherCa })).toEqual({ ended: '503 mds', reports: ['node-failed:tls'] });
  });

  it('cost MDS one login a minute with the right password, and one with a wrong one that is repeated', async () => {
    const { plugin, later } = mdsFor(mds);
    const before = await logins();
    const first = principalOf(await run(plugin, ALICE));
    for (let n = 0; n < 50; n += 1) expect(principalOf(await run(plugin, ALICE)).verifiedAt).toBe(first.verifiedAt);
    for (let n = 0; n < 1_000; n += 1) await run(plugin, basic('alice', 'wrong'));
    expect((await logins()) - before).toBe(2);
    later(60);
    expect(principalOf(await run(plugin, ALICE)).verifiedAt).toBeGreaterThan(first.verifiedAt);
    await plugin.close();
  });

  it('who guess are told to wait before the directory locks the account', async () => {
    const { plugin } = mdsFor(mds, { failureBudget: { lockoutThreshold: 4 } });
    const before = await logins();
    const ended = [];
    for (let n = 0; n < 5; n += 1) ended.push(await run(plugin, basic('carol', `guess-${n}`)));
    expect(ended).toEqual(['401 bad-credential', '401 bad-credential', '429', '429', '429']);
    expect((await logins()) - before).toBe(2);
    await plugin.close();
  });

  it('whose name others have spent are delayed before they are refused, and get in again from where they last did', async () => {
    const { plugin } = mdsFor(mds, { failureBudget: { lockoutThreshold: 4 }, loginDeadlineMs: 1_000, cache: { credentialSeconds: 0, negativeSeconds: 0 } });
    expect(principalOf(await run(plugin, ALICE, '10.0.0.1')).name).toBe('alice');
    const before = await logins();
    for (const source of ['10.9.0.1', '10.9.0.2']) expect(await run(plugin, basic('alice', `guess ${source}`), source)).toBe('401 bad-credential');
    const startedAt = performance.now();
    const guess = run(plugin, basic('alice', 'another guess'), '10.9.0.3');
    expect(await run(plugin, basic('alice', 'yet another'), '10.9.0.4')).toBe('429');
    expect([await guess, performance.now() - startedAt >= 450, (await logins()) - before]).toEqual(['429', true, 2]);
    expect(principalOf(await run(plugin, ALICE, '10.0.0.1')).name).toBe('alice');
    await plugin.close();
  });

  it('are asked for again when the token of their login ends before they would be forgotten', async () => {
    const { plugin, later } = mdsFor(mds);
    await mds.shapeTokens({ lifeSeconds: 20 });
    const first = principalOf(await run(plugin, ALICE));
    later(21);
    await mds.shapeTokens();
    const renewed = principalOf(await run(plugin, ALICE));
    expect(renewed.mdsToken?.reveal()).not.toBe(first.mdsToken?.reveal());
    await plugin.close();
  });

  it('are let in by either key while the key of MDS changes', async () => {
    const kept = join(runDir, 'old-public.pem');
    copyFileSync(mds.publicKeyFile, kept);
    const old = await mds.sign('alice');
    await mds.rotateKey();
    const both = { publicKeyFiles: [kept, mds.publicKeyFile] };
    expect(principalOf((await once(bearer(old), both)).ended).name).toBe('alice');
    expect(principalOf((await once(ALICE, both)).ended).name).toBe('alice');
    expect((await once(bearer(old))).ended).toBe('401 bad-signature');
  });

  it('reach a node that only discovery names, within the configured hosts', async () => {
    const keys = { publicKeyFiles: [mds.publicKeyFile, second.publicKeyFile] };
    await mds.nameNodes([second.url, 'https://collector.example.test:8091']);
    const { plugin, reports } = mdsFor(mds, { ...keys, discovery: discoveryBlock(runDir, [`127.0.0.1:${second.port}`]) });
    await plugin.start();
    await mds.fault('broken');
    expect(principalOf(await run(plugin, ALICE)).name).toBe('alice');
    expect(reports).toEqual(['node-outside-of-discovery-hosts:1', 'node-refused:500']);
    await plugin.close();
  });
});
