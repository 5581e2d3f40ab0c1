import { randomUUID } from 'node:crypto';
import type { OperationName } from '../gate/operation.js';

/** How a request ended, for the audit record. */
export type Decision = 'allowed' | 'unauthenticated' | 'could-not-decide' | 'forbidden' | 'limited' | 'refused';

const CLIENT_ID = /^[\x21-\x7e]{1,128}$/;

/**
 * What becomes one access line and one audit record at the response's end. Filled stage by stage; holds no credential,
 * no header and no body. The id is ours; a client's own id is a separate, bounded field (I30).
 */
export class RequestRecord {
  readonly id: string = randomUUID();
  readonly startedAt: number = performance.now();
  clientRequestId: string | undefined;
  /** Number of the snapshot that decided (I27). */
  snapshot: number | undefined;
  operation: OperationName = 'unrouted';
  plugin: string | undefined;
  authority: string | undefined;
  /** The authority's canonical name; `unknown` after a failed login. */
  principal: string | undefined;
  /** HMAC of what was typed at a failed login. */
  typedName: string | undefined;
  /** Joins this record with those of minting. */
  principalKey: string | undefined;
  /** What Kafka's ACLs and logs call the caller; set once a cluster was asked. */
  kafkaName: string | undefined;
  cluster: string | undefined;
  resource: string | undefined;
  decision: Decision = 'allowed';
  /** Why authentication or the gate refused: a word of a closed set. */
  reason: string | undefined;
  /** Code of the closed error table. */
  error: string | undefined;
  records: number | undefined;
  bytesIn = 0;

  constructor(
    readonly listener: string,
    readonly source: string,
    readonly method: string,
    clientRequestId: unknown,
  ) {
    this.clientRequestId = typeof clientRequestId === 'string' && CLIENT_ID.test(clientRequestId) ? clientRequestId : undefined;
  }

  #ended = false;
  readonly #atEnd: (() => void)[] = [];

  /** Runs when the request has ended, whether it was answered or its caller went away; at once when it has already. */
  whenEnded(act: () => void): void {
    if (this.#ended) act();
    else this.#atEnd.push(act);
  }

  /** @returns false when it had ended before */
  end(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    for (const act of this.#atEnd) act();
    return true;
  }
}
