import { describe, expect, it } from 'vitest';
import type { Groups } from '../contract/principal.js';
import { StartupError } from '../contract/startup.error.js';
import { createNamedGroups } from './named.groups.js';
import { createPrincipalMatcher, type MatchedPrincipal, type PrincipalMatch } from './principal.matcher.js';

const ONE = '5d1a5a51-0000-4000-8000-0000000000a1';
const TWO = '5d1a5a51-0000-4000-8000-0000000000a2';
const who = (over: Partial<MatchedPrincipal> = {}): MatchedPrincipal => ({ name: 'alice', groups: { kind: 'known', ids: [] }, roles: [], applicationId: null, ...over });
const groups = (kind: 'known' | 'at-least', ...ids: string[]): { readonly groups: Groups } => ({ groups: { kind, ids } });

describe('who is meant by a rule', () => {
  const rows: readonly (readonly [string, PrincipalMatch, Partial<MatchedPrincipal>, string])[] = [
    ['a name', { principals: ['alice'] }, {}, 'in'],
    ['a name in another case', { principals: ['Alice'] }, {}, 'out'],
    ['an object id in another case', { principals: [ONE.toUpperCase()] }, { name: ONE }, 'in'],
    ['a group of a stale answer', { groups: [ONE] }, groups('at-least', ONE), 'in'],
    ['a group that a stale answer does not hold', { groups: [TWO] }, groups('at-least', ONE), 'unknown'],
    ['a group that a whole answer does not hold', { groups: [TWO] }, groups('known', ONE), 'out'],
    ['a name while groups are unknown', { principals: ['alice'], groups: [ONE] }, { groups: { kind: 'unknown' } }, 'in'],
    ['nobody, with nothing said', {}, { groups: { kind: 'unknown' } }, 'out'],
  ];
  it.each(rows)('%s', (_sentence, match, principal, expected) => {
    expect(createPrincipalMatcher('r', match)(who(principal))).toBe(expected);
  });
  it('a group that is no id stops the start, with the name of the rule', () => {
    expect(() => createPrincipalMatcher('rule 7', { groups: ['Kafka Users'] })).toThrow(StartupError);
    expect(() => createPrincipalMatcher('rule 7', { groups: ['Kafka Users'] })).toThrow(/rule 7.*Kafka Users/);
  });
});

describe('the groups that rules name', () => {
  it('are those of admits, of refuses and of rules elsewhere, each once and in one form', () => {
    const named = createNamedGroups(
      [{ id: 'a', admits: { groups: [ONE.toUpperCase()] }, refuses: { groups: [TWO] }, kafkaNames: { owns: 'guid' } }, { id: 'b', admits: { roles: ['r'] }, kafkaNames: { owns: 'plain' } }],
      [{ authority: 'a', groups: [ONE] }, { authority: 'b', groups: ['CN=x, DC=y'] }],
    );
    expect([named('a'), named('b'), named('c')]).toEqual([[ONE, TWO], ['cn=x,dc=y'], []]);
  });
});
