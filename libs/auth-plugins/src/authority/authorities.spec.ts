import { describe, expect, it } from 'vitest';
import type { VerifiedPrincipal } from '../contract/principal.js';
import { StartupError } from '../contract/startup.error.js';
import { authoritySchema, type AuthoritySettings } from './authority.settings.js';
import { createAuthorities } from './authorities.js';
import { canonicalGroupId } from './group-id.js';

const WRITERS = 'cn=orders-writers,ou=groups,dc=example,dc=test';
const OBJECT = 'cccccccc-0000-4000-8000-000000000002';
const GUID = '5d1a5a51-0000-4000-8000-0000000000a1';
const authority = (over: Partial<AuthoritySettings> = {}): AuthoritySettings => ({ id: 'corp', admits: { groups: [WRITERS] }, kafkaNames: { owns: 'plain' }, ...over });
const principal = (over: Partial<VerifiedPrincipal> = {}): VerifiedPrincipal => ({
  key: 'k', authority: 'corp', pluginId: 'p', tenant: null, subject: 's', issuerKey: 'authority:corp', name: 'alice',
  groups: { kind: 'known', ids: [] }, roles: [], applicationId: null, verifiedAt: 0, credentialExpiresAt: null, ...over,
});
const inGroups = (...ids: string[]) => ({ groups: { kind: 'known', ids: ids.map((id) => canonicalGroupId(id) ?? '') } }) as const;
const make = (...authorities: AuthoritySettings[]) => createAuthorities({ authorities, protectedNames: ['admin', 'broker'] });

describe('admission', () => {
  const unknown = { groups: { kind: 'unknown' } } as const;
  const rows: readonly (readonly [string, Partial<AuthoritySettings>, Partial<VerifiedPrincipal>, string])[] = [
    ['a member of the group', {}, inGroups(WRITERS), 'admitted'],
    ['a member by another spelling of the DN', {}, inGroups('CN=Orders-Writers, OU=Groups,dc=EXAMPLE, DC=test'), 'admitted'],
    ['a member by a number for cn', {}, inGroups('2.5.4.3=orders-writers,ou=groups,dc=example,dc=test'), 'admitted'],
    ['a member of a group of the same cn elsewhere', {}, inGroups('cn=orders-writers,ou=other,dc=example,dc=test'), 'refused'],
    ['a member of a group whose cn holds the DN as text', {}, inGroups(String.raw`cn=orders-writers\,ou\=groups\,dc\=example\,dc\=test`), 'refused'],
    ['a member of no group', {}, {}, 'refused'],
    ['a principal whose groups are unknown', {}, unknown, 'unknown'],
    ['an app role', { admits: { roles: ['Kafka.Use'] } }, { roles: ['Kafka.Use'] }, 'admitted'],
    ['an app role of another case', { admits: { roles: ['Kafka.Use'] } }, { roles: ['kafka.use'] }, 'refused'],
    ['a role while groups are unknown', { admits: { roles: ['r'], groups: [WRITERS] } }, { roles: ['r'], ...unknown }, 'admitted'],
    ['an application id', { admits: { applications: [GUID.toUpperCase()] } }, { applicationId: GUID }, 'admitted'],
    ['an app-only token without roles or groups', { admits: { roles: ['r'], applications: [GUID] } }, { applicationId: 'other' }, 'refused'],
    ['anyone of the tenant by the literal setting', { admits: { anyoneInThisTenant: true } }, unknown, 'admitted'],
    ['a group by GUID in another case', { admits: { groups: [GUID.toUpperCase()] } }, inGroups(GUID), 'admitted'],
    ['a member whom a deny rule names too', { refuses: { groups: [WRITERS] } }, inGroups(WRITERS), 'refused'],
    ['anyone, under a deny rule whose groups are unknown', { admits: { anyoneInThisTenant: true }, refuses: { groups: [WRITERS] } }, unknown, 'unknown'],
    ['a denied role while groups are unknown', { refuses: { roles: ['r'], groups: [WRITERS] } }, { roles: ['r'], ...unknown }, 'refused'],
    ['no admission under an unknown deny', { admits: { roles: ['r'] }, refuses: { groups: [WRITERS] } }, unknown, 'refused'],
  ];
  it.each(rows)('of %s', (_sentence, settings, who, kind) => {
    expect(make(authority(settings)).admission(principal(who)).kind).toBe(kind);
  });
});

describe('a Kafka name', () => {
  const prefix = { kafkaNames: { owns: 'prefix', prefix: 'corp/' } } as const;
  const guid = { kafkaNames: { owns: 'guid' } } as const;
  const rows: readonly (readonly [string, Partial<AuthoritySettings>, string, object])[] = [
    ['a plain name as it is', {}, 'alice', { kind: 'name', name: 'alice' }],
    ['a plain name in its own case', {}, 'Alice', { kind: 'name', name: 'Alice' }],
    ['a plain name with a slash', {}, 'corp/alice', { kind: 'outside' }],
    ['a plain name that is a GUID', {}, GUID, { kind: 'outside' }],
    ['a GUID', guid, GUID.toUpperCase(), { kind: 'name', name: GUID }],
    ['a name under the GUID rule', guid, 'alice', { kind: 'outside' }],
    ['a prefixed name', prefix, 'alice', { kind: 'name', name: 'corp/alice' }],
    ['a super user of a prefixed authority', prefix, 'admin', { kind: 'name', name: 'corp/admin' }],
    ['a super user', {}, 'admin', { kind: 'protected' }],
    ['a super user in another case', {}, 'ADMIN', { kind: 'protected' }],
    ['a super user in fullwidth letters', {}, 'ａｄｍｉｎ', { kind: 'outside' }],
    ['ANONYMOUS', {}, 'anonymous', { kind: 'protected' }],
    ['a name with a blank', {}, 'al ice', { kind: 'outside' }],
    ['a name with a colon', {}, 'User:alice', { kind: 'outside' }],
    ['a name that starts with a dot', {}, '.alice', { kind: 'outside' }],
    ['a name of 129 characters', {}, 'a'.repeat(129), { kind: 'outside' }],
    ['a name that a group shares, whoever asks', { kafkaNames: { owns: 'group', name: 'tenant/hdinsight' } }, OBJECT, { kind: 'name', name: 'tenant/hdinsight' }],
    ['a name with a line break at its end', {}, 'alice\n', { kind: 'outside' }],
  ];
  it.each(rows)('of %s', (_sentence, settings, name, expected) => {
    expect(make(authority(settings)).kafkaName(principal({ name }), 'main')).toEqual(expected);
  });
});

describe('the start stops', () => {
  const owns = (id: string, kafkaNames: AuthoritySettings['kafkaNames']) => authority({ id, kafkaNames });
  it.each<readonly [string, readonly AuthoritySettings[], string]>([
    ['two authorities own plain names', [owns('a', { owns: 'plain' }), owns('b', { owns: 'plain' })], "'a' and 'b'"],
    ['two authorities own GUIDs', [owns('a', { owns: 'guid' }), owns('b', { owns: 'guid' })], "'a' and 'b'"],
    ['one prefix is the start of another', [owns('a', { owns: 'prefix', prefix: 'x/' }), owns('b', { owns: 'prefix', prefix: 'X/y/' })], "'a' and 'b'"],
    ['one id stands twice', [owns('a', { owns: 'plain' }), owns('a', { owns: 'guid' })], "'a'"],
    ['an authority admits nobody', [authority({ admits: {} })], 'whom it admits'],
    ['a group would share a protected name', [authority({ kafkaNames: { owns: 'group', name: 'Admin' } })], "'Admin' is protected"],
    ['a group would share what is no name', [authority({ kafkaNames: { owns: 'group', name: 'User:x' } })], 'no name that Kafka principals may have'],
    ['a shared name has no group rule', [authority({ admits: { anyoneInThisTenant: true }, kafkaNames: { owns: 'group', name: 'shared' } })], 'needs admits.groups'],
    ['a shared name has another rule beside the group', [authority({ admits: { groups: [GUID], applications: [GUID] }, kafkaNames: { owns: 'group', name: 'shared' } })], 'no other rule'],
    ['two groups share one name', [owns('a', { owns: 'group', name: 'x/y' }), owns('b', { owns: 'group', name: 'X/Y' })], "'a' and 'b'"],
    ['a shared name lies among plain names', [owns('a', { owns: 'plain' }), owns('b', { owns: 'group', name: 'shared' })], "'a' and 'b'"],
    ['a shared name lies under a prefix', [owns('a', { owns: 'group', name: 'X/shared' }), owns('b', { owns: 'prefix', prefix: 'x/' })], "'a' and 'b'"],
    ['a shared name is a GUID', [owns('a', { owns: 'guid' }), owns('b', { owns: 'group', name: GUID })], "'a' and 'b'"],
    ['a group is neither DN nor GUID', [authority({ admits: { groups: ['kafka-users'] } })], "'kafka-users'"],
    ['a group of a deny rule is neither', [authority({ refuses: { groups: ['x'] } })], "'x'"],
  ])('when %s', (_sentence, authorities, text) => {
    expect(() => make(...authorities)).toThrow(StartupError);
    expect(() => make(...authorities)).toThrow(text);
  });
  it('when the list of protected names is empty', () => {
    expect(() => createAuthorities({ authorities: [authority()], protectedNames: [] })).toThrow(StartupError);
  });
  it('but not for a shared name that nobody else owns, nor for one group by its id alone', () => {
    expect(() => make(owns('a', { owns: 'plain' }), owns('b', { owns: 'guid' }), owns('c', { owns: 'group', name: 'tenant/hdinsight' }))).not.toThrow();
    expect(authoritySchema.parse({ id: 'a', admits: GUID, kafkaNames: { owns: 'guid' } }).admits).toEqual({ groups: [GUID] });
  });
  it.each([
    ['a group by its display name alone', { id: 'a', admits: 'Kafka Users', kafkaNames: { owns: 'plain' } }],
    ['an authority without admits', { id: 'a', kafkaNames: { owns: 'plain' } }],
    ['an empty admits', { id: 'a', admits: {}, kafkaNames: { owns: 'plain' } }],
    ['an unknown key', { id: 'a', admits: { anyoneInThisTenant: true }, kafkaNames: { owns: 'plain' }, extra: 1 }],
    ['a prefix without a slash', { id: 'a', admits: { anyoneInThisTenant: true }, kafkaNames: { owns: 'prefix', prefix: 'a' } }],
  ])('when the settings hold %s', (_sentence, block) => {
    expect(authoritySchema.safeParse(block).success).toBe(false);
  });
});
