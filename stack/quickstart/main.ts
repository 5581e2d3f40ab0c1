import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isRunning, startMark } from '../src/processes/process-identity.ts';
import { recordProcess } from '../src/processes/pids.file.ts';
import { ownerOnlyDir, recordedProcesses, StackError, stopRecorded } from '../src/index.ts';
import { demonstrate } from './demo.ts';
import { proxyUrlOf, writeReport } from './report.ts';
import { COMPONENTS, startEverything, type Everything } from './start-everything.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const RUN_DIR = join(ROOT, '.run', 'quickstart');
const REPORT = join(ROOT, '.run', 'quickstart.json');
/** Beside the run folder, which every start empties. */
const MAIN_DIR = join(ROOT, '.run', 'quickstart-main');

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const print = (line: string): void => console.log(line);
const progress = (line: string): void => print(`[${(performance.now() / 1_000).toFixed(1).padStart(4)} s] ${line}`);

/** Resolves when somebody wants it to end, or a part ended by itself (then with its name). */
const untilStopped = ({ proxy }: Everything): Promise<string | null> =>
  new Promise((resolve) => {
    for (const signal of SIGNALS) process.once(signal, () => resolve(null));
    // The launcher that npm started is gone: nobody could stop this any more.
    process.once('disconnect', () => resolve(null));
    setInterval(() => proxy.ended() !== null && resolve(`the proxy ended (${proxy.ended()}), see ${proxy.logFile}`), 500);
  });

const parts = (): readonly string[] => COMPONENTS.map((part) => join(RUN_DIR, part));

const alreadyRunning = (): boolean => [MAIN_DIR, ...parts()].flatMap(recordedProcesses).some(isRunning);

/** Ctrl-C before everything is up: what was started so far is stopped, detached or not. */
const stopHalfStarted = async (): Promise<void> => {
  print('\nstopping');
  for (const dir of parts()) await stopRecorded(dir);
  process.exit(130);
};

const run = async (): Promise<void> => {
  const { values } = parseArgs({ options: { detach: { type: 'boolean', default: false }, 'only-check': { type: 'boolean', default: false } } });
  if (alreadyRunning()) {
    const where = existsSync(REPORT) ? ` (proxy ${proxyUrlOf(REPORT)})` : '';
    throw new StackError(`the quickstart is running already${where}; npm run quickstart:stop ends it`);
  }
  if (values['only-check']) return;
  rmSync(REPORT, { force: true });
  recordProcess(ownerOnlyDir(MAIN_DIR), { name: 'quickstart', pid: process.pid, startMark: startMark(process.pid) ?? '' });
  const interrupted = (): void => void stopHalfStarted();
  for (const signal of SIGNALS) process.once(signal, interrupted);
  const everything = await startEverything({ runDir: RUN_DIR, lifetime: values.detach ? 'detached' : 'parent', usualPorts: true, progress });
  for (const signal of SIGNALS) process.off(signal, interrupted);
  writeReport(REPORT, RUN_DIR, everything);
  const unexpected = demonstrate(everything, print);
  print(`\nProxy ${everything.proxy.url}, HDInsight API ${everything.proxy.hdinsightUrl}, health ${everything.proxy.managementUrl}/readyz; everything else in .run/quickstart.json`);
  if (unexpected > 0) print(`${unexpected} answers were not the expected ones; see .run/quickstart/proxy/proxy.log`);
  process.exitCode = unexpected > 0 ? 1 : 0;
  if (values.detach) {
    print('Running in the background; npm run quickstart:stop ends it.');
    process.exit();
  }
  print('Ctrl-C stops everything.');
  const failed = await untilStopped(everything);
  if (failed !== null) {
    print(failed);
    process.exitCode = 1;
  }
  print('\nstopping');
  await everything.stop();
  rmSync(REPORT, { force: true });
  process.exit();
};

try {
  await run();
} catch (error) {
  console.error(error instanceof StackError ? error.message : error);
  process.exit(1);
}
