import { describe, expect, it } from 'vitest';
import { Unavailable } from '../contract/outcome.js';
import { createFailureBudget } from '../login/failure.budget.js';
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
  readonly settings?: object;
  readonly lockoutThreshold?: number;
  readonly open?: () => Promise<never>;
}
/** A directory made for the row: what it was asked stands in `asked`. */
const directory = ({ search = () => ({ kind: 'entries', entries: [ALICE] }), bind = (_dn, password) => ({ kind: password === 'right' ? 'bound' : 'invalid-credentials' }), users = {}, settings: over = {}, lockoutThreshold = 1_000, open }: Script = {}) => {
  const asked: string[] = [];
  const reports: string[] = [];
  const connection = (): DirectoryConnection => ({
    isOpen: true,
    destroy: () => undefined,
    search: async (one) => {
      asked.push(`search ${one.equals.map(({ attribute, value }) => `${attribute}=${value}`).join('&')}${one.scope === 'base' ? ` under ${one.base}` : ''} limit ${one.sizeLimit}`);
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
    ...over,
  });
  const entries = createFailureBudget({ lockoutThreshold, windowSeconds: 300, replicas: 1, clock: { now: () => 1 } });
  const login = createDirectoryLogin({ settings, access: { searches: pool(), binds: pool(), hasService: settings.service !== undefined }, entries, report: (event) => reports.push(event) });
  return { login: (loginName: string, password: string) => login({ loginName, password, source: '', signal: AbortSignal.timeout(5_000) }), asked, reports };
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
    ['result 51, busy', { search: () => ({ kind: 'refused', code: 51 }) }, 'connection'],
    ['result 80 of the search', { search: () => ({ kind: 'refused', code: 80 }) }, 'search-refused'],
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

describe('a direct bind', () => {
  const login = { by: 'dn-pattern', pattern: 'uid={name},ou=people,dc=example,dc=test' };
  const settings = { login, service: undefined };
  it('puts the typed name into the pattern, then reads name, id and groups as the caller', async () => {
    const one = directory({ settings });
    expect(await one.login('alice', 'right')).toMatchObject({ kind: 'verified', id: '0b1c', name: 'alice' });
    expect(one.asked).toEqual([`bind ${ALICE_DN}`, `search  under ${ALICE_DN} limit 2`]);
  });
  it.each([
    ['alice,ou=admins', String.raw`uid=alice\2cou\3dadmins,ou=people,dc=example,dc=test`],
    ['a+b', String.raw`uid=a\2bb,ou=people,dc=example,dc=test`],
    ['#a"<>;\\', String.raw`uid=\23a\22\3c\3e\3b\5c,ou=people,dc=example,dc=test`],
    ['{name}$&', String.raw`uid=\7bname\7d\24\26,ou=people,dc=example,dc=test`],
    ['é', String.raw`uid=\c3\a9,ou=people,dc=example,dc=test`],
  ])('of %j binds %s', async (name, dn) => {
    const one = directory({ settings });
    await one.login(name, 'wrong');
    expect(one.asked).toEqual([`bind ${dn}`]);
  });
  it.each([' alice', 'alice ', 'al  ice', 'ａlice', 'ali\u200bce', 'al\u2028ice', 'a'.repeat(257)])('of %j sends nothing', async (name) => {
    const one = directory({ settings });
    expect(await one.login(name, 'right')).toEqual({ kind: 'rejected', reason: 'refused-form' });
    expect(one.asked).toEqual([]);
  });
  it('whose entry has another DN than the one that was bound is bound there too, with the same password', async () => {
    const other = entry('uid=alice,ou=elsewhere,dc=example,dc=test', { uid: ['alice'], entryuuid: ['2'] });
    const wrongThere = directory({ settings, search: () => ({ kind: 'entries', entries: [other] }), bind: (dn) => ({ kind: dn === ALICE_DN ? 'bound' : 'invalid-credentials' }) });
    expect(await wrongThere.login('alice', 'right')).toEqual({ kind: 'rejected', reason: 'ambiguous-subject' });
    expect(wrongThere.reports).toContain('bound-name-of-another-entry');
    expect(wrongThere.asked.at(-1)).toBe('bind uid=alice,ou=elsewhere,dc=example,dc=test');
  });
  it.each<readonly [string, SearchAnswer]>([
    ['is not under the base', none],
    ['is there twice', { kind: 'entries', entries: [ALICE, ALICE] }],
  ])('whose entry %s is rejected', async (_sentence, answer) => {
    expect(await directory({ settings, search: () => answer }).login('alice', 'right')).toEqual({ kind: 'rejected', reason: 'ambiguous-subject' });
  });

  const active = { by: 'active-directory', domain: 'ADX', dnsDomain: 'ad.example.test', upnSuffixes: ['corp.example.test'] };
  const people = { loginAttribute: 'sAMAccountName', nameAttribute: 'uid' };
  it.each([
    ['alice', 'alice@ad.example.test'],
    ['ADX\\alice', 'ADX\\alice'],
    ['adx\\alice', 'ADX\\alice'],
    ['alice@corp.example.test', 'alice@corp.example.test'],
  ])('at Active Directory of %s binds %s, then the DN of the entry', async (name, bound) => {
    const one = directory({ settings: { login: active, service: undefined }, users: people });
    expect((await one.login(name, 'right')).kind).toBe('verified');
    expect(one.asked.filter((line) => line.startsWith('bind'))).toEqual([`bind ${bound}`, `bind ${ALICE_DN}`]);
  });
  it.each(['OTHER\\alice', 'alice@elsewhere.test', 'a@b@ad.example.test', 'ADX\\a\\b', 'ad.example.test/People/alice', 'cn=alice', 'S-1-5-21-1:x', '*', ' alice', 'alice.', 'ADX\\'])('at Active Directory of %j sends nothing', async (name) => {
    const one = directory({ settings: { login: active, service: undefined }, users: people });
    expect(await one.login(name, 'right')).toEqual({ kind: 'rejected', reason: 'refused-form' });
    expect(one.asked).toEqual([]);
  });
});

describe('the names of Active Directory with a service account', () => {
  const login = { by: 'active-directory', domain: 'ADX', dnsDomain: 'ad.example.test', upnSuffixes: ['corp.example.test'] };
  const searched = async (name: string) => {
    const one = directory({ settings: { login }, users: { loginAttribute: 'sAMAccountName' }, search: () => none });
    await one.login(name, 'right');
    return one.asked.filter((line) => line.startsWith('search')).map((line) => line.split(' ')[1]);
  };
  it.each<readonly [string, readonly string[]]>([
    ['alice', ['sAMAccountName=alice']],
    ['ADX\\alice', ['sAMAccountName=alice']],
    ['ad.example.test\\alice', ['sAMAccountName=alice']],
    ['alice@ad.example.test', ['userPrincipalName=alice@ad.example.test', 'sAMAccountName=alice']],
    ['alice@CORP.example.test', ['userPrincipalName=alice@CORP.example.test']],
    ['alice@elsewhere.test', []],
  ])('%s is searched for by %j', async (name, expected) => {
    expect(await searched(name)).toEqual(expected);
  });
  it('of one entry share its budget', async () => {
    const binds: string[] = [];
    const { login: attempt } = directory({ settings: { login }, users: { loginAttribute: 'sAMAccountName' }, bind: (dn) => { binds.push(dn); return { kind: 'invalid-credentials' }; }, lockoutThreshold: 4 });
    const ended = [];
    for (const name of ['alice', 'ADX\\alice', 'alice@ad.example.test', 'alice@corp.example.test']) ended.push((await attempt(name, 'wrong')).kind);
    expect(ended).toEqual(['rejected', 'rejected', 'throttled', 'throttled']);
    expect(binds).toEqual([ALICE_DN, ALICE_DN]);
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
    ['STARTTLS', { urls: ['ldap://d', 'ldap://e:3389'], startTls: true }, true],
    ['STARTTLS over TLS', { urls: ['ldaps://d'], startTls: true }, false],
    ['STARTTLS at one of two', { urls: ['ldap://d', 'ldaps://e'], startTls: true }, false],
    ['STARTTLS that may be left out', { urls: ['ldap://127.0.0.1'], startTls: true, unsafe: true }, false],
    ['a search without a service account', { service: undefined }, false],
    ['a direct bind without a service account', { service: undefined, login: { by: 'dn-pattern', pattern: 'uid={name},ou=people' } }, true],
    ['a pattern without a place for the name', { login: { by: 'dn-pattern', pattern: 'uid=alice,ou=people' } }, false],
    ['a pattern with the name in the middle of a value', { login: { by: 'dn-pattern', pattern: 'uid=x{name},ou=people' } }, false],
    ['a pattern with two places', { login: { by: 'dn-pattern', pattern: 'uid={name},ou={name}' } }, false],
    ['Active Directory', { login: { by: 'active-directory', domain: 'ADX', dnsDomain: 'ad.example.test' } }, true],
    ['Active Directory with a DNS name for NetBIOS', { login: { by: 'active-directory', domain: 'a.name.that.is.too.long', dnsDomain: 'ad.example.test' } }, false],
    ['groups nested in groups of names', { groupSearch: { base: 'ou=groups', memberAttribute: 'memberUid', nested: 'walk' } }, false],
    ['groups nested by the rule in chain', { groupSearch: { base: 'ou=groups', nested: 'in-chain', idAttribute: 'objectGUID' } }, true],
    ['a lock-out that two ways to write a name reach', { service: undefined, login: { by: 'active-directory', domain: 'ADX', dnsDomain: 'ad.example.test' }, failureBudget: { lockoutThreshold: 2 } }, false],
    ['a lock-out that as many replicas reach', { failureBudget: { lockoutThreshold: 3, replicas: 3 } }, false],
  ])('of %s are taken or refused', (_sentence, change, taken) => {
    expect(ldapSchema.safeParse({ ...block, ...change }).success).toBe(taken);
  });
});
