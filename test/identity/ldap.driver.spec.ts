import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DirectoryFailure, DRIVERS, type DirectoryConnection, type DirectoryServer } from '@postern/auth-plugins';
import { BASE_DN, makeCertificates, personDn, sleep, startDirectory, type Directory } from '../../stack/src/index.ts';
import { stack } from '../setup/stack.ts';
import { addEntry } from './add-entry.ts';

const PEOPLE_DN = `ou=people,${BASE_DN}`;
/** No UTF-8, as the bytes of Active Directory's objectGUID are none. */
const PHOTO = Buffer.from([0x00, 0x80, 0xff, 0xc3, 0x28]);
const soon = () => AbortSignal.timeout(2_000);

/** One contract for both LDAP libraries: what a connection answers, and how it ends. */
describe.each(['ldapjs', 'ldapts'] as const)('the driver %s', (name) => {
  const driver = DRIVERS[name];
  let directory: Directory;
  let server: DirectoryServer;
  let otherCa = '';
  beforeAll(async () => {
    const runDir = mkdtempSync(join(stack().runDir, 'driver-directory-'));
    directory = await startDirectory({ runDir, certificates: await makeCertificates(join(runDir, 'tls')), usualPorts: false, lifetime: 'parent' });
    server = { url: directory.url, ca: readFileSync(directory.caFile, 'utf8'), connectTimeoutMs: 1_000 };
    otherCa = (await makeCertificates(join(runDir, 'other-tls'))).ca;
    await addEntry(directory.admin, `uid=plus\\+x\\,y,${PEOPLE_DN}`, { objectClass: 'inetOrgPerson', uid: 'plus+x,y', cn: 'Plus', sn: 'Plus', userPassword: 'plus-secret', jpegPhoto: PHOTO });
  });
  afterAll(() => directory.stop());

  const open = () => driver.connect(server, soon());
  const bound = async (): Promise<DirectoryConnection> => {
    const connection = await open();
    expect(await connection.bind(directory.service.dn, readFileSync(directory.service.passwordFile, 'utf8'), soon())).toEqual({ kind: 'bound' });
    return connection;
  };
  const find = (connection: DirectoryConnection, value: string, sizeLimit = 2, attribute = 'uid') =>
    connection.search({ base: PEOPLE_DN, scope: 'sub', equals: [{ attribute: 'objectClass', value: 'inetOrgPerson' }, { attribute, value }], attributes: ['uid', 'MEMBEROF', 'entryuuid', 'telephoneNumber'], sizeLimit }, soon());

  it('binds, tells a wrong password from a right one, and stays open for the next', async () => {
    const connection = await open();
    expect(await connection.bind(personDn('alice'), 'wrong', soon())).toEqual({ kind: 'invalid-credentials' });
    expect(await connection.bind(personDn('alice'), 'alice-secret', soon())).toEqual({ kind: 'bound' });
    expect(connection.isOpen).toBe(true);
    connection.destroy();
    expect(connection.isOpen).toBe(false);
  });
  it('gives values as bytes under lower-case names, without attributes that are not there', async () => {
    const connection = await bound();
    const answer = await find(connection, 'alice');
    const entry = answer.kind === 'entries' ? answer.entries[0] : undefined;
    expect(entry?.dn.toLowerCase()).toBe(personDn('alice'));
    expect(entry?.attributes.get('uid')).toEqual([Buffer.from('alice')]);
    expect(entry?.attributes.get('memberof')).toHaveLength(2);
    expect(entry?.attributes.get('entryuuid')?.[0]).toHaveLength(36);
    expect(entry?.attributes.has('telephonenumber')).toBe(false);
    connection.destroy();
  });
  it('gives bytes that are no text as they are, though their name is asked for in another spelling', async () => {
    const connection = await bound();
    const answer = await connection.search({ base: PEOPLE_DN, scope: 'sub', equals: [{ attribute: 'uid', value: 'plus+x,y' }], attributes: ['JPEGPHOTO'], sizeLimit: 2 }, soon());
    expect(answer.kind === 'entries' && answer.entries[0]?.attributes.get('jpegphoto')).toEqual([PHOTO]);
    connection.destroy();
  });
  it.each(['*', 'al*', 'alice)(uid=*', String.raw`\2a`, ')(objectClass=*', 'nobody'])('finds nothing for the value %j', async (value) => {
    const connection = await bound();
    expect(await find(connection, value)).toEqual({ kind: 'entries', entries: [] });
    connection.destroy();
  });
  it('gives a DN with escapes that is fit for a bind', async () => {
    const connection = await bound();
    const answer = await find(connection, 'plus+x,y');
    const dn = answer.kind === 'entries' ? (answer.entries[0]?.dn ?? '') : '';
    expect(await connection.bind(dn, 'plus-secret', soon())).toEqual({ kind: 'bound' });
    connection.destroy();
  });
  it('says that there are more entries than the limit, or gives exactly as many', async () => {
    const connection = await bound();
    expect((await find(connection, 'inetOrgPerson', 2, 'objectClass')).kind).toBe('too-many');
    connection.destroy();
  });
  it('gives an entry itself by a search of its base', async () => {
    const connection = await bound();
    const answer = await connection.search({ base: PEOPLE_DN, scope: 'base', equals: [], attributes: ['1.1'], sizeLimit: 1 }, soon());
    expect(answer.kind === 'entries' && answer.entries).toHaveLength(1);
    connection.destroy();
  });
  it('reads an entry at a base with escapes', async () => {
    const connection = await bound();
    const answer = await connection.search({ base: String.raw`uid=plus\+x\,y,${PEOPLE_DN}`, scope: 'base', equals: [], attributes: ['uid'], sizeLimit: 1 }, soon());
    expect(answer.kind === 'entries' && answer.entries[0]?.attributes.get('uid')).toEqual([Buffer.from('plus+x,y')]);
    connection.destroy();
  });
  it('finds entries that hold any of several values, and none of which a value only looks like a filter', async () => {
    const connection = await bound();
    const any = async (...values: string[]) => {
      const answer = await connection.search({ base: PEOPLE_DN, scope: 'sub', equals: [{ attribute: 'objectClass', value: 'inetOrgPerson' }], anyOf: values.map((value) => ({ attribute: 'uid', value })), attributes: ['uid'], sizeLimit: 10 }, soon());
      return answer.kind === 'entries' ? answer.entries.map(({ attributes }) => String(attributes.get('uid')?.[0])).toSorted() : answer.kind;
    };
    expect(await any('alice', 'bob', '*', 'x)(uid=*')).toEqual(['alice', 'bob']);
    connection.destroy();
  });
  it('passes a matching rule on to the directory', async () => {
    const connection = await bound();
    // caseExactMatch (RFC 4517 section 4.2.4), where uid compares without case by itself.
    const by = async (value: string) => {
      const answer = await connection.search({ base: PEOPLE_DN, scope: 'sub', equals: [{ attribute: 'uid', value, rule: '2.5.13.5' }], attributes: ['uid'], sizeLimit: 2 }, soon());
      return answer.kind === 'entries' ? answer.entries.length : answer.kind;
    };
    expect([await by('alice'), await by('ALICE')]).toEqual([1, 0]);
    connection.destroy();
  });
  it('passes a refusal on as its result code', async () => {
    const connection = await bound();
    expect(await connection.search({ base: 'ou=nowhere,dc=example,dc=test', scope: 'sub', equals: [{ attribute: 'uid', value: 'x' }], attributes: ['uid'], sizeLimit: 2 }, soon())).toEqual({ kind: 'refused', code: 32 });
    connection.destroy();
  });
  it.each(['EXTERNAL', 'PLAIN'])('never starts SASL for the bind name %s', async (word) => {
    const connection = await open();
    const answer = await connection.bind(word, 'alice-secret', soon()).catch((error: unknown) => (error instanceof DirectoryFailure ? error.reason : error));
    expect([{ kind: 'refused', code: 34 }, 'protocol', 'lost']).toContainEqual(answer);
    connection.destroy();
  });

  it.each<readonly [string, () => Partial<DirectoryServer>, string]>([
    ['refuses the connection', () => ({ url: 'ldaps://127.0.0.1:1' }), 'connect'],
    ['shows a certificate of another CA', () => ({ ca: otherCa }), 'tls'],
    ['shows a certificate of another name', () => ({ serverName: 'directory.example.test' }), 'tls'],
  ])('fails to open when the server %s', async (_sentence, over, reason) => {
    await expect(driver.connect({ ...server, ...over() }, soon())).rejects.toMatchObject({ name: 'DirectoryFailure', reason });
  });
  it('gives up an operation at its deadline, and with it the connection', async () => {
    const connection = await bound();
    directory.freeze();
    try {
      // The stop reaches the process a moment after it is sent.
      await sleep(100);
      const before = performance.now();
      await expect(connection.bind(personDn('alice'), 'alice-secret', AbortSignal.timeout(200))).rejects.toMatchObject({ reason: 'deadline' });
      expect(performance.now() - before).toBeLessThan(3_000);
    } finally {
      directory.thaw();
    }
    expect(connection.isOpen).toBe(false);
    await expect(find(connection, 'alice')).rejects.toMatchObject({ reason: 'lost' });
  });
  it('notices that the server went away, and never comes back by itself', async () => {
    const idle = await bound();
    await directory.kill();
    await directory.restart();
    expect(idle.isOpen).toBe(false);
    await expect(find(idle, 'alice')).rejects.toMatchObject({ reason: 'lost' });
    await expect(idle.bind(personDn('alice'), 'alice-secret', soon())).rejects.toMatchObject({ reason: 'lost' });
  });
});
