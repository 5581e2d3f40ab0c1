// npm run test:long -- NAME [--minutes N]: one long run by name, over servers of its own; without a name, what there is.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import './kafka/from-build.ts';
import type { LongRun } from './long-run.ts';

const NOT_RUNS = ['run.ts', 'long-run.ts'];
const here = fileURLToPath(new URL('.', import.meta.url));
const names = readdirSync(here).filter((file) => file.endsWith('.ts') && !NOT_RUNS.includes(file)).map((file) => basename(file, '.ts'));

const { values, positionals } = parseArgs({ options: { minutes: { type: 'string' } }, allowPositionals: true });
const [name = ''] = positionals;
const minutes = values.minutes === undefined ? null : Number(values.minutes);
if (!names.includes(name) || (minutes !== null && !(minutes > 0))) {
  console.error(`usage: npm run test:long -- NAME [--minutes N]; there is: ${names.join(', ')}`);
  process.exit(2);
}

const { longRun } = (await import(`./${name}.ts`)) as { readonly longRun: LongRun };
const runDir = mkdtempSync(join(tmpdir(), `postern-${name}-`));
const startedAt = performance.now();
const say = (line: string): void => console.log(`[${((performance.now() - startedAt) / 1_000).toFixed(0).padStart(5)} s] ${line}`);
try {
  const { passed, result } = await longRun.run({ runDir, minutes: minutes ?? longRun.defaultMinutes, say });
  console.log(`${name}: ${passed ? 'passed' : 'FAILED'}: ${result}`);
  process.exitCode = passed ? 0 : 1;
} finally {
  rmSync(runDir, { recursive: true, force: true });
}
process.exit();
