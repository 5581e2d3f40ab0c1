import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assertRunning, startChild, type Lifetime, type RunningChild } from '../processes/child.process.ts';
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

export interface Proxy extends ProxyDescription {
  readonly pid: number;
  ended(): string | null;
  /** Resolves once GET /readyz says ready: directory, keys and Kafka are there. */
  ready(timeoutMs?: number): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
  freeze(): void;
  thaw(): void;
  restart(): Promise<void>;
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
  const launch = async (): Promise<RunningChild> => {
    const child = startChild({
      name: 'proxy',
      runDir,
      logFile: join(runDir, 'proxy.log'),
      command: process.execPath,
      args: ['--enable-source-maps', MAIN, '--config', options.settingsFile ?? SETTINGS],
      env: { ...proxyEnvironment(options), ...options.environment },
      lifetime,
    });
    await waitUntil('the proxy', async () => (child.ended() !== null || ((await answers('/healthz')) && existsSync(jwksFile)) ? true : null), 20_000);
    assertRunning(child, 'the proxy');
    return child;
  };
  let child = await launch();
  return {
    url: `https://127.0.0.1:${ports.public}`,
    hdinsightUrl: ports.hdinsight === undefined ? null : `https://127.0.0.1:${ports.hdinsight}`,
    managementUrl,
    jwksUrl: `https://127.0.0.1:${ports.jwks}`,
    jwksFile,
    caFile: join(baseDir, 'tls', 'ca.crt'),
    logFile: child.logFile,
    get pid() {
      return child.pid;
    },
    ended: () => child.ended(),
    ready: async (timeoutMs = 20_000) => {
      await waitUntil('the proxy (GET /readyz)', async () => (child.ended() !== null || (await answers('/readyz')) ? true : null), timeoutMs, 100);
      assertRunning(child, 'the proxy');
    },
    stop: () => child.stop(15_000),
    kill: () => child.kill(),
    freeze: () => child.freeze(),
    thaw: () => child.thaw(),
    restart: async () => {
      if (child.ended() === null) await child.stop(15_000);
      child = await launch();
    },
  };
};
