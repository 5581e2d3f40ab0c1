import { describe, expect, it } from 'vitest';
import { Unavailable } from '../contract/outcome.js';
import type { DirectoryEntry, DirectorySearch, SearchAnswer } from './directory.driver.js';
import { createIdentifyEntry } from './entry.identity.js';
import { groupSearchSchema } from './group.settings.js';

const ALICE = 'uid=alice,ou=people';
const GROUP_SEARCH = { groupSearch: groupSearchSchema.parse({ base: 'ou=groups' }) };
const entry = (attributes: Readonly<Record<string, readonly string[]>>, dn = ALICE): DirectoryEntry => ({
  dn,
  attributes: new Map(Object.entries(attributes).map(([name, values]) => [name, values.map((value) => Buffer.from(value))])),
});
const alice = entry({ cn: ['Alice'], entryuuid: ['0B1C'], memberof: ['CN=Users,DC=test'] });
const found = (...entries: readonly DirectoryEntry[]): SearchAnswer => ({ kind: 'entries', entries });

/** @param answers of the searches, in order */
const identify = async (one: DirectoryEntry, foundBy: string, settings: object, ...answers: readonly SearchAnswer[]) => {
  const asked: DirectorySearch[] = [];
  const reports: string[] = [];
  const identifyEntry = createIdentifyEntry({
    settings: { users: { base: 'ou=people', loginAttribute: 'uid', nameAttribute: 'cn', idAttribute: 'entryUUID' }, groupsAttribute: 'memberOf', ...settings },
    report: (event) => reports.push(event),
  });
  const read = async (search: DirectorySearch): Promise<SearchAnswer> => {
    asked.push(search);
    return answers[asked.length - 1] ?? found();
  };
  const who = await identifyEntry(one, foundBy, read, new AbortController().signal).catch((error: unknown) => (error instanceof Unavailable ? 'undecided' : Promise.reject(error as Error)));
  return { who, asked, reports };
};

describe('the identity of an entry', () => {
  it('is its id, name and groups, with nothing asked where the name is what was searched', async () => {
    const { who, asked } = await identify(alice, 'CN', {});
    expect(who).toEqual({ kind: 'identity', id: '0b1c', name: 'Alice', groups: { kind: 'known', ids: ['cn=users,dc=test'] } });
    expect(asked).toEqual([]);
  });
  it('has a name that no second entry holds, where another attribute was searched', async () => {
    const { who, asked } = await identify(alice, 'uid', {}, found(alice));
    expect(who).toMatchObject({ kind: 'identity', name: 'Alice' });
    expect(asked.map(({ equals }) => equals)).toEqual([[{ attribute: 'cn', value: 'Alice' }]]);
  });
  it('has the groups that hold its DN, where groups are searched', async () => {
    const { who, asked } = await identify(alice, 'cn', GROUP_SEARCH, found(entry({}, 'cn=team,dc=test')));
    expect(who).toMatchObject({ kind: 'identity', groups: { kind: 'known', ids: ['cn=team,dc=test'] } });
    expect(asked[0]?.anyOf).toEqual([{ attribute: 'member', value: ALICE }]);
  });
  it('needs no DN where the entry itself names its groups', async () => {
    expect((await identify({ ...alice, dn: '' }, 'cn', {})).who).toMatchObject({ kind: 'identity', id: '0b1c' });
  });

  it.each<readonly [string, DirectoryEntry, object, readonly SearchAnswer[], string]>([
    ['without a name', entry({ entryuuid: ['1'] }), {}, [], 'entry-without-name-attribute'],
    ['with two names', entry({ cn: ['Alice', 'Al'], entryuuid: ['1'] }), {}, [], 'entry-with-several-names'],
    ['whose name a second one holds', alice, {}, [found(alice, alice)], 'several-entries-for-one-name'],
    ['whose name more hold than may be told', alice, {}, [{ kind: 'too-many' }], 'several-entries-for-one-name'],
    ['whose name is not found again', alice, {}, [found()], 'several-entries-for-one-name'],
    ['with two names, before its DN is looked at', { ...entry({ cn: ['Alice', 'Al'], entryuuid: ['1'] }), dn: '' }, GROUP_SEARCH, [], 'entry-with-several-names'],
  ])('of one %s is ambiguous', async (_sentence, one, settings, answers, event) => {
    const { who, reports } = await identify(one, 'uid', settings, ...answers);
    expect(who).toEqual({ kind: 'rejected', reason: 'ambiguous-subject' });
    expect(reports).toEqual([event]);
  });
  it.each<readonly [string, DirectoryEntry, object, readonly SearchAnswer[], string]>([
    ['without its id', entry({ cn: ['Alice'] }), {}, [], 'entry-without-id-attribute'],
    ['with two ids', entry({ cn: ['Alice'], entryuuid: ['1', '2'] }), {}, [], 'entry-without-id-attribute'],
    ['whose name cannot be asked for', alice, {}, [{ kind: 'referral' }], 'referral'],
    ['whose DN is not certain, where groups are searched by it', { ...alice, dn: '' }, GROUP_SEARCH, [found(alice)], 'entry-without-dn-attribute'],
    ['whose groups cannot be asked for', alice, GROUP_SEARCH, [found(alice), { kind: 'refused', code: 50 }], 'group-search-refused'],
  ])('of one %s is undecided', async (_sentence, one, settings, answers, event) => {
    const { who, reports, asked } = await identify(one, 'uid', settings, ...answers);
    expect(who).toBe('undecided');
    expect(reports).toEqual([event]);
    expect(asked).toHaveLength(answers.length);
  });
});
