import { createPrincipalMatcher, type Membership, type VerifiedPrincipal } from '@postern/auth-plugins';
import { matchesOperation, type GateRuleSettings } from './gate.settings.js';
import { apiOf, topicPlaceOf, type OperationName } from './operation.js';

/** What a request asks for, by the route that matched and never by URL text (I25). */
export interface Act {
  readonly operation: OperationName;
  readonly method: string;
  /** As the router decoded it; null where the path names none. */
  readonly topic: string | null;
}

/** How much of a request a rule speaks of. `some`: it depends on topics that only the session port gets to see. */
export type Reach = 'all' | 'some' | 'none';

export interface GateRule {
  readonly effect: 'allow' | 'deny';
  reach(act: Act): Reach;
  /** Whether it speaks of this topic in this request. */
  reachesTopic(act: Act, topic: string): boolean;
  membership(principal: VerifiedPrincipal): Membership;
}

/** @param at path of the rule in the settings, for errors */
export const createGateRule = (at: string, { effect, apis, methods, operations, topics, who }: GateRuleSettings): GateRule => {
  const matches = createPrincipalMatcher(`${at}.who`, who);
  const covers = ({ operation, method }: Act): boolean => {
    const api = apiOf(operation);
    return (
      (apis === undefined || (api !== null && apis.includes(api))) &&
      (methods === undefined || methods.some((each) => each === method || (each === 'GET' && method === 'HEAD'))) &&
      (operations === undefined || operations.some((pattern) => matchesOperation(pattern, operation)))
    );
  };
  const holds = (topic: string): boolean => topics === undefined || topics.some((prefix) => topic.startsWith(prefix));
  return {
    effect,
    reach: (act) => {
      if (!covers(act)) return 'none';
      if (topics === undefined) return 'all';
      switch (topicPlaceOf(act.operation)) {
        case 'path':
          if (act.topic === null) throw new Error(`${act.operation} has no topic in its path`);
          return holds(act.topic) ? 'all' : 'none';
        case 'inside':
          return 'some';
        case 'none':
          return 'none';
      }
    },
    reachesTopic: (act, topic) => covers(act) && holds(topic),
    membership: (principal) => {
      if (who.authority !== undefined && who.authority !== principal.authority) return 'out';
      return who.everyone === true ? 'in' : matches(principal);
    },
  };
};
