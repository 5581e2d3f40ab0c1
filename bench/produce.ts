import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { choosePort, waitUntil } from '../stack/src/index.ts';
import { startBenchStack } from './bench-stack.ts';

/*
 * Produce through Postern with a verified caller, beside the bare Node floor, interleaved in one run.
 *   node bench/produce.ts [--secs 4] [--rounds 3] [--conns 1,16,64]  [--only one|batch] [--profile DIR]
 * With --profile the proxy writes a CPU profile there when it stops: node bench/top.mjs FILE shows it.
 * Needs wrk and kcat. Loopback only; ends by itself.
 */
const { values } = parseArgs({ options: { secs: { type: 'string', default: '4' }, rounds: { type: 'string', default: '3' }, conns: { type: 'string', default: '1,16,64' }, only: { type: 'string' }, profile: { type: 'string' } } });
const here = fileURLToPath(new URL('.', import.meta.url));

const stack = await startBenchStack(values.profile === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${values.profile}` });
const floorPort = await choosePort(null);
const floor = spawn(process.execPath, [`${here}floor.mjs`, 'platformatic', String(floorPort)], { env: { ...process.env, BOOTSTRAP: stack.plaintext, ACKS: '-1', MODULES_DIR: `${here}..` }, stdio: ['ignore', 'inherit', 'inherit'] });

// It listens at once; any answer will do.
await waitUntil('the floor', async () => ((await fetch(`http://127.0.0.1:${floorPort}/topics/x`, { method: 'POST' })).status > 0 ? true : null), 10_000);

const load = async (...args: string[]): Promise<void> => {
  const child = spawn(process.execPath, [`${here}throughput.mjs`, '--peer', `floor,http://127.0.0.1:${floorPort},${floor.pid}`, '--peer', `postern,${stack.proxyUrl},${stack.proxy.pid}`, '--auth', stack.authFile, '--secs', values.secs, '--rounds', values.rounds, ...args], {
    cwd: here,
    env: { ...process.env, BOOTSTRAP: stack.plaintext, BROKER_PID: String(stack.kafkaPid), OUT: `${stack.runDir}/results.jsonl` },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the load ended with ${code}`);
};

try {
  if (values.only !== 'batch') await load('--what', 'produce', '--conns', values.conns);
  if (values.only !== 'one') await load('--what', 'batch', '--conns', '16');
} finally {
  floor.kill();
  await stack.stop();
}
