import { describe, expect, it } from 'vitest';
import { Unavailable } from '../contract/outcome.js';
import { createConnectionPool } from './connection.pool.js';
import { createDirectoryLogin } from './directory.login.js';
import { DirectoryFailure, type BindAnswer, type DirectoryConnection, type DirectorySearch, type SearchAnswer } from './directory.driver.js';
import { ldapSchema } from './ldap.settings.js';

const ALICE_DN = 'uid=alice,ou=people,dc=example,dc=test';
const entry = (dn: string, attributes: Readonly<Record<string, readonly string[]>>) => ({
  dn,
  attributes: new Map(Object.entries(attributes).map(([name, values]) => [name, values.map((value) => Buffer.from(value))])),
});
const ALICE = entry(ALICE_DN, { uid: ['alice'], entryuuid: ['0B1C'], memberof: ['CN=Kafka-Users,OU=Groups,DC=example,DC=test'] });

interface Script {
  readonly search?: (search: DirectorySearch) => SearchAnswer;
  readonly bind?: (dn: string, password: string) => BindAnswer;
  readonly users?: object;
  readonly open?: () => Promise<never>;
}
/** A directory made for the row: what it was asked stands in `asked`. */
const directory = ({ search = () => ({ kind: 'entries', entries: [ALICE] }), bind = (_dn, password) => ({ kind: password === 'right' ? 'bound' : 'invalid-credentials' }), users = {}, open }: Script = {}) => {
  const asked: string[] = [];
  const reports: string[] = [];
  const connection = (): DirectoryConnection => ({
    isOpen: true,
    destroy: () => undefined,
    search: async (one) => {
      asked.push(`search ${one.equals.map(({ attribute, value }) => `${attribute}=${value}`).join('&')} limit ${one.sizeLimit}`);
      return search(one);
    },
    bind: async (dn, password) => {
      asked.push(`bind ${dn}`);
      return bind(dn, password);
    },
  });
  const pool = () => createConnectionPool({ size: 1, waiting: 1, clock: { now: () => 1 }, open: open ?? (async () => connection()) });
  const settings = ldapSchema.parse({
    id: 'l', type: 'ldap', authority: 'corp', urls: ['ldaps://d'], caFile: 'ca', service: { dn: 'cn=s', passwordFile: 'p' },
    users: { base: 'ou=people,dc=example,dc=test', loginAttribute: 'uid', nameAttribute: 'uid', idAttribute: 'entryUUID', ...users },
  });
  const login = createDirectoryLogin({ settings, searches: pool(), binds: pool(), report: (event) => reports.push(event) });
  return { login, asked, reports };
};
const none: SearchAnswer = { kind: 'entries', entries: [] };

describe('a directory login', () => {
  it('searches by the typed name, binds with the DN found, and takes name, id and groups from the entry', async () => {
    const { login, asked } = directory();
    expect(await login('ALICE', 'right')).toEqual({ kind: 'verified', id: '0b1c', name: 'alice', groups: { kind: 'known', ids: ['cn=kafka-users,ou=groups,dc=example,dc=test'] } });
    expect(asked).toEqual(['search uid=ALICE limit 2', `bind ${ALICE_DN}`]);
  });
  it('asks for the object class too when one is set', async () => {
    const { login, asked } = directory({ users: { objectClass: 'inetOrgPerson' } });
    await login('alice', 'right');
    expect(asked[0]).toBe('search objectClass=inetOrgPerson&uid=alice limit 2');
  });

  const rejected: readonly (readonly [string, Script, string])[] = [
    ['a wrong password', { bind: () => ({ kind: 'invalid-credentials' }) }, 'bad-credential'],
    ['an unknown name', { search: () => none }, 'unknown-subject'],
    ['a search that returns 2 entries', { search: () => ({ kind: 'entries', entries: [ALICE, ALICE] }) }, 'ambiguous-subject'],
    ['a search over the size limit', { search: () => ({ kind: 'too-many' }) }, 'ambiguous-subject'],
    ['an entry with two names', { search: () => ({ kind: 'entries', entries: [entry(ALICE_DN, { uid: ['alice', 'al'], entryuuid: ['1'] })] }) }, 'ambiguous-subject'],
  ];
  it.each(rejected)('of %s is rejected', async (_sentence, script, reason) => {
    const { login } = directory({ bind: () => ({ kind: script.bind === undefined && reason !== 'ambiguous-subject' ? 'invalid-credentials' : 'bound' }), ...script });
    expect(await login('alice', 'right')).toEqual({ kind: 'rejected', reason });
  });
  it('of an unknown name costs a bind as a known one does, without the password that was typed', async () => {
    const passwords: string[] = [];
    const { login, asked } = directory({
      search: () => none,
      bind: (_dn, password) => {
        passwords.push(password);
        return { kind: 'bound' };
      },
    });
    expect(await login('nobody', 'typed-secret')).toEqual({ kind: 'rejected', reason: 'unknown-subject' });
    expect(asked).toHaveLength(2);
    expect(passwords.join()).not.toContain('typed-secret');
  });
  it('of a name that another entry holds too is rejected when names are not what was searched', async () => {
    const { login } = directory({
      users: { nameAttribute: 'cn', loginAttribute: 'mail' },
      search: ({ equals }) => ({ kind: 'entries', entries: Array.from({ length: equals[0]?.attribute === 'cn' ? 2 : 1 }, () => entry(ALICE_DN, { cn: ['Alice'], entryuuid: ['1'] })) }),
    });
    expect(await login('alice@example.test', 'right')).toEqual({ kind: 'rejected', reason: 'ambiguous-subject' });
  });
  it.each([
    ['an empty password', 'alice', ''],
    ['an empty name', '', 'right'],
  ])('of %s sends nothing to the directory', async (_sentence, name, password) => {
    const { login, asked } = directory();
    expect((await login(name, password)).kind).toBe('rejected');
    expect(asked).toEqual([]);
  });

  const undecided: readonly (readonly [string, Script, string])[] = [
    ['result 48 of the bind', { bind: () => ({ kind: 'refused', code: 48 }) }, 'bind-refused'],
    ['result 8 of the bind', { bind: () => ({ kind: 'refused', code: 8 }) }, 'bind-refused'],
    ['result 53 of the bind', { bind: () => ({ kind: 'refused', code: 53 }) }, 'bind-refused'],
    ['result 51, busy', { search: () => ({ kind: 'refused', code: 51 }) }, 'search-refused'],
    ['result 32 of a wrong base', { search: () => ({ kind: 'refused', code: 32 }) }, 'search-refused'],
    ['a referral', { search: () => ({ kind: 'referral' }) }, 'referral'],
    ['a refused connection', { open: () => Promise.reject(new DirectoryFailure('connect')) }, 'connection'],
    ['a certificate of another name', { open: () => Promise.reject(new DirectoryFailure('tls')) }, 'connection'],
    ['an entry without its id attribute', { search: () => ({ kind: 'entries', entries: [entry(ALICE_DN, { uid: ['alice'] })] }) }, 'entry-without-id-attribute'],
    ['an entry whose DN is not certain', { search: () => ({ kind: 'entries', entries: [{ ...ALICE, dn: '' }] }) }, 'entry-without-dn-attribute'],
    ['a dummy bind that finds no connection', { search: () => none, bind: () => ({ kind: 'refused', code: 52 }) }, 'bind-refused'],
  ];
  it.each(undecided)('with %s could not decide', async (_sentence, script, event) => {
    const { login, reports } = directory(script);
    await expect(login('alice', 'right')).rejects.toBeInstanceOf(Unavailable);
    expect(reports).toContain(event);
  });
  it('passes a bug on as a bug', async () => {
    const { login } = directory({ search: () => { throw new TypeError('bug'); } });
    await expect(login('alice', 'right')).rejects.toBeInstanceOf(TypeError);
  });
});

describe('the settings of a directory', () => {
  const block = { id: 'l', type: 'ldap', authority: 'corp', urls: ['ldaps://d'], caFile: 'ca', service: { dn: 'cn=s', passwordFile: 'p' }, users: { base: 'ou=people', loginAttribute: 'uid', nameAttribute: 'uid', idAttribute: 'entryUUID' } };
  it.each<readonly [string, object, boolean]>([
    ['ldaps', {}, true],
    ['two replicas', { urls: ['ldaps://a:636', 'ldaps://b'] }, true],
    ['ldap without TLS', { urls: ['ldap://127.0.0.1'] }, false],
    ['ldap without TLS marked unsafe, on loopback', { urls: ['ldap://127.0.0.1:3389'], unsafe: true }, true],
    ['ldap without TLS marked unsafe, elsewhere', { urls: ['ldap://10.0.0.1'], unsafe: true }, false],
    ['ldap to a name that may be loopback', { urls: ['ldap://localhost'], unsafe: true }, false],
    ['a URL with a base and a filter', { urls: ['ldaps://d/dc=x??sub?(uid=*)'] }, false],
    ['another scheme', { urls: ['https://d'] }, false],
    ['an attribute that carries a filter', { users: { ...block.users, loginAttribute: 'uid)(cn' } }, false],
    ['an unknown key', { password: 'x' }, false],
  ])('of %s are taken or refused', (_sentence, change, taken) => {
    expect(ldapSchema.safeParse({ ...block, ...change }).success).toBe(taken);
  });
});
