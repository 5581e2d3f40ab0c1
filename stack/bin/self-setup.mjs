// Plain JavaScript for Node 20 and without any package: this runs on a fresh clone, before anything is installed.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BIN = join(ROOT, 'node_modules', '.bin');

/** Ends with one line that says what to do. */
export const giveUp = (line) => {
  console.error(line);
  process.exit(1);
};

const output = (command, args) => {
  const run = spawnSync(command, args, { encoding: 'utf8' });
  return run.error === undefined && run.status === 0 ? `${run.stdout}${run.stderr}` : null;
};

const requireNode = () => {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) giveUp(`Node 20.19 or newer is needed to install (found ${process.versions.node})`);
};

/** Java always; Maven only when Kafka is neither cached nor given. */
export const requireServers = () => {
  const java = output('java', ['-version']);
  const major = Number(/version "(\d+)/.exec(java ?? '')?.[1] ?? 0);
  if (major < 17) giveUp(`Java 17 or newer is needed to run Kafka (found: ${major || 'none'}): apt-get install openjdk-17-jre-headless`);
  const cache = process.env.POSTERN_CACHE_DIR ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'postern');
  const cached = existsSync(cache) && readdirSync(cache).some((name) => name.startsWith('kafka-') && existsSync(join(cache, name, 'libs')));
  if (!cached && process.env.POSTERN_KAFKA_LIBS === undefined && output('mvn', ['-v']) === null) {
    giveUp('Maven is needed once, to fetch Kafka from Maven Central: apt-get install maven');
  }
};

const modified = (file) => (existsSync(file) ? statSync(file).mtimeMs : 0);

const newestIn = (dir) =>
  readdirSync(join(ROOT, dir), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((newest, entry) => Math.max(newest, modified(join(entry.parentPath ?? entry.path, entry.name))), 0);

/** Environment in which `node` is the one that the lockfile pins. */
export const environment = () => ({ ...process.env, PATH: `${BIN}${delimiter}${process.env.PATH ?? ''}` });

/** Runs a command in the repository. @returns its exit code; 1 when it could not run or was ended by a signal */
export const run = (command, args, options = {}) =>
  new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: 'inherit', env: environment(), ...options });
    child.once('error', (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(1);
    });
    child.once('close', (code) => resolve(code ?? 1));
  });

/** Installs when node_modules is missing or older than the lockfile. */
export const install = async () => {
  requireNode();
  const installed = modified(join(ROOT, 'node_modules', '.package-lock.json'));
  if (installed > 0 && installed >= modified(join(ROOT, 'package-lock.json'))) return;
  console.log('installing packages (npm ci --ignore-scripts)');
  if ((await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { env: process.env })) !== 0) giveUp('npm ci failed: is the npm registry reachable?');
};

/** The Node that the lockfile pins; the machine's own one where no such package exists and it is new enough. */
export const nodeProgram = () => {
  const pinned = join(BIN, 'node');
  if (existsSync(pinned)) return pinned;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  return giveUp(`Node 24 is needed to run (found ${process.versions.node}, and no packaged one for ${process.platform} ${process.arch})`);
};

const STAMP = join(ROOT, 'dist', '.built');

/** Compiles when any source is newer than the last build. */
export const build = async () => {
  const sources = Math.max(newestIn('apps'), newestIn('libs'), ...['package-lock.json', 'tsconfig.json', 'nest-cli.json'].map((file) => modified(join(ROOT, file))));
  if (modified(STAMP) > sources) return;
  console.log('compiling (npm run build)');
  const started = new Date();
  if ((await run('npm', ['run', '--silent', 'build'])) !== 0) giveUp('the build failed');
  writeFileSync(STAMP, started.toISOString());
};

/** Hands over to a TypeScript program under the pinned Node, and ends as it ends. */
export const handOver = async (program, args) => {
  // The channel tells the program when this launcher dies; a terminal's Ctrl-C reaches both, and the program decides.
  const child = spawn(nodeProgram(), [join(ROOT, program), ...args], { cwd: ROOT, stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env: environment() });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => signal === 'SIGINT' || child.kill(signal));
  process.exit(await new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1))));
};
