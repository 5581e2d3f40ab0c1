import { describe, expect, it } from 'vitest';
import type { Groups, VerifiedPrincipal } from '@postern/auth-plugins';
import { SettingsError } from '../config/settings-error.js';
import type { Act } from './gate.rule.js';
import { createGate, gateGroups } from './gate.js';
import { gateSchema, type GateRuleSettings } from './gate.settings.js';

const WRITERS = '5d1a5a51-0000-4000-8000-0000000000a1';
const BARRED = '5d1a5a51-0000-4000-8000-0000000000a2';
const principal = (groups: Groups, over: Partial<VerifiedPrincipal> = {}): VerifiedPrincipal => ({
  key: 'k', authority: 'corp', pluginId: 'p', tenant: null, subject: 's', issuerKey: 'authority:corp', name: 'alice', groups, roles: [], applicationId: null, verifiedAt: 0, credentialExpiresAt: null, ...over,
});
const of = (...ids: string[]) => principal({ kind: 'known', ids });
const stale = (...ids: string[]) => principal({ kind: 'at-least', ids });
const unknown = principal({ kind: 'unknown' });
const act = (operation: Act['operation'], topic: string | null = null, method = 'GET'): Act => ({ operation, method, topic });

const LIST = act('api.v2.topics.list');
const PRODUCE = act('api.v2.produce-to-topic', 'orders.eu', 'POST');
const ROOT = act('api.v2.root');

type Rule = GateRuleSettings;
const everyone = { everyone: true } as const;
const writers = { authority: 'corp', groups: [WRITERS] };
const barred = { authority: 'corp', groups: [BARRED] };
const allow = (over: Partial<Rule> = {}): Rule => ({ effect: 'allow', who: everyone, ...over });
const deny = (over: Partial<Rule> = {}): Rule => ({ effect: 'deny', who: everyone, ...over });
const gate = (...rules: Rule[]) => createGate(gateSchema.parse({ rules }), ['corp', 'other']);
const said = (rules: Rule[], who: VerifiedPrincipal, what: Act): string => {
  const decision = gate(...rules).decide(who, what);
  return decision.kind === 'denied' ? decision.reason : decision.kind;
};

describe('rules of the gate', () => {
  const rows: readonly (readonly [string, Rule[], VerifiedPrincipal, Act, string])[] = [
    ['what no rule speaks of is denied', [allow({ apis: ['hdinsight'] })], of(), PRODUCE, 'no-rule-allows'],
    ['a deny rule alone allows nothing', [deny({ methods: ['PUT'] })], of(), PRODUCE, 'no-rule-allows'],
    ['a rule for the API allows', [allow({ apis: ['v2'] })], of(), PRODUCE, 'allowed'],
    ['a rule for the method allows', [allow({ methods: ['POST'] })], of(), PRODUCE, 'allowed'],
    ['a rule for another method does not', [allow({ methods: ['GET'] })], of(), PRODUCE, 'no-rule-allows'],
    ['a rule for GET allows HEAD', [allow({ methods: ['GET'] })], of(), act('api.v2.topics.list', null, 'HEAD'), 'allowed'],
    ['a deny rule for GET denies HEAD', [allow(), deny({ methods: ['GET'] })], of(), act('api.v2.topics.list', null, 'HEAD'), 'denied-by-rule'],
    ['a rule for the operation allows', [allow({ operations: ['api.v2.produce-to-topic'] })], of(), PRODUCE, 'allowed'],
    ['a rule for operations under a name allows', [allow({ operations: ['api.v2.topics.*'] })], of(), LIST, 'allowed'],
    ['a rule for operations under another name does not', [allow({ operations: ['api.v2.topics.*'] })], of(), PRODUCE, 'no-rule-allows'],
    ['a rule allows only where all that it names is so', [allow({ apis: ['v2'], methods: ['GET'], operations: ['api.v2.produce-to-topic'] })], of(), PRODUCE, 'no-rule-allows'],
    ['a deny wins over an allow that stands after it', [deny({ operations: ['api.v2.produce-to-topic'] }), allow()], of(), PRODUCE, 'denied-by-rule'],
    ['a deny wins over an allow that stands before it', [allow(), deny({ who: writers })], of(WRITERS), PRODUCE, 'denied-by-rule'],
    ['a deny for others does not matter', [allow(), deny({ who: barred })], of(WRITERS), PRODUCE, 'allowed'],
    ['a member of the group is allowed', [allow({ who: writers })], of(WRITERS), PRODUCE, 'allowed'],
    ['a stranger is not', [allow({ who: writers })], of(), PRODUCE, 'no-rule-allows'],
    ['unknown groups that could allow are 503', [allow({ who: writers })], unknown, PRODUCE, 'unknown'],
    ['unknown groups that could deny are 503', [allow(), deny({ who: barred })], unknown, PRODUCE, 'unknown'],
    ['a stale membership allows', [allow({ who: writers })], stale(WRITERS), PRODUCE, 'allowed'],
    ['a stale membership tells nothing of a deny rule: 503', [allow({ who: writers }), deny({ who: barred })], stale(WRITERS), PRODUCE, 'unknown'],
    ['unknown groups do not matter where another rule allows for certain', [allow({ who: writers }), allow()], unknown, PRODUCE, 'allowed'],
    ['unknown groups do not matter where another rule denies for certain', [allow({ who: writers }), deny()], unknown, PRODUCE, 'denied-by-rule'],
    ['unknown groups do not matter where no rule could allow', [allow({ methods: ['PUT'] }), deny({ who: barred })], unknown, PRODUCE, 'no-rule-allows'],
    ['unknown groups do not matter under a rule for another operation', [allow(), deny({ who: barred, methods: ['PUT'] })], unknown, PRODUCE, 'allowed'],
    ['unknown groups do not matter under a rule for other topics', [allow(), deny({ who: barred, topics: ['secret.'] })], unknown, PRODUCE, 'allowed'],
    ['unknown groups matter to a list under a rule for some topics', [allow(), deny({ who: barred, topics: ['secret.'] })], unknown, LIST, 'unknown'],
    ['unknown groups that could show more of a list are 503', [allow({ topics: ['orders.'] }), allow({ who: writers, topics: ['secret.'] })], unknown, LIST, 'unknown'],
    ['unknown groups that could show no more of a list do not matter', [allow(), allow({ who: writers, topics: ['secret.'] })], unknown, LIST, 'allowed'],
    ['a topic under the prefix is allowed', [allow({ topics: ['orders.'] })], of(), PRODUCE, 'allowed'],
    ['a topic beside the prefix is not', [allow({ topics: ['orders-'] })], of(), PRODUCE, 'no-rule-allows'],
    ['a topic in another case is another', [allow({ topics: ['ORDERS.'] })], of(), PRODUCE, 'no-rule-allows'],
    ['a denied topic is denied', [allow(), deny({ topics: ['orders.e'] })], of(), PRODUCE, 'denied-by-rule'],
    ['a list is allowed by a rule for topics, and filtered later', [allow({ topics: ['orders.'] })], of(), LIST, 'allowed'],
    ['a list is not refused by a deny of some topics', [allow(), deny({ topics: ['secret.'] })], of(), LIST, 'allowed'],
    ['what is about no topic needs a rule without topics', [allow({ topics: ['orders.'] })], of(), ROOT, 'no-rule-allows'],
    ['what is about no topic is allowed by a rule for its operation', [allow({ topics: ['orders.'] }), allow({ operations: ['api.v2.root'] })], of(), ROOT, 'allowed'],
    ['an unknown path is under no API', [allow({ apis: ['v2', 'hdinsight'] })], of(), act('unrouted'), 'no-rule-allows'],
    ['a principal by name', [allow({ who: { authority: 'corp', principals: ['alice'] } })], unknown, PRODUCE, 'allowed'],
    ['a principal of one name in another authority is another', [allow({ who: { authority: 'other', principals: ['alice'] } })], of(), PRODUCE, 'no-rule-allows'],
    ['a group of another authority is another', [allow({ who: { authority: 'other', groups: [WRITERS] } })], of(WRITERS), PRODUCE, 'no-rule-allows'],
    ['everyone of another authority is not meant', [allow({ who: { authority: 'other', everyone: true } })], of(), PRODUCE, 'no-rule-allows'],
    ['a role', [allow({ who: { authority: 'corp', roles: ['Orders.Produce'] } })], principal({ kind: 'unknown' }, { roles: ['Orders.Produce'] }), PRODUCE, 'allowed'],
    ['an application', [allow({ who: { authority: 'corp', applications: [WRITERS.toUpperCase()] } })], principal({ kind: 'unknown' }, { applicationId: WRITERS }), PRODUCE, 'allowed'],
  ];
  it.each(rows)('%s', (_sentence, rules, who, what, expected) => {
    expect(said(rules, who, what)).toBe(expected);
  });

  it('without rules everything is allowed, and the cluster decides', () => {
    const open = createGate(undefined, []);
    expect(open.decide(unknown, PRODUCE)).toEqual({ kind: 'allowed' });
    expect(open.topicRule(unknown, LIST).admits('any', 'describe')).toBe(true);
  });

  it('tell which groups they name, so that a directory can be asked', () => {
    expect(gateGroups(gateSchema.parse({ rules: [allow(), allow({ who: writers }), deny({ who: barred })] }))).toEqual([{ authority: 'corp', groups: [WRITERS] }, { authority: 'corp', groups: [BARRED] }]);
    expect(gateGroups(undefined)).toEqual([]);
  });
});

describe('the topic rule of one request', () => {
  const shown = (rules: Rule[], who: VerifiedPrincipal, what = LIST) => {
    const rule = gate(...rules).topicRule(who, what);
    return ['orders.eu', 'orders.us', 'secret.keys'].filter((topic) => rule.admits(topic, 'describe'));
  };
  const rows: readonly (readonly [string, Rule[], VerifiedPrincipal, readonly string[]])[] = [
    ['admits what a rule without topics allows', [allow()], of(), ['orders.eu', 'orders.us', 'secret.keys']],
    ['admits what is under an allowed prefix', [allow({ topics: ['orders.e', 'secret.'] })], of(), ['orders.eu', 'secret.keys']],
    ['leaves out what is denied', [allow(), deny({ topics: ['secret.', 'orders.us'] })], of(), ['orders.eu']],
    ['leaves out what only another group may use', [allow({ topics: ['orders.'] }), allow({ topics: ['secret.'], who: writers })], of(), ['orders.eu', 'orders.us']],
    ['admits nothing in doubt', [allow({ who: writers })], unknown, []],
    ['admits nothing under a deny in doubt', [allow(), deny({ who: barred, topics: ['secret.'] })], unknown, ['orders.eu', 'orders.us']],
    ['is that of the operation: a rule for produce shows nothing in a list', [allow({ operations: ['api.v2.produce-to-topic'] })], of(), []],
  ];
  it.each(rows)('%s', (_sentence, rules, who, expected) => {
    expect(shown(rules, who)).toEqual(expected);
  });
});

describe('the start stops', () => {
  const problem = (block: unknown): string => {
    const parsed = gateSchema.safeParse(block);
    return parsed.success ? 'no problem' : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  };
  it.each([
    ['an unknown operation', { operations: ['api.v2.root', 'api.v2.nope'] }, /^rules\.0\.operations\.1: names no operation: "api\.v2\.nope" is none of api\.v2\.root/],
    ['a pattern that covers no operation', { operations: ['api.v9.*'] }, /^rules\.0\.operations\.0: names no operation/],
    ['a star in the middle of a word', { operations: ['api.v2.top*'] }, /^rules\.0\.operations\.0/],
    ['an unknown API', { apis: ['v9'] }, /^rules\.0\.apis\.0/],
    ['an unknown method', { methods: ['TRACE'] }, /^rules\.0\.methods\.0/],
    ['a topic that is none', { topics: ['orders/*'] }, /^rules\.0\.topics\.0/],
    ['an empty list of topics, which would mean nothing or all', { topics: [] }, /^rules\.0\.topics/],
    ['a group by its display name', { who: { authority: 'corp', groups: ['Kafka Users'] } }, /^rules\.0\.who\.groups\.0: is neither a full DN nor a GUID/],
    ['a group without its authority', { who: { groups: [WRITERS] } }, /^rules\.0\.who\.authority: is required/],
    ['nobody', { who: { authority: 'corp' } }, /^rules\.0\.who: needs either/],
    ['everyone and a group at once', { who: { authority: 'corp', groups: [WRITERS], everyone: true } }, /^rules\.0\.who: needs either/],
    ['a key that is none', { topic: ['orders.'] }, /^rules\.0: Unrecognized key/],
    ['no effect', { effect: undefined }, /^rules\.0\.effect/],
  ])('for %s, with its path', (_sentence, over, expected) => {
    expect(problem({ rules: [{ ...allow(), ...over }] })).toMatch(expected);
  });
  it('for no rules at all, which would shut everyone out', () => {
    expect(problem({ rules: [] })).toMatch(/^rules:/);
  });
  it('for an authority that is not configured, with its path', () => {
    expect(() => gate(allow(), allow({ who: { authority: 'nowhere', roles: ['r'] } }))).toThrow(SettingsError);
    expect(() => gate(allow(), allow({ who: { authority: 'nowhere', roles: ['r'] } }))).toThrow("gate.rules.1.who.authority: there is no authority 'nowhere'");
  });
});
