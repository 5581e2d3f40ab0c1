import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'ldapts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  activeDirectoryMissing,
  AD_BASE_DN,
  AD_LOCKOUT,
  adGroupDn,
  adPassword,
  adPersonDn,
  makeCertificates,
  quotedPassword,
  resultCode,
  startActiveDirectory,
  withLdap,
  type ActiveDirectory,
} from '../../stack/src/index.ts';
import { stack } from '../setup/stack.ts';
import { activeDirectoryFor, IN_CHAIN } from './active-directory.setup.ts';
import { basic, principalOf, run } from './run-plugin.ts';

const missing = activeDirectoryMissing();
const runDir = () => mkdtempSync(join(stack().runDir, 'active-directory-'));

if (missing !== null) {
  it(`Active Directory is NOT tested on this machine. ${missing}`, async () => {
    await expect(startActiveDirectory({ runDir: runDir(), lifetime: 'parent' })).rejects.toThrow(missing);
  });
}

/** The same contract by both libraries, with a service account that searches and with callers who read themselves. */
const ways = missing === null ? (['ldapjs', 'ldapts'] as const).flatMap((driver) => ([true, false] as const).map((withService) => [driver, withService ? 'search, then bind' : 'direct bind', withService] as const)) : [];
let directory: ActiveDirectory;
beforeAll(async () => {
  if (missing !== null) return;
  directory = await startActiveDirectory({ runDir: runDir(), lifetime: 'parent' });
  await directory.agePassword(adPersonDn('old-password'));
});
afterAll(() => directory?.stop());

const asAdmin = <T>(use: Parameters<typeof withLdap<T>>[1]) => withLdap(directory.admin, use);
const badPasswords = async (account: string) => Number((await asAdmin((ldap) => ldap.read(adPersonDn(account), ['badPwdCount'])))['badPwdCount']?.[0]);
/** The directory's own word for an account, without Postern. */
const bindDirectly = (account: string, password: string) => withLdap({ ...directory.admin, dn: adPersonDn(account), password }, () => Promise.resolve(0)).catch(resultCode);
const unlock = (account: string) => asAdmin((ldap) => ldap.modify(adPersonDn(account), 'replace', 'lockoutTime', ['0']));

describe.each(ways)('Active Directory by %s, %s', (driver, _way, withService) => {
  type Over = Parameters<typeof activeDirectoryFor>[1];
  const make = (over: Over = {}) => activeDirectoryFor(directory, { driver, ...(withService ? {} : { service: undefined }), ...over });
  const login = async (name: string, password: string, over: Over = {}) => {
    const { plugin, reports } = make(over);
    const ended = await run(plugin, basic(name, password));
    await plugin.close();
    return { ended, reports };
  };

  it.each([
    ['alice', 'alice'],
    ['ALICE', 'alice'],
    [String.raw`ADX\alice`, 'alice'],
    [String.raw`adx\Alice`, 'alice'],
    [String.raw`ad.example.test\alice`, 'alice'],
    ['alice@ad.example.test', 'alice'],
    ['Alice@AD.EXAMPLE.TEST', 'alice'],
    ['bob@ad.example.test', 'bob'],
    ['ccooper', 'ccooper'],
    ['carol.cooper@corp.example.test', 'ccooper'],
    ['ccooper@ad.example.test', 'ccooper'],
  ])('%s is %s, whose objectGUID is the subject', async (typed, account) => {
    const { ended, reports } = await login(typed, adPassword(account));
    const principal = principalOf(ended);
    expect([principal.name, reports]).toEqual([account, []]);
    expect(await accountOf(principal.subject)).toBe(account);
    expect((await login(typed, 'wrong')).ended).toBe('401 bad-credential');
  });
  it.each(['nobody', 'nobody@ad.example.test', String.raw`OTHER\alice`, 'alice@elsewhere.test', 'ad.example.test/People/alice', 'CN=alice,OU=People,DC=ad,DC=example,DC=test', '*', 'al*', 'alice)(cn=*', 'EXTERNAL', 'ａlice', 'alice ', ' alice'])('%j with the password of alice is nobody', async (typed) => {
    expect((await login(typed, adPassword('alice'))).ended).toMatch(/^401 /);
  });
  it('an empty password, which Active Directory takes for an anonymous bind, is refused without a word to it', async () => {
    expect(await login('alice', '', { urls: ['ldaps://127.0.0.1:1'] })).toEqual({ ended: '401 refused-form', reports: [] });
  });

  it.each([
    ['disabled', 'account-disabled', 'disabled'],
    ['ended', 'account-expired', 'account-expired'],
    ['must-change', 'password-expired', 'password-must-change'],
    ['old-password', 'password-expired', 'password-expired'],
    ['never-now', 'logon-restricted', 'logon-hours'],
  ])('the account %s is refused with its right password: %s for audit, %s for operators', async (account, reason, cause) => {
    const right = await login(account, adPassword(account));
    expect([right.ended, right.reports]).toEqual([`401 ${reason}`, [`bind-rejected:${cause}`]]);
    // To whoever does not know the password it is an account like any other.
    const wrong = await login(account, 'wrong');
    expect([wrong.ended, wrong.reports]).toEqual(['401 bad-credential', []]);
    await unlock(account);
  });

  it('memberOf tells the groups that an account is in itself', async () => {
    expect(principalOf((await login('alice', adPassword('alice'))).ended).groups).toEqual({ kind: 'known', ids: [adGroupDn('orders-team').toLowerCase()] });
  });
  it.each([
    ['the matching rule in chain', IN_CHAIN],
    ['walking from group to group', { ...IN_CHAIN, nested: 'walk' }],
  ])('groups in groups, and a circle of them, are found by %s', async (_sentence, groupSearch) => {
    const { groups } = principalOf((await login('alice', adPassword('alice'), { groupSearch })).ended);
    expect(groups.kind === 'known' && [...groups.ids].toSorted()).toEqual(['kafka-users', 'orders-all', 'orders-team'].map((group) => adGroupDn(group).toLowerCase()));
    expect(principalOf((await login('ccooper', adPassword('ccooper'), { groupSearch })).ended).groups).toEqual({ kind: 'known', ids: [] });
  });
  it('groups may be told by their objectGUID, which survives a renaming', async () => {
    const { groups } = principalOf((await login('alice', adPassword('alice'), { groupSearch: { ...IN_CHAIN, idAttribute: 'objectGUID' } })).ended);
    expect(groups.kind).toBe('known');
    const names = await Promise.all((groups.kind === 'known' ? groups.ids : []).map(accountOf));
    expect(names.toSorted()).toEqual(['kafka-users', 'orders-all', 'orders-team']);
  });
  it('more groups, or deeper ones, than the settings allow are unknown, never a part', async () => {
    const few = await login('alice', adPassword('alice'), { groupSearch: { ...IN_CHAIN, maxGroups: 2 } });
    expect([principalOf(few.ended).groups, few.reports]).toEqual([{ kind: 'unknown' }, ['too-many-groups']]);
    const shallow = await login('alice', adPassword('alice'), { groupSearch: { ...IN_CHAIN, nested: 'walk', maxDepth: 1 } });
    expect([principalOf(shallow.ended).groups, shallow.reports]).toEqual([{ kind: 'unknown' }, ['groups-nested-too-deep']]);
  });
  it('groups that cannot be searched are 503, not none', async () => {
    const { ended, reports } = await login('alice', adPassword('alice'), { groupSearch: { ...IN_CHAIN, base: 'OU=Nowhere,DC=ad,DC=example,DC=test' } });
    expect([ended, reports]).toEqual(['503 directory', ['group-search-refused:32']]);
  });
  it('somebody taken out of a group in a group is out of the outer one within a minute', async () => {
    const { plugin, later } = make({ groupSearch: IN_CHAIN });
    const groups = async () => {
      const found = principalOf(await run(plugin, basic('moved', adPassword('moved')))).groups;
      return found.kind === 'known' && found.ids.includes(adGroupDn('kafka-users').toLowerCase());
    };
    expect(await groups()).toBe(true);
    await asAdmin((ldap) => ldap.modify(adGroupDn('orders-team'), 'delete', 'member', [adPersonDn('moved')]));
    expect(await groups()).toBe(true);
    later(60);
    expect(await groups()).toBe(false);
    await plugin.close();
    await asAdmin((ldap) => ldap.modify(adGroupDn('orders-team'), 'add', 'member', [adPersonDn('moved')]));
  });

  it('references to other naming contexts, which come with every search from the top, are not followed', async () => {
    const over = { users: { base: AD_BASE_DN, loginAttribute: 'sAMAccountName', nameAttribute: 'sAMAccountName', idAttribute: 'objectGUID' }, groupSearch: { ...IN_CHAIN, base: AD_BASE_DN } };
    const { ended, reports } = await login('alice', adPassword('alice'), over);
    expect([principalOf(ended).name, reports]).toEqual(['alice', []]);
  });

  it('one wrong password sent 1000 times costs one bind', async () => {
    await asAdmin((ldap) => ldap.modify(adPersonDn('guessed'), 'replace', 'unicodePwd', [quotedPassword(adPassword('guessed'))]));
    expect(await bindDirectly('guessed', adPassword('guessed'))).toBe(0);
    const { plugin } = make({ failureBudget: { lockoutThreshold: AD_LOCKOUT.threshold } });
    const ended = new Set<unknown>();
    for (let n = 0; n < 1_000; n += 1) ended.add(await run(plugin, basic('guessed', 'wrong')));
    expect([...ended]).toEqual(['401 bad-credential']);
    expect(await badPasswords('guessed')).toBe(1);
    await plugin.close();
  });
  it('guesses through Postern, in every form of the name and from everywhere, never lock the account; the same ones without it do', async () => {
    const forms = ['ccooper', 'CCooper', String.raw`ADX\ccooper`, 'ccooper@ad.example.test', 'carol.cooper@corp.example.test'];
    const { plugin } = make({ failureBudget: { lockoutThreshold: AD_LOCKOUT.threshold }, loginDeadlineMs: 500 });
    const owner = '10.9.9.9';
    expect(principalOf(await run(plugin, basic('ccooper', adPassword('ccooper')), owner)).name).toBe('ccooper');
    const guesses = await Promise.all(Array.from({ length: 60 }, (_, n) => run(plugin, basic(forms[n % forms.length] ?? '', `guess-${n}`), `10.0.${n}.1`)));
    const typos = await Promise.all(forms.map((form, n) => run(plugin, basic(form, `typing-error-${n}`), owner)));
    expect(new Set([...guesses, ...typos])).toEqual(new Set(['401 bad-credential', '429']));
    const counted = await badPasswords('ccooper');
    expect(counted).toBeGreaterThan(0);
    expect(counted).toBeLessThan(AD_LOCKOUT.threshold);
    expect(await bindDirectly('ccooper', adPassword('ccooper'))).toBe(0);
    await plugin.close();

    for (let n = 0; n < AD_LOCKOUT.threshold; n += 1) expect(await bindDirectly('hammered', `guess-${n}`)).toBe(49);
    const locked = await login('hammered', adPassword('hammered'));
    expect([locked.ended, locked.reports]).toEqual(['401 account-locked', ['bind-rejected:locked']]);
    await unlock('hammered');
    expect(principalOf((await login('hammered', adPassword('hammered'))).ended).name).toBe('hammered');
  });

  it('STARTTLS does as LDAPS does, and with another CA could not decide', async () => {
    const startTls = { urls: [directory.plainUrl], startTls: true };
    expect(principalOf((await login('alice', adPassword('alice'), startTls)).ended).name).toBe('alice');
    expect((await login('alice', 'wrong', startTls)).ended).toBe('401 bad-credential');
    const other = (await makeCertificates(join(runDir(), 'other-tls'))).caFile;
    for (const over of [{}, startTls]) {
      const { ended, reports } = await login('alice', adPassword('alice'), { ...over, caFile: other });
      expect([ended, reports[0]]).toEqual(['503 directory', 'connect-failed:tls']);
    }
  });
  it('readiness tells whether it is there', async () => {
    const { plugin } = make();
    await plugin.start();
    expect(plugin.health()[0]?.state).toBe('up');
    await plugin.close();
  });
});

/** Whose objectGUID this is, by the directory itself: it takes one in place of a DN (MS-ADTS 3.1.1.3.1.2.4). */
const accountOf = async (guid: string): Promise<string> => {
  const client = new Client({ url: directory.url, tlsOptions: { ca: readFileSync(directory.caFile, 'utf8') }, timeout: 5_000 });
  try {
    await client.bind(directory.admin.dn, directory.admin.password);
    const { searchEntries } = await client.search(`<GUID=${guid}>`, { scope: 'base', attributes: ['sAMAccountName'] });
    return String(searchEntries[0]?.['sAMAccountName']);
  } finally {
    await client.unbind();
  }
};
