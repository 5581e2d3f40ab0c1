// npm run quickstart [-- --detach]: from a fresh clone to a running proxy with Kafka, a directory and an issuer.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build, handOver, install, nodeProgram, requireServers, ROOT, run } from './self-setup.mjs';

const MAIN = 'stack/quickstart/main.ts';

requireServers();
await install();
// A running quickstart is told before anything is compiled anew underneath it.
if (existsSync(join(ROOT, '.run', 'quickstart.json')) && (await run(nodeProgram(), [join(ROOT, MAIN), '--only-check'])) !== 0) process.exit(1);
await build();
await handOver(MAIN, process.argv.slice(2));
