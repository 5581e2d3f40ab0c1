import type { PresentedCredential } from '../authn/presented-credential.js';
import type { Caller } from '../authn/caller.js';
import type { Snapshot } from '../wiring/snapshot.js';
import type { ShownCertificate } from './client-certificate.sockets.js';
import type { StatusOf } from './http-errors.js';
import type { RequestRecord } from '../audit/request-record.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The one state of rules, keys and CAs that decides about this request (I27). */
    snapshot: Snapshot;
    /** Opened by the first hook, closed at the response's end. */
    record: RequestRecord;
    /** Statuses that an API does not declare are answered by others (http-errors.ts). */
    statusOf: StatusOf;
    /** Taken out of every header by the first hook (I29). */
    presented: PresentedCredential;
    /** The socket's own, on listeners that ask for it; null elsewhere (I26). */
    shown: ShownCertificate | null;
    /** The caller's Content-Type; Fastify sees a harmless one, or it would refuse an odd one before the guards. */
    contentType: string | undefined;
    /** Set by the authentication guard and by nothing else. */
    caller: Caller | null;
    /** True where a setting lets callers in without a credential, and this one has none: then there is no caller. */
    isOpen: boolean;
  }
}
