import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startEverything } from '../../stack/quickstart/start-everything.ts';
import { runClient } from '../api/python/run-client.ts';
import type { LongRun } from './long-run.ts';

/** Of a token: MSAL asks for a new one five minutes before its end, so that a run sees a renewal each minute. */
const TOKEN_SECONDS = 360;
const POLL_SECONDS = 1;

/**
 * The steps of Microsoft's HDInsight sample by the real MSAL, over and over, through renewals of the caller's token, of the
 * minted ones and of Kafka's sessions. The issuer changes its signing key on the way, as Entra does.
 */
export const longRun: LongRun = {
  defaultMinutes: 60,
  run: async ({ runDir, minutes, say }) => {
    const everything = await startEverything({ runDir: join(runDir, 'stack'), lifetime: 'parent', usualPorts: false, progress: say });
    try {
      const { issuer, proxy } = everything;
      await issuer.shapeTokens({ lifeSeconds: TOKEN_SECONDS });
      const rotation = setTimeout(() => void issuer.rotateKeys().then(() => say('the issuer signs with a new key')), (minutes * 60_000) / 2);
      const { exitCode, output } = await runClient({
        endpoint: proxy.hdinsightUrl ?? '',
        issuer,
        client: issuer.client('orders-service'),
        args: ['--poll', String(POLL_SECONDS), '--minutes', String(minutes)],
        onLine: say,
      });
      clearTimeout(rotation);
      const alarms = readFileSync(proxy.logFile, 'utf8').split('\n').filter((line) => line.includes('"alarm"'));
      for (const alarm of alarms.slice(0, 5)) say(alarm);
      const counted = /rounds=\d+ failed=\d+ calls=\d+ tokens=\d+/.exec(output)?.[0] ?? 'no count';
      return { passed: exitCode === 0 && alarms.length === 0, result: `${minutes} min, ${counted} alarms=${alarms.length}` };
    } finally {
      await everything.stop();
    }
  },
};
