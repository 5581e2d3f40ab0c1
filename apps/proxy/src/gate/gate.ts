import type { GroupNaming, VerifiedPrincipal } from '@postern/auth-plugins';
import type { TopicRule } from '@postern/kafka';
import { SettingsError } from '../config/settings-error.js';
import { createGateRule, type Act, type GateRule } from './gate.rule.js';
import type { GateSettings } from './gate.settings.js';

/** Whether the rules let a principal do something (I24). `unknown` is 503, also when only a deny rule is in doubt. */
export type GateDecision = { readonly kind: 'allowed' } | { readonly kind: 'denied'; readonly reason: 'denied-by-rule' | 'no-rule-allows' } | { readonly kind: 'unknown' };

/** Postern's own rules, asked twice (I25): before the body is read, and for each topic that reaches the session port. */
export interface Gate {
  decide(principal: VerifiedPrincipal, act: Act): GateDecision;
  /** For one request: which topics may be used, and which a list may show. */
  topicRule(principal: VerifiedPrincipal, act: Act): TopicRule;
}

const EVERY_TOPIC: TopicRule = { admits: () => true };

/** Without rules the cluster's ACLs alone decide. @throws SettingsError for an authority that is not configured */
export const createGate = (settings: GateSettings | undefined, authorities: readonly string[]): Gate => {
  if (settings === undefined) return { decide: () => ({ kind: 'allowed' }), topicRule: () => EVERY_TOPIC };
  const problems = settings.rules.flatMap(({ who: { authority } }, i) => (authority === undefined || authorities.includes(authority) ? [] : [`gate.rules.${i}.who.authority: there is no authority '${authority}'`]));
  if (problems.length > 0) throw new SettingsError(problems);
  const rules = settings.rules.map((rule, i) => createGateRule(`gate.rules.${i}`, rule));
  return {
    decide: (principal, act) => decide(rules, principal, act),
    topicRule: (principal, act) => topicRule(rules, principal, act),
  };
};

/** All rules are evaluated; their order means nothing. */
const decide = (rules: readonly GateRule[], principal: VerifiedPrincipal, act: Act): GateDecision => {
  let [allowsAll, allows, mayAllow, mayDeny] = [false, false, false, false];
  for (const rule of rules) {
    const reach = rule.reach(act);
    const membership = reach === 'none' ? 'out' : rule.membership(principal);
    if (membership === 'out') continue;
    const isCertain = membership === 'in';
    if (rule.effect === 'deny') {
      if (isCertain && reach === 'all') return { kind: 'denied', reason: 'denied-by-rule' };
      // A certain deny of some topics is the topic rule's matter.
      if (!isCertain) mayDeny = true;
    } else if (isCertain) {
      allows = true;
      if (reach === 'all') allowsAll = true;
    } else mayAllow = true;
  }
  if (!allows && !mayAllow) return { kind: 'denied', reason: 'no-rule-allows' };
  return mayDeny || (mayAllow && !allowsAll) ? { kind: 'unknown' } : { kind: 'allowed' };
};

/** Doubt never admits here; `decide` has answered it with 503 before. Memberships are looked up once: a list may hold thousands of topics. */
const topicRule = (rules: readonly GateRule[], principal: VerifiedPrincipal, act: Act): TopicRule => {
  const memberships = rules.map((rule) => ({ rule, membership: rule.membership(principal) }));
  const denying = memberships.filter(({ rule, membership }) => rule.effect === 'deny' && membership !== 'out');
  const allowing = memberships.filter(({ rule, membership }) => rule.effect === 'allow' && membership === 'in');
  return {
    admits: (topic) => allowing.some(({ rule }) => rule.reachesTopic(act, topic)) && !denying.some(({ rule }) => rule.reachesTopic(act, topic)),
  };
};

/** The groups that the rules name, for whoever has to ask a directory for them. */
export const gateGroups = (settings: GateSettings | undefined): readonly GroupNaming[] =>
  (settings?.rules ?? []).flatMap(({ who: { authority, groups } }) => (authority === undefined || groups === undefined ? [] : [{ authority, groups }]));
