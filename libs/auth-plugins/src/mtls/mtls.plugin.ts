import type { Plugin, PluginDependencies } from '../contract/plugin.js';
import { createImpersonation } from '../mds/mds.impersonation.js';
import { createRunner } from '../runner/plugin.runner.js';
import { createClientTrust } from './client.trust.js';
import { mtlsSchema, type MtlsSettings } from './mtls.settings.js';
import { MtlsStrategy } from './mtls.strategy.js';
import { createMtlsVerifier } from './mtls.verifier.js';

const MAX_PROOF_AGE_SECONDS = 600;
/** A list that has ended stops every caller by certificate, and only its operator can mend it: the log tells each minute. */
const REPORT_EVERY_MS = 60_000;

/** @throws StartupError for files that are unreadable, CAs that are none, revocation lists that do not verify */
export const createMtlsPlugin = (settings: MtlsSettings, dependencies: PluginDependencies): Plugin => {
  const { clock, baseDir, maxProofAgeSeconds = MAX_PROOF_AGE_SECONDS } = dependencies;
  const { id, authority } = settings;
  const trust = createClientTrust(settings, { at: `plugins.${id}`, baseDir, clock, maxProofAgeSeconds });
  const report = (event: string, code?: string | number) => dependencies.report?.({ pluginId: id, event, ...(code === undefined ? {} : { code }) });
  const impersonation = settings.impersonation === undefined ? null : createImpersonation(settings.impersonation, { at: `plugins.${id}.impersonation`, report }, dependencies);
  let reportedAt = Number.NEGATIVE_INFINITY;
  const reportOldList = (): void => {
    if (trust.state() === 'up' || clock.now() - reportedAt < REPORT_EVERY_MS) return;
    reportedAt = clock.now();
    report('revocation-list-ended');
  };
  return {
    id,
    type: 'mtls',
    authority,
    claims: [{ scheme: 'certificate' }],
    // HTTP has no challenge for what TLS asks for.
    challenges: [],
    certificates: trust,
    ...(impersonation === null ? {} : { mdsIssuer: impersonation.issuer, impersonate: impersonation.impersonate }),
    strategy: new MtlsStrategy(createRunner(settings), createMtlsVerifier(settings, trust, reportOldList)),
    start: async () => reportOldList(),
    health: () => [{ name: `${id}:certificates`, state: trust.state() }],
    // Nothing is remembered that is not judged again at each request.
    forget: () => undefined,
    close: async () => impersonation?.close(),
  };
};

/** What the app needs to offer this plugin type. */
export const mtlsPlugin = { type: 'mtls', schema: mtlsSchema, create: createMtlsPlugin } as const;
