import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assertRunning, type Lifetime } from '../processes/child.process.ts';
import { launchAnswering, restartable, type Restartable } from '../processes/restartable.ts';
import { waitUntil } from '../processes/wait-until.ts';
import { StackError } from '../stack-error.ts';
import { proxyEnvironment, type ProxySurroundings } from './proxy.environment.ts';

const MAIN = fileURLToPath(new URL('../../../dist/apps/proxy/src/main.js', import.meta.url));
const SETTINGS = fileURLToPath(new URL('../../../apps/proxy/postern.sample.yaml', import.meta.url));

export interface ProxyOptions extends ProxySurroundings {
  /** For the log and the pid. */
  readonly runDir: string;
  readonly lifetime: Lifetime;
  /** Default: the sample settings. */
  readonly settingsFile?: string;
  /** Further variables, for example POSTERN__log__level. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface ProxyDescription {
  readonly url: string;
  /** Of the listener for the HDInsight API; null where no port was chosen for it. */
  readonly hdinsightUrl: string | null;
  readonly managementUrl: string;
  readonly jwksUrl: string;
  /** The file that brokers read, written by the proxy. */
  readonly jwksFile: string;
  readonly caFile: string;
  readonly logFile: string;
}

export interface Proxy extends ProxyDescription, Restartable {
  /** Resolves once GET /readyz says ready: directory, keys and Kafka are there. */
  ready(timeoutMs?: number): Promise<void>;
}

/**
 * The built proxy as a process of its own, as it is run in production. Resolves when it is alive and has published
 * its keys; Kafka may come later.
 * @throws StackError when there is no build; Error with the end of its log when it stops
 */
export const startProxy = async (options: ProxyOptions): Promise<Proxy> => {
  if (!existsSync(MAIN)) throw new StackError('the proxy is not built: npm run build');
  const { baseDir, ports, runDir, lifetime } = options;
  const jwksFile = join(baseDir, 'keys', 'main', 'jwks.json');
  const managementUrl = `http://127.0.0.1:${ports.management}`;
  const answers = async (path: string): Promise<boolean> => (await fetch(`${managementUrl}${path}`, { signal: AbortSignal.timeout(2_000) })).ok;
  const launch = () =>
    launchAnswering(
      {
        name: 'proxy',
        runDir,
        logFile: join(runDir, 'proxy.log'),
        command: process.execPath,
        args: ['--enable-source-maps', MAIN, '--config', options.settingsFile ?? SETTINGS],
        env: { ...proxyEnvironment(options), ...options.environment },
        lifetime,
      },
      { title: 'the proxy', answers: async () => (await answers('/healthz')) && existsSync(jwksFile), timeoutMs: 20_000 },
    );
  const parts = {
    url: `https://127.0.0.1:${ports.public}`,
    hdinsightUrl: ports.hdinsight === undefined ? null : `https://127.0.0.1:${ports.hdinsight}`,
    managementUrl,
    jwksUrl: `https://127.0.0.1:${ports.jwks}`,
    jwksFile,
    caFile: join(baseDir, 'tls', 'ca.crt'),
  };
  const running = await restartable(launch, parts, { graceMs: 15_000 });
  return Object.assign(running, {
    ready: async (timeoutMs = 20_000) => {
      await waitUntil('the proxy (GET /readyz)', async () => (running.ended() !== null || (await answers('/readyz')) ? true : null), timeoutMs, 100);
      assertRunning(running, 'the proxy');
    },
  });
};
