import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthorities } from '@postern/auth-plugins';
import { BASE_DN, chosenProgram, groupDn, LOCKOUT, makeCertificates, personDn, startDirectory, withLdap, type Directory, type DirectoryProgram } from '../../stack/src/index.ts';
import { stack } from '../setup/stack.ts';
import { addEntry } from './add-entry.ts';
import { ldapFor } from './ldap-plugin.setup.ts';
import { basic, principalOf, run } from './run-plugin.ts';

const PEOPLE_DN = `ou=people,${BASE_DN}`;
const GROUPS_DN = `ou=groups,${BASE_DN}`;
const PATTERN = { by: 'dn-pattern', pattern: `uid={name},${PEOPLE_DN}` } as const;
const SEARCH = { base: GROUPS_DN } as const;
const programs = [...new Set<DirectoryProgram>(['unboundid', chosenProgram('')])];
const ways = programs.flatMap((program) => (['ldapjs', 'ldapts'] as const).map((driver) => [program, driver] as const));

describe.each(ways)('further ways of logins and groups, against %s by %s', (program, driver) => {
  let directory: Directory;
  beforeAll(async () => {
    const runDir = mkdtempSync(join(stack().runDir, 'ways-directory-'));
    directory = await startDirectory({ runDir, certificates: await makeCertificates(join(runDir, 'tls')), usualPorts: false, lifetime: 'parent', program });
    await person('plus+x,y', String.raw`uid=plus\+x\,y`);
    await person('bjørn', 'uid=bjørn');
    await withLdap(directory.admin, async (ldap) => {
      const group = (cn: string, objectClass: string, attributes: Readonly<Record<string, string | readonly string[]>>) => ldap.add({ dn: groupDn(cn), attributes: { objectClass, cn, ...attributes } });
      await group('outer', 'groupOfNames', { member: [groupDn('kafka-users'), groupDn('circle')] });
      await group('circle', 'groupOfNames', { member: groupDn('outer') });
      await group('unique', 'groupOfUniqueNames', { uniqueMember: personDn('alice') });
      await group('posix', 'posixGroup', { gidNumber: '1000', memberUid: ['alice', 'carol'] });
      await group('escaped', 'groupOfNames', { member: personDn('carol') });
      await ldap.modify(groupDn('escaped'), 'add', 'member', [String.raw`uid=plus\+x\,y,${PEOPLE_DN}`]);
    });
  });
  afterAll(() => directory.stop());

  const person = (uid: string, rdn: string) => addEntry(directory.admin, `${rdn},${PEOPLE_DN}`, { objectClass: 'inetOrgPerson', uid, cn: 'Person', sn: 'Person', userPassword: 'their-secret' });
  const login = async (name: string, password: string, over: Parameters<typeof ldapFor>[1] = {}) => {
    const { plugin, reports } = ldapFor(directory, { driver, ...over });
    const ended = await run(plugin, basic(name, password));
    await plugin.close();
    return { ended, reports };
  };
  const groupsOf = async (name: string, groupSearch: object, password = `${name}-secret`) => {
    const { groups } = principalOf((await login(name, password, { groupSearch })).ended);
    return groups.kind === 'known' ? groups.ids.toSorted() : groups.kind;
  };

  it.each([
    ['alice', 'alice-secret', 'alice'],
    ['Alice', 'alice-secret', 'alice'],
    ['plus+x,y', 'their-secret', 'plus+x,y'],
    ['bjørn', 'their-secret', 'bjørn'],
  ])('a DN pattern lets %s in by its DN, and takes the name from the entry', async (typed, password, name) => {
    const viaSearch = principalOf((await login(typed, password)).ended);
    const direct = principalOf((await login(typed, password, { login: PATTERN })).ended);
    expect([direct.name, direct.key]).toEqual([name, viaSearch.key]);
    expect((await login(typed, 'wrong', { login: PATTERN })).ended).toBe('401 bad-credential');
  });
  it.each(['alice,ou=people,dc=example,dc=test', 'alice+cn=Alice Archer', '*', 'al*', 'nobody', ' alice', 'alice ', 'ａlice', 'ali\u200bce', String.raw`al\69ce`])('a DN pattern makes nobody of %j', async (typed) => {
    expect((await login(typed, 'alice-secret', { login: PATTERN })).ended).toMatch(/^401 /);
  });
  it.each(['alice', 'ALICE', ' alice', 'alice ', 'ａlice', 'alıce'])('%j is alice or nobody, by search', async (typed) => {
    const { ended } = await login(typed, 'alice-secret');
    const alice = principalOf((await login('alice', 'alice-secret')).ended);
    expect(['401', alice.key]).toContain(typeof ended === 'string' ? ended.slice(0, 3) : ended.key);
    if (typeof ended !== 'string') expect(ended.name).toBe('alice');
  });

  it('groups are found by member', async () => {
    expect(await groupsOf('alice', SEARCH)).toEqual([groupDn('kafka-users'), groupDn('orders-writers')]);
    expect(await groupsOf('erin', SEARCH)).toEqual([]);
  });
  it('groups are found by the member of a DN with escapes', async () => {
    expect(await groupsOf('plus+x,y', SEARCH, 'their-secret')).toEqual([groupDn('escaped')]);
  });
  it('groups in groups are walked through, circles too', async () => {
    expect(await groupsOf('bob', { ...SEARCH, nested: 'walk' })).toEqual(['circle', 'kafka-users', 'outer'].map(groupDn));
  });
  it('groups are found by uniqueMember, and by memberUid', async () => {
    expect(await groupsOf('alice', { ...SEARCH, memberAttribute: 'uniqueMember' })).toEqual([groupDn('unique')]);
    expect(await groupsOf('carol', { ...SEARCH, memberAttribute: 'memberUid', objectClass: 'posixGroup' })).toEqual([groupDn('posix')]);
  });
  it('groups may be told by their entryUUID', async () => {
    const [id, ...others] = await groupsOf('alice', { ...SEARCH, memberAttribute: 'uniqueMember', idAttribute: 'entryUUID' });
    expect(others).toEqual([]);
    expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });
  it('more groups, or deeper ones, than the settings allow are unknown, never a part', async () => {
    expect(await groupsOf('alice', { ...SEARCH, maxGroups: 1 })).toBe('unknown');
    expect(await groupsOf('bob', { ...SEARCH, nested: 'walk', maxDepth: 1 })).toBe('unknown');
    expect(await groupsOf('alice', { ...SEARCH, maxGroups: 2 })).toHaveLength(2);
  });
  it('groups that cannot be searched are 503, never none', async () => {
    const { ended, reports } = await login('alice', 'alice-secret', { groupSearch: { base: `ou=nowhere,${BASE_DN}` } });
    expect([ended, reports]).toEqual(['503 directory', ['group-search-refused:32']]);
  });
  it.each([
    ['member', SEARCH],
    ['memberOf', undefined],
  ])('somebody taken out of the group that admits is refused within a minute, by %s', async (_sentence, groupSearch) => {
    const { plugin, later } = ldapFor(directory, { driver, groupSearch });
    const authorities = createAuthorities({ protectedNames: ['admin'], authorities: [{ id: 'corp', admits: { groups: [groupDn('kafka-users')] }, kafkaNames: { owns: 'plain' } }] });
    const admission = async () => authorities.admission(principalOf(await run(plugin, basic('dave', 'p:a:ss wörd')))).kind;
    expect(await admission()).toBe('admitted');
    await directory.removeFromGroup('dave', 'kafka-users');
    later(60);
    expect(await admission()).toBe('refused');
    await directory.addToGroup('dave', 'kafka-users');
    later(60);
    expect(await admission()).toBe('admitted');
    await plugin.close();
  });
  it('whoever is in more groups than the settings allow is neither admitted nor refused: 503', async () => {
    const { plugin } = ldapFor(directory, { driver, groupSearch: { ...SEARCH, maxGroups: 1 } });
    const authorities = createAuthorities({ protectedNames: ['admin'], authorities: [{ id: 'corp', admits: { groups: [groupDn('kafka-users')] }, kafkaNames: { owns: 'plain' } }] });
    expect(authorities.admission(principalOf(await run(plugin, basic('alice', 'alice-secret')))).kind).toBe('unknown');
    await plugin.close();
  });

  if (program === 'slapd') {
    /** slapd keeps the time of each bad password: their number is the number of binds that it saw. */
    const badPasswords = async (uid: string) => (await directory.readPerson(uid, ['pwdFailureTime']))['pwdFailureTime']?.length ?? 0;

    it('callers may read their own entries, where there is no service account', async () => {
      const own = { login: PATTERN, service: undefined };
      for (const [uid, password] of [['alice', 'alice-secret'], ['plus+x,y', 'their-secret'], ['bjørn', 'their-secret']] as const) {
        const principal = principalOf((await login(uid, password, own)).ended);
        expect([principal.name, principal.key]).toEqual([uid, principalOf((await login(uid, password)).ended).key]);
      }
      const { plugin } = ldapFor(directory, { driver, ...own });
      await plugin.start();
      expect(plugin.health()[0]?.state).toBe('up');
      await plugin.close();
    });
    it('one wrong password sent 1000 times costs one bind', async () => {
      await directory.unlock('erin');
      const { plugin } = ldapFor(directory, { driver });
      for (let n = 0; n < 1_000; n += 1) expect(await run(plugin, basic('erin', 'wrong'))).toBe('401 bad-credential');
      expect(await badPasswords('erin')).toBe(1);
      await plugin.close();
      await directory.unlock('erin');
    });
    it('guesses from everywhere and the typing errors of the owner are fewer together than lock the account', async () => {
      const { plugin } = ldapFor(directory, { driver, failureBudget: { lockoutThreshold: LOCKOUT.failures }, loginDeadlineMs: 600 });
      expect(principalOf(await run(plugin, basic('carol', 'carol-secret'), '10.9.9.9')).name).toBe('carol');
      await Promise.all(Array.from({ length: 40 }, (_, n) => run(plugin, basic(n % 2 === 0 ? 'carol' : 'CAROL', `guess-${n}`), `10.0.${n}.1`)));
      await Promise.all(Array.from({ length: 10 }, (_, n) => run(plugin, basic('carol', `typing-error-${n}`), '10.9.9.9')));
      const counted = await badPasswords('carol');
      expect(counted).toBeGreaterThan(1);
      expect(counted).toBeLessThan(LOCKOUT.failures);
      await plugin.close();
      expect(principalOf((await login('carol', 'carol-secret')).ended).name).toBe('carol');
    });
  }
});
