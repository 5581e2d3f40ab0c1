import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  chosenProgram,
  groupDn,
  makeCertificates,
  PEOPLE,
  personDn,
  resultCode,
  startDirectory,
  withLdap,
  type Directory,
  type DirectoryProgram,
} from '../../stack/src/index.ts';
import { stack } from '../setup/stack.ts';

/** 0 for a bind that succeeds, else the directory's result code. */
const bind = (directory: Directory, uid: string, password: string): Promise<number | null> =>
  withLdap({ ...directory.admin, dn: personDn(uid), password }, () => Promise.resolve(0)).catch(resultCode);

// The in-memory directory is checked everywhere; slapd wherever it is installed, where it is also what everything else uses.
const programs = [...new Set<DirectoryProgram>(['unboundid', chosenProgram('')])];

describe.each(programs)('the directory by %s', (program) => {
  let directory: Directory;

  beforeAll(async () => {
    const runDir = mkdtempSync(join(stack().runDir, 'own-directory-'));
    const certificates = await makeCertificates(join(runDir, 'tls'));
    directory = await startDirectory({ runDir, certificates, usualPorts: false, lifetime: 'parent', program });
  });
  afterAll(() => directory.stop());

  it.each(PEOPLE.map((person) => [person.uid, person.password] as const))('lets %s in by the right password only', async (uid, password) => {
    expect(await bind(directory, uid, password)).toBe(0);
    expect(await bind(directory, uid, 'wrong')).toBe(49);
  });

  it('answers for somebody unknown as for a wrong password', async () => {
    expect(await bind(directory, 'nobody', 'wrong')).toBe(49);
  });

  it('shows people, their immutable id and their groups to the service account', async () => {
    const { service, admin } = directory;
    const read = (uid: string) =>
      withLdap({ ...admin, dn: service.dn, password: readFileSync(service.passwordFile, 'utf8') }, (ldap) => ldap.read(personDn(uid), ['cn', 'memberOf', 'entryUUID']));
    const alice = await read('alice');
    expect(alice['memberOf']?.toSorted()).toEqual([groupDn('kafka-users'), groupDn('orders-writers')]);
    expect(alice['entryUUID']?.[0]).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(await read('odd.person')).toMatchObject({ cn: ['Odd (Person) * \\ Name'], memberOf: [groupDn('kafka-users')] });
    expect((await read('carol'))['memberOf'] ?? []).toEqual([]);
  });

  it('lets memberOf follow the groups', async () => {
    await directory.addToGroup('carol', 'orders-writers');
    await directory.removeFromGroup('alice', 'orders-writers');
    expect((await directory.readPerson('carol', ['memberOf']))['memberOf']).toEqual([groupDn('orders-writers')]);
    expect((await directory.readPerson('alice', ['memberOf']))['memberOf']).toEqual([groupDn('kafka-users')]);
    await directory.removeFromGroup('carol', 'orders-writers');
    expect((await directory.readPerson('carol', ['memberOf']))['memberOf'] ?? []).toEqual([]);
    await directory.addToGroup('alice', 'orders-writers');
  });

  it('takes a new password and forgets the old one', async () => {
    await directory.changePassword('carol', 'carol-new');
    expect(await bind(directory, 'carol', 'carol-new')).toBe(0);
    expect(await bind(directory, 'carol', 'carol-secret')).toBe(49);
  });

  it('refuses the right password while the account is locked', async () => {
    await directory.lock('bob');
    expect(await bind(directory, 'bob', 'bob-secret')).toBe(49);
    await directory.unlock('bob');
    expect(await bind(directory, 'bob', 'bob-secret')).toBe(0);
  });

  it('serves the same people after a sudden death', async () => {
    await directory.kill();
    await directory.restart();
    expect(await bind(directory, 'alice', 'alice-secret')).toBe(0);
  });
});

it(`${programs.join(' and ')}: five wrong passwords lock an account where the directory counts them`, async () => {
  const runDir = mkdtempSync(join(stack().runDir, 'own-directory-'));
  const certificates = await makeCertificates(join(runDir, 'tls'));
  const program = chosenProgram('');
  const directory = await startDirectory({ runDir, certificates, usualPorts: false, lifetime: 'parent', program });
  try {
    for (let wrong = 0; wrong < 5; wrong++) expect(await bind(directory, 'erin', 'wrong')).toBe(49);
    expect(await bind(directory, 'erin', 'erin-secret')).toBe(program === 'slapd' ? 49 : 0);
  } finally {
    await directory.stop();
  }
});
