import { checkCallers } from './keycloak/callers.ts';
import { newChecks } from './keycloak/checks.ts';
import { checkOutages, checkRotation } from './keycloak/outages.ts';
import { startServers } from './keycloak/servers.ts';
import type { LongRun } from './long-run.ts';

/** Plugin `oidc` against a real Keycloak: who its callers are at Kafka, its keys as they change, its outages. About six minutes. */
export const longRun: LongRun = {
  defaultMinutes: 1,
  run: async ({ runDir, say }) => {
    const servers = await startServers(runDir, say);
    try {
      const checks = newChecks(say);
      await checkCallers(servers, checks);
      await checkRotation(servers, checks, say);
      await checkOutages(servers, checks, say);
      const { passed, failed } = checks.counts();
      return { passed: failed === 0, result: `${passed} passed, ${failed} failed` };
    } finally {
      await servers.stop();
    }
  },
};
