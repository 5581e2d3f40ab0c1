import { describe, expect, it } from 'vitest';
import { readEntry } from './directory.entry.js';

const read = (attributes: Readonly<Record<string, readonly Buffer[]>>, idAttribute = 'entryUUID') =>
  readEntry({ dn: 'uid=a', attributes: new Map(Object.entries(attributes)) }, { nameAttribute: 'uid', idAttribute, groupsAttribute: 'memberOf' });
const text = (...values: string[]) => values.map((value) => Buffer.from(value));
const PERSON = { uid: text('alice'), entryuuid: text('AB-1') };

describe('a directory entry', () => {
  it('without groups is in none', () => {
    expect(read(PERSON)).toEqual({ kind: 'identity', id: 'ab-1', name: 'alice', groups: { kind: 'known', ids: [] } });
  });
  it.each([
    ['a range of groups only', { ...PERSON, 'memberof;range=0-1499': text('cn=a') }],
    ['a group that is no DN', { ...PERSON, memberof: text('cn=a', 'nonsense') }],
  ])('with %s does not say which it is in', (_sentence, attributes) => {
    expect(read(attributes)).toMatchObject({ groups: { kind: 'unknown' } });
  });
  it("writes Active Directory's objectGUID as its tools do", () => {
    const bytes = Buffer.from('33221100554477668899aabbccddeeff', 'hex');
    expect(read({ uid: text('alice'), objectguid: [bytes] }, 'objectGUID')).toMatchObject({ id: '00112233-4455-6677-8899-aabbccddeeff' });
  });
  it.each([
    ['no id', { uid: text('a') }, 'no-id'],
    ['two ids', { ...PERSON, entryuuid: text('1', '2') }, 'no-id'],
    ['no name', { entryuuid: text('1') }, 'no-name'],
    ['two names', { ...PERSON, uid: text('a', 'b') }, 'ambiguous-name'],
  ])('with %s is no identity', (_sentence, attributes, kind) => {
    expect(read(attributes).kind).toBe(kind);
  });
});
