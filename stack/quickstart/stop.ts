import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stopRecorded } from '../src/index.ts';
import { COMPONENTS } from './start-everything.ts';

const RUN = fileURLToPath(new URL('../../.run/', import.meta.url));

// A quickstart in the foreground first: it stops its parts by itself, and finds nothing more to do afterwards.
const stopped: string[] = [];
for (const dir of ['quickstart-main', ...COMPONENTS.map((part) => join('quickstart', part))]) stopped.push(...(await stopRecorded(join(RUN, dir), 30_000)));
rmSync(join(RUN, 'quickstart.json'), { force: true });
console.log(stopped.length === 0 ? 'the quickstart is not running' : `stopped: ${stopped.join(', ')}`);
