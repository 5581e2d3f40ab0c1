import { isGuid } from '../authority/group-id.js';
import type { Clock } from '../contract/plugin.js';
import { parseStrictObject } from '../credential/strict-json.js';
import type { GraphToken } from './graph.token.js';
import type { AskMembership, GroupSubject, MembershipAnswer } from './group.source.js';
import type { HttpsExchange } from './https.exchange.js';
import { retryAfterSeconds } from './retry-after.js';

export interface GraphMembershipOptions {
  /** Origin and base path of Graph, without a slash at its end. */
  readonly url: string;
  /** The groups that are asked for: GUIDs in lower case. */
  readonly groupIds: readonly string[];
  readonly token: GraphToken;
  readonly exchange: HttpsExchange;
  readonly clock: Clock;
  readonly timeoutMs?: number;
}

/** Graph's own limit for one call. */
const IDS_PER_CALL = 20;
/** Token and answer together; the login's deadline is longer. */
const TIMEOUT_MS = 3_000;

const COLLECTIONS: Readonly<Record<GroupSubject['kind'], string>> = { application: 'servicePrincipals', user: 'users' };

/**
 * Asks Graph which of the groups a subject is in, directly or through other groups (`checkMemberGroups`). The address is
 * made from settings and the verified `oid` alone: no address in a token is ever used (attack 39).
 */
export const createGraphMembership = ({ url, groupIds, token, exchange, clock, timeoutMs = TIMEOUT_MS }: GraphMembershipOptions): AskMembership => {
  const calls = Array.from({ length: Math.ceil(groupIds.length / IDS_PER_CALL) }, (_, n) => groupIds.slice(n * IDS_PER_CALL, (n + 1) * IDS_PER_CALL));
  return async (subject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const own = await token.get(signal);
      if (own.kind !== 'token') return own;
      const target = `${url}/v1.0/${COLLECTIONS[subject.kind]}/${encodeURIComponent(subject.objectId)}/checkMemberGroups`;
      const headers = { authorization: `Bearer ${own.token.reveal()}`, 'content-type': 'application/json' };
      const answers = await Promise.all(
        calls.map(async (ids) => {
          const answer = await exchange({ url: target, headers, body: JSON.stringify({ groupIds: ids }) }, signal);
          if (answer.status === 401) token.drop(own.token);
          return readAnswer(answer, ids, clock.now());
        }),
      );
      return answers.find(({ kind }) => kind !== 'answered') ?? { kind: 'answered', ids: answers.flatMap((answer) => (answer.kind === 'answered' ? answer.ids : [])) };
    } catch {
      // The library's text may name what was sent: a code of ours is enough.
      return { kind: 'away', code: signal.aborted ? 'timeout' : 'call-failed', retryAfterSeconds: null };
    }
  };
};

const readAnswer = ({ status, retryAfter, text }: Awaited<ReturnType<HttpsExchange>>, asked: readonly string[], now: number): MembershipAnswer => {
  const body = parseStrictObject(text);
  if (status === 200) {
    const ids = body?.['value'];
    const isAnswer = Array.isArray(ids) && ids.every((id): id is string => typeof id === 'string' && isGuid(id) && asked.includes(id.toLowerCase()));
    return isAnswer ? { kind: 'answered', ids: ids.map((id) => id.toLowerCase()) } : { kind: 'away', code: 'not-read', retryAfterSeconds: null };
  }
  // Only Graph itself can say that there is no such object; the page of a balancer in between cannot.
  if (status === 404 && isResourceNotFound(body)) return { kind: 'answered', ids: [] };
  if (status === 400 || status === 401 || status === 403) return { kind: 'refused', code: status };
  return { kind: 'away', code: status, retryAfterSeconds: retryAfterSeconds(retryAfter, now) };
};

const isResourceNotFound = (body: Readonly<Record<string, unknown>> | null): boolean => {
  const error = body?.['error'];
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'Request_ResourceNotFound';
};
