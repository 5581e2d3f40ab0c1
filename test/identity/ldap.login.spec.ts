import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VerifiedPrincipal } from '@postern/auth-plugins';
import { BASE_DN, chosenProgram, groupDn, makeCertificates, PEOPLE, startDirectory, type Directory, type DirectoryProgram } from '../../stack/src/index.ts';
import { stack } from '../setup/stack.ts';
import { addEntry } from './add-entry.ts';
import { ldapFor } from './ldap-plugin.setup.ts';
import { basic, principalOf, run } from './run-plugin.ts';

const PEOPLE_DN = `ou=people,${BASE_DN}`;
const programs = [...new Set<DirectoryProgram>(['unboundid', chosenProgram('')])];
const ways = programs.flatMap((program) => (['ldapjs', 'ldapts'] as const).map((driver) => [program, driver] as const));

describe.each(ways)('logins against %s by %s', (program, driver) => {
  let directory: Directory;
  beforeAll(async () => {
    const runDir = mkdtempSync(join(stack().runDir, 'identity-directory-'));
    directory = await startDirectory({ runDir, certificates: await makeCertificates(join(runDir, 'tls')), usualPorts: false, lifetime: 'parent', program });
  });
  afterAll(() => directory.stop());

  /** One login by a plugin of its own. */
  const login = async (name: string, password: string, over: Parameters<typeof ldapFor>[1] = {}) => {
    const { plugin, reports } = ldapFor(directory, { driver, ...over });
    const ended = await run(plugin, basic(name, password));
    await plugin.close();
    return { ended, reports };
  };

  it.each(PEOPLE.map(({ uid, password }) => [uid, password] as const))('%s gets in by the right password, with entryUUID as subject and uid as name', async (uid, password) => {
    const principal: VerifiedPrincipal = principalOf((await login(uid, password)).ended);
    expect(principal).toMatchObject({ authority: 'corp', tenant: null, name: uid, issuerKey: 'authority:corp', credentialExpiresAt: null, subject: (await directory.readPerson(uid, ['entryUUID']))['entryUUID']?.[0] });
    expect((await login(uid, `${password}x`)).ended).toBe('401 bad-credential');
  });

  it('memberOf becomes groups in canonical form', async () => {
    const { groups } = principalOf((await login('alice', 'alice-secret')).ended);
    expect(groups.kind === 'known' && [...groups.ids].toSorted()).toEqual([groupDn('kafka-users'), groupDn('orders-writers')]);
    expect(principalOf((await login('carol', 'carol-secret')).ended).groups).toEqual({ kind: 'known', ids: [] });
  });

  it('another case of the name is the same principal under its canonical name', async () => {
    const [typed, shouted] = [principalOf((await login('alice', 'alice-secret')).ended), principalOf((await login('ALICE', 'alice-secret')).ended)];
    expect([shouted.name, shouted.key]).toEqual([typed.name, typed.key]);
  });

  it.each([
    ['*', '401 unknown-subject'],
    ['al*', '401 unknown-subject'],
    ['alice)(uid=*', '401 unknown-subject'],
    ['*)(uid=*))(|(uid=*', '401 unknown-subject'],
    [String.raw`\2a`, '401 unknown-subject'],
    [String.raw`al\69ce`, '401 unknown-subject'],
    [')(objectClass=*', '401 unknown-subject'],
    ['uid=alice,ou=people,dc=example,dc=test', '401 unknown-subject'],
    ['EXTERNAL', '401 unknown-subject'],
    ['PLAIN', '401 unknown-subject'],
    ['', '401 refused-form'],
    ['ali\u0000ce', '401 refused-form'],
  ])('the name %j finds nobody', async (name, expected) => {
    expect((await login(name, 'alice-secret')).ended).toBe(expected);
  });

  it('an empty password is refused without a word to the directory', async () => {
    const { ended, reports } = await login('alice', '', { urls: ['ldaps://127.0.0.1:1'] });
    expect([ended, reports]).toEqual(['401 refused-form', []]);
  });

  it.each([
    ['a plus and a comma', 'uid=plus\\+x\\,y', 'plus+x,y', 'plus.person'],
    ['a backslash before two digits', 'uid=back\\\\2cslash', 'back\\2cslash', 'back.person'],
    ['letters beyond ASCII', 'uid=bjørn', 'bjørn', 'utf.person'],
    ['filter characters', 'uid=(star*)', '(star*)', 'star.person'],
  ])('an entry whose DN holds %s is bound as itself', async (_sentence, rdn, uid, employee) => {
    const dn = `${rdn},${PEOPLE_DN}`;
    await addPerson(dn, { uid, employeeNumber: employee });
    const users = { base: PEOPLE_DN, loginAttribute: 'employeeNumber', nameAttribute: 'employeeNumber', idAttribute: 'entryUUID' };
    expect(principalOf((await login(employee, 'their-secret', { users })).ended).name).toBe(employee);
    expect((await login(employee, 'wrong', { users })).ended).toBe('401 bad-credential');
  });

  it('an entry whose DN a careless client would cut to that of another gets in by its own password only', async () => {
    await addPerson(`uid=cut,${PEOPLE_DN}`, { uid: 'cut', employeeNumber: 'short', userPassword: 'short-secret' });
    await addPerson(`uid=cut\\+more,${PEOPLE_DN}`, { uid: 'cut+more', employeeNumber: 'long', userPassword: 'long-secret' });
    const users = { base: PEOPLE_DN, loginAttribute: 'employeeNumber', nameAttribute: 'employeeNumber', idAttribute: 'entryUUID' };
    expect((await login('long', 'short-secret', { users })).ended).toBe('401 bad-credential');
    expect(principalOf((await login('long', 'long-secret', { users })).ended).name).toBe('long');
  });

  it('two entries with one login name are both refused, and reported', async () => {
    await addPerson(`uid=twin1,${PEOPLE_DN}`, { uid: 'twin1', mail: 'twin@example.test' });
    await addPerson(`uid=twin2,${PEOPLE_DN}`, { uid: 'twin2', mail: 'twin@example.test' });
    const { ended, reports } = await login('twin@example.test', 'their-secret', { users: { base: PEOPLE_DN, loginAttribute: 'mail', nameAttribute: 'uid', idAttribute: 'entryUUID' } });
    expect([ended, reports]).toEqual(['401 ambiguous-subject', ['several-entries-for-one-login-name']]);
  });

  it('an id attribute that the directory does not keep is not guessed around', async () => {
    const { ended, reports } = await login('alice', 'alice-secret', { users: { base: PEOPLE_DN, loginAttribute: 'uid', nameAttribute: 'uid', idAttribute: 'objectGUID' } });
    expect([ended, reports]).toEqual(['503 directory', ['entry-without-id-attribute']]);
  });

  it('an entry of another object class is nobody', async () => {
    const users = { base: PEOPLE_DN, loginAttribute: 'uid', nameAttribute: 'uid', idAttribute: 'entryUUID' };
    expect((await login('alice', 'alice-secret', { users: { ...users, objectClass: 'groupOfNames' } })).ended).toBe('401 unknown-subject');
    expect(principalOf((await login('alice', 'alice-secret', { users: { ...users, objectClass: 'inetOrgPerson' } })).ended).name).toBe('alice');
  });

  it('a changed password, a lock and a changed group are seen when the remembered login ends', async () => {
    const { plugin, later } = ldapFor(directory, { driver });
    const erin = () => run(plugin, basic('erin', 'erin-secret'));
    const first = principalOf(await erin());
    await directory.addToGroup('erin', 'kafka-users');
    expect(principalOf(await erin())).toEqual(first);
    later(60);
    const second = principalOf(await erin());
    expect(second.groups).toEqual({ kind: 'known', ids: [groupDn('kafka-users')] });
    expect(second.verifiedAt).toBeGreaterThan(first.verifiedAt);
    await directory.lock('erin');
    later(60);
    expect(await erin()).toBe('401 bad-credential');
    await directory.unlock('erin');
    await directory.changePassword('erin', 'new-secret');
    later(60);
    expect(await erin()).toBe('401 bad-credential');
    expect(principalOf(await run(plugin, basic('erin', 'new-secret'))).key).toBe(first.key);
    await plugin.close();
  });

  const addPerson = (dn: string, attributes: Readonly<Record<string, string>>) =>
    addEntry(directory.admin, dn, { objectClass: 'inetOrgPerson', cn: 'Person', sn: 'Person', userPassword: 'their-secret', ...attributes });
});
