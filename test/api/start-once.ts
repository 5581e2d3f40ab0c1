import { spawnSync } from 'node:child_process';
import type { StackDescription } from '../setup/stack.description.ts';

/** A start with the sample settings and these variables that has to end by itself. */
export const startOnce = ({ runDir }: Pick<StackDescription, 'runDir'>, environment: Readonly<Record<string, string>>): { readonly status: number | null; readonly stdout: string; readonly stderr: string } =>
  spawnSync(process.execPath, ['dist/apps/proxy/src/main.js', '--config', 'apps/proxy/postern.sample.yaml'], { env: { ...process.env, POSTERN_BASE_DIR: runDir, ...environment }, encoding: 'utf8', timeout: 20_000 });
