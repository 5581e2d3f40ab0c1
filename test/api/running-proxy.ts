import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { choosePort, startProxy, type Proxy, type ProxyOptions } from '../../stack/src/index.ts';
import type { StackDescription } from '../setup/stack.description.ts';
import { httpsClient, type HttpsClient } from './https.client.ts';

export interface RunningProxy extends HttpsClient {
  /** The listener of the HDInsight API. */
  readonly hdinsight: HttpsClient;
  readonly proxy: Proxy;
  /** Everything that the process has written. */
  log(): string;
  /** The audit records, parsed. */
  audits(): readonly Record<string, unknown>[];
  stop(): Promise<void>;
}

/** The built proxy as a process of its own, over the test run's servers, ready to be called. */
export const runProxy = async (stack: StackDescription, options: Partial<ProxyOptions> & { readonly awaitReady?: boolean } = {}): Promise<RunningProxy> => {
  const runDir = mkdtempSync(join(stack.runDir, 'proxy-'));
  const proxy = await startProxy({
    baseDir: stack.runDir,
    runDir,
    lifetime: 'parent',
    ports: { public: await choosePort(null), management: await choosePort(null), jwks: await choosePort(null), hdinsight: await choosePort(null) },
    bootstrap: { minted: stack.kafka.bootstrap['minted'] ?? '', caller: stack.kafka.bootstrap['caller'] ?? '' },
    directory: stack.directory,
    issuer: stack.issuer,
    ...options,
  });
  if (options.awaitReady !== false) await proxy.ready();
  const client = httpsClient(proxy.url, proxy.caFile);
  const hdinsight = httpsClient(proxy.hdinsightUrl ?? '', proxy.caFile);
  const log = () => readFileSync(proxy.logFile, 'utf8');
  return {
    ...client,
    hdinsight,
    proxy,
    log,
    audits: () => log().split('\n').filter((line) => line.includes('"kind":"audit"')).map((line) => JSON.parse(line) as Record<string, unknown>),
    stop: async () => {
      client.close();
      hdinsight.close();
      if (proxy.ended() === null) await proxy.stop();
    },
  };
};
