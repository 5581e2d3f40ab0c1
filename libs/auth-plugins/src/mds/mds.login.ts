import { Unavailable } from '../contract/outcome.js';
import { Secret } from '../contract/secret.js';
import { parseTokenAnswer } from './mds.answers.js';
import type { VerifyMdsToken } from './mds-token.verifier.js';
import type { Judged, MdsNodes, MdsReport } from './mds.nodes.js';

/** What MDS made of one login; times are epoch ms. */
export type MdsLoginAnswer = { readonly kind: 'token'; readonly subject: string; readonly token: Secret; readonly expiresAt: number } | { readonly kind: 'rejected' };

/** @throws Unavailable when MDS did not say, or said what it cannot have meant */
export type MdsLogin = (loginName: string, password: string, signal: AbortSignal) => Promise<MdsLoginAnswer>;

export interface MdsLoginOptions {
  readonly nodes: MdsNodes;
  readonly verifyToken: VerifyMdsToken;
  readonly report: MdsReport;
}

export const basicHeader = (loginName: string, password: string): string => `Basic ${Buffer.from(`${loginName}:${password}`, 'utf8').toString('base64')}`;

/**
 * `GET /security/1.0/authenticate` with the caller's own Basic credential. Only 200 with a token and 401 are answers;
 * 404 (no token service there), 403, 500, redirects and pages say that a node is not right, so the next one is asked.
 */
const judge = ({ status, body }: { readonly status: number; readonly body: string }): Judged<string | null> => {
  if (status === 401) return { kind: 'taken', value: null };
  if (status === 404) return { kind: 'next', event: 'bearer-authentication-is-off-in-mds', code: status };
  if (status !== 200) return { kind: 'next', event: 'node-refused', code: status };
  const token = parseTokenAnswer(body);
  return token === null ? { kind: 'next', event: 'answer-without-token', code: status } : { kind: 'taken', value: token };
};

export const createMdsLogin =
  ({ nodes, verifyToken, report }: MdsLoginOptions): MdsLogin =>
  async (loginName, password, signal) => {
    const token = await nodes.ask('/security/1.0/authenticate', basicHeader(loginName, password), signal, judge);
    if (token === null) return { kind: 'rejected' };
    const reading = await verifyToken(token);
    if (reading.kind === 'rejected') {
      report('answer-token-refused', reading.reason);
      throw new Unavailable('mds');
    }
    // Attack 41. Case may differ, as directories match names without it; nothing else may.
    if (reading.subject.toLowerCase() !== loginName.toLowerCase()) {
      report('answer-for-another-subject');
      throw new Unavailable('mds');
    }
    return { kind: 'token', subject: reading.subject, token: new Secret(token), expiresAt: reading.expiresAt };
  };
