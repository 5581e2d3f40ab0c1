import { Unavailable } from '../contract/outcome.js';
import { parseStringList } from './mds.answers.js';
import { isAllowedNode, nodeOrigin } from './node.address.js';
import type { MdsGet, MdsReply } from './mds.request.js';

export type MdsReport = (event: string, code?: string | number) => void;

export interface MdsNodesOptions {
  readonly get: MdsGet;
  /** Origins in order of preference. */
  readonly configured: readonly string[];
  readonly allowedHosts: readonly string[];
  readonly nodeTimeoutMs: number;
  readonly report: MdsReport;
}

/** What one node's answer is worth: taken, or a reason to ask the next one. */
export type Judged<T> = { readonly kind: 'taken'; readonly value: T } | { readonly kind: 'next'; readonly event: string; readonly code?: string | number };

/** The nodes of one MDS, asked in order from the one that last answered. */
export interface MdsNodes {
  /** @throws Unavailable when no node gave an answer that `judge` takes, before `signal` ended */
  ask<T>(path: string, authorization: string | null, signal: AbortSignal, judge: (reply: Extract<MdsReply, { readonly kind: 'answer' }>) => Judged<T>, body?: string): Promise<T>;
  /** Asks for the active nodes and keeps those that may be asked. Never throws. */
  discover(authorization: string, signal: AbortSignal): Promise<void>;
}

export const createMdsNodes = ({ get, configured, allowedHosts, nodeTimeoutMs, report }: MdsNodesOptions): MdsNodes => {
  let discovered: readonly string[] = [];
  let preferred: string | null = null;
  /** Configured ones stay in: a list that is wrong must not cut off the nodes that an operator named. */
  const inOrder = (): readonly string[] => [...new Set([...(preferred === null ? [] : [preferred]), ...configured, ...discovered])];

  const ask: MdsNodes['ask'] = async (path, authorization, signal, judge, body) => {
    for (const node of inOrder()) {
      if (signal.aborted) break;
      const reply = await get(`${node}${path}`, authorization, AbortSignal.any([signal, AbortSignal.timeout(nodeTimeoutMs)]), body);
      const judged = reply.kind === 'answer' ? judge(reply) : ({ kind: 'next', event: 'node-failed', code: reply.why } as const);
      if (judged.kind === 'taken') {
        preferred = node;
        return judged.value;
      }
      report(judged.event, judged.code);
    }
    throw new Unavailable('mds');
  };

  return {
    ask,
    discover: async (authorization, signal) => {
      try {
        const named = await ask('/security/1.0/activenodes/https', authorization, signal, ({ status, body }): Judged<readonly string[]> => {
          const urls = status === 200 ? parseStringList(body) : null;
          return urls === null ? { kind: 'next', event: 'discovery-refused', code: status } : { kind: 'taken', value: urls };
        });
        const origins = named.map(nodeOrigin);
        const allowed = origins.filter((origin): origin is string => origin !== null && (configured.includes(origin) || isAllowedNode(origin, allowedHosts)));
        // Reported, never tried (I22): whoever can write this list could otherwise collect passwords.
        if (allowed.length < named.length) report('node-outside-of-discovery-hosts', named.length - allowed.length);
        discovered = allowed;
        if (preferred !== null && !configured.includes(preferred) && !allowed.includes(preferred)) preferred = null;
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
      }
    },
  };
};
