import { describe, expect, it } from 'vitest';
import { Unavailable } from '../contract/outcome.js';
import type { DirectorySearch, SearchAnswer } from './directory.driver.js';
import { createGroupSearch } from './group.search.js';
import { groupSearchSchema } from './group.settings.js';

const MEMBER = { dn: 'cn=alice', name: 'alice' };
/** Groups by name with the names of their members. */
type Tree = Readonly<Record<string, readonly string[]>>;

const search = async (tree: Tree | SearchAnswer, settings: object = {}) => {
  const asked: DirectorySearch[] = [];
  const reports: string[] = [];
  const isAnswer = (value: Tree | SearchAnswer): value is SearchAnswer => typeof (value as { kind?: unknown }).kind === 'string';
  const groupsOf = createGroupSearch(groupSearchSchema.parse({ base: 'ou=groups', ...settings }), (event) => reports.push(event));
  const read = async (one: DirectorySearch): Promise<SearchAnswer> => {
    asked.push(one);
    if (isAnswer(tree)) return tree;
    const wanted = new Set(one.anyOf?.map(({ value }) => value.replace(/^cn=/, '')));
    const entries = Object.entries(tree).filter(([, members]) => members.some((member) => wanted.has(member))).map(([name]) => ({ dn: `CN=${name}`, attributes: new Map([['objectguid', [Buffer.alloc(16, 1)]]]) }));
    return entries.length > one.sizeLimit ? { kind: 'too-many' } : { kind: 'entries', entries: entries.map((entry) => ({ ...entry, dn: entry.dn.replace('CN=', 'cn=') })) };
  };
  const groups = await groupsOf(MEMBER, read, new AbortController().signal);
  return { ids: groups.kind === 'unknown' ? groups.kind : groups.ids, asked, reports };
};

describe('groups by their members', () => {
  const TREE: Tree = { team: ['alice'], unit: ['team'], firm: ['unit', 'other'], other: ['bob'] };

  it('are those that hold the member itself', async () => {
    const { ids, asked } = await search(TREE);
    expect(ids).toEqual(['cn=team']);
    expect(asked).toHaveLength(1);
  });
  it('are walked through level by level', async () => {
    expect((await search(TREE, { nested: 'walk' })).ids).toEqual(['cn=team', 'cn=unit', 'cn=firm']);
  });
  it('in circles end', async () => {
    expect((await search({ a: ['alice', 'c'], b: ['a'], c: ['b'] }, { nested: 'walk' })).ids).toEqual(['cn=a', 'cn=b', 'cn=c']);
  });
  it('are asked for by the rule in chain at once', async () => {
    const { asked } = await search(TREE, { nested: 'in-chain', objectClass: 'group' });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ equals: [{ attribute: 'objectClass', value: 'group' }], anyOf: [{ attribute: 'member', value: 'cn=alice', rule: '1.2.840.113556.1.4.1941' }] });
  });
  it('of a level with many groups are asked for in several filters', async () => {
    const many = Object.fromEntries(Array.from({ length: 120 }, (_, n) => [`g${n}`, ['alice']]));
    const { asked, ids } = await search({ ...many, top: ['g119'] }, { nested: 'walk' });
    expect(ids).toHaveLength(121);
    expect(asked.map(({ anyOf }) => anyOf?.length)).toEqual([1, 50, 50, 20, 1]);
  });
  it('that hold names are asked for by the name', async () => {
    const { asked } = await search(TREE, { memberAttribute: 'memberUid' });
    expect(asked[0]?.anyOf).toEqual([{ attribute: 'memberUid', value: 'alice' }]);
  });
  it('are told by their id where the settings say so', async () => {
    expect((await search(TREE, { idAttribute: 'objectGUID' })).ids).toEqual(['01010101-0101-0101-0101-010101010101']);
    expect(await search(TREE, { idAttribute: 'entryUUID' })).toMatchObject({ ids: 'unknown', reports: ['group-without-id'] });
  });
  it.each<readonly [string, Tree | SearchAnswer, object, string]>([
    ['more than the limit', { a: ['alice'], b: ['alice'] }, { maxGroups: 1 }, 'too-many-groups'],
    ['more than the limit over all levels', TREE, { nested: 'walk', maxGroups: 2 }, 'too-many-groups'],
    ['nesting beyond the limit', TREE, { nested: 'walk', maxDepth: 1 }, 'groups-nested-too-deep'],
    ['an entry whose DN is not certain', { kind: 'entries', entries: [{ dn: '', attributes: new Map() }] }, {}, 'group-without-id'],
  ])('with %s are unknown', async (_sentence, tree, settings, event) => {
    expect(await search(tree, settings)).toMatchObject({ ids: 'unknown', reports: [event] });
  });
  it.each<readonly [string, SearchAnswer]>([
    ['a referral', { kind: 'referral' }],
    ['result 32', { kind: 'refused', code: 32 }],
    ['result 50', { kind: 'refused', code: 50 }],
  ])('that end in %s could not be told', async (_sentence, answer) => {
    await expect(search(answer)).rejects.toBeInstanceOf(Unavailable);
  });
});
