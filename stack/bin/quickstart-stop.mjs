// npm run quickstart:stop: ends what a quickstart started, in the background or in another terminal.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { handOver, ROOT } from './self-setup.mjs';

if (!existsSync(join(ROOT, '.run')) || !existsSync(join(ROOT, 'node_modules'))) {
  console.log('the quickstart is not running');
} else {
  await handOver('stack/quickstart/stop.ts', []);
}
