import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { CredentialExpired, CredentialUnavailable } from '@postern/kafka';
import type { Impersonate, ImpersonationContext, PluginDependencies } from '../contract/plugin.js';
import { Unavailable } from '../contract/outcome.js';
import { Secret } from '../contract/secret.js';
import { StartupError } from '../contract/startup.error.js';
import { readOwnerOnlyFile, readPlainFile } from '../files/owner-only.file.js';
import { readCaFile } from '../files/ca.file.js';
import { proofUntilOf } from '../kafka-credentials/proof.js';
import type { MintRecord } from '../token-service/mint.record.js';
import type { ImpersonationSettings } from './impersonation.settings.js';
import { parseTokenAnswer } from './mds.answers.js';
import { basicHeader } from './mds.login.js';
import { createMdsNodes, type Judged, type MdsReport } from './mds.nodes.js';
import { createMdsGet } from './mds.request.js';
import { createMdsTokenVerifier, type MdsTokenReading } from './mds-token.verifier.js';
import { readPinnedKeys } from './pinned.keys.js';

/** The tokens that MDS makes for callers who have none, and the end of its connections. */
export interface Impersonation {
  readonly issuer: string;
  readonly impersonate: (context: ImpersonationContext) => Impersonate;
  close(): void;
}

/**
 * `POST /security/1.0/impersonate` (Confluent 7.8, as its REST proxy uses it for client certificates): a token whose `sub` is
 * the caller, with `cp_proxy` naming the impersonator. Under the lines of the token service (I16): it takes a principal
 * and never a name, asks for protected names again, and writes an intent before the act and the outcome after it.
 * @throws StartupError for unreadable files, and keys that are none
 */
export const createImpersonation = (settings: ImpersonationSettings, { at, report }: { readonly at: string; readonly report: MdsReport }, { clock, baseDir }: PluginDependencies): Impersonation => {
  const { issuer, as } = settings;
  const ca = settings.caFile === undefined ? undefined : readCaFile(resolve(baseDir, settings.caFile), `${at}.caFile`);
  const identity = 'certFile' in as ? { cert: readPlainFile(resolve(baseDir, as.certFile), `${at}.as.certFile`), key: readOwnerOnlyFile(resolve(baseDir, as.keyFile), `${at}.as.keyFile`) } : {};
  const authorization = 'name' in as ? new Secret(basicHeader(as.name, readPassword(resolve(baseDir, as.passwordFile), `${at}.as.passwordFile`))) : null;
  const { get, close } = createMdsGet({ ca, ...identity });
  const nodes = createMdsNodes({ get, configured: settings.urls, allowedHosts: [], nodeTimeoutMs: settings.nodeTimeoutMs, report });
  const verify = createMdsTokenVerifier({ keys: readPinnedKeys(settings.publicKeyFiles, baseDir, `${at}.publicKeyFiles`), issuer, allowImpersonated: true, maxTokenLifeSeconds: settings.maxTokenLifeSeconds, clock });

  const fetchToken = async (target: string): Promise<{ readonly token: Secret; readonly reading: Extract<MdsTokenReading, { kind: 'token' }> }> => {
    const body = JSON.stringify({ targetPrincipalName: target, targetPrincipalType: 'USER' });
    const token = await nodes.ask('/security/1.0/impersonate', authorization?.reveal() ?? null, AbortSignal.timeout(settings.deadlineMs), judge, body);
    const reading = await verify(token);
    if (reading.kind === 'rejected') throw refused(report, 'impersonation-token-refused', reading.reason);
    // Attack 41. We asked for the canonical name, so that nothing may differ.
    if (reading.subject !== target) throw refused(report, 'impersonation-of-another-subject');
    return { token: new Secret(token), reading };
  };

  return {
    issuer,
    close,
    impersonate:
      ({ authorities, audit, maxProofAgeSeconds }) =>
      async (principal, clusterId, cause = 'session') => {
        const named = authorities.kafkaName(principal, clusterId);
        if (named.kind !== 'name') throw new Error(`a principal without a Kafka name (${named.kind}) reached impersonation`);
        const proofUntil = proofUntilOf(principal, maxProofAgeSeconds);
        const issuedAt = clock.now();
        if (proofUntil <= issuedAt) throw new CredentialExpired('the proof of this principal has ended');
        const record = { jti: randomUUID(), kid: `mds:${issuer}`, kafkaName: named.name, clusterId, cause, principalKey: principal.key, authority: principal.authority };
        await intend(audit, { ...record, phase: 'intent', expiresAt: proofUntil });
        try {
          const { token, reading } = await fetchToken(named.name);
          const expiresAt = Math.min(reading.expiresAt, proofUntil);
          await audit({ ...record, phase: 'minted', expiresAt });
          return { token, kafkaName: named.name, clusterId, issuedAt, expiresAt, kid: record.kid };
        } catch (error) {
          await audit({ ...record, phase: 'failed', expiresAt: proofUntil });
          throw error instanceof Unavailable ? new CredentialUnavailable('MDS gave no token', { cause: error }) : error;
        }
      },
  };
};

/** 401 and 403 are about Postern's own account or about a name that MDS protects: never the caller's fault, so 503. */
const judge = ({ status, body }: { readonly status: number; readonly body: string }): Judged<string> => {
  if (status === 401 || status === 403) return { kind: 'next', event: 'impersonation-refused', code: status };
  if (status !== 200) return { kind: 'next', event: 'node-refused', code: status };
  const token = parseTokenAnswer(body);
  return token === null ? { kind: 'next', event: 'answer-without-token', code: status } : { kind: 'taken', value: token };
};

const refused = (report: MdsReport, event: string, code?: string): Unavailable => {
  report(event, code);
  return new Unavailable('mds');
};

const intend = async (audit: ImpersonationContext['audit'], record: MintRecord): Promise<void> => {
  try {
    await audit(record);
  } catch (error) {
    throw new CredentialUnavailable('the audit sink did not take the intent', { cause: error });
  }
};

const readPassword = (path: string, what: string): string => {
  const password = readOwnerOnlyFile(path, what).replace(/\r?\n$/, '');
  if (password === '') throw new StartupError(`${what} is empty`);
  return password;
};
