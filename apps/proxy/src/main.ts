import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { collectReads, StartupError, type FileReads } from '@postern/auth-plugins';
import { loadSettings } from './config/load-settings.js';
import { SettingsError } from './config/settings-error.js';
import { createLogging } from './telemetry/logger.js';
import { revokeByCommand, type KeysCommand } from './wiring/keys-command.js';
import { start } from './wiring/start.js';

const USAGE = 'usage: postern --config FILE (see apps/proxy/postern.sample.yaml)\n       postern keys revoke --cluster ID --kid KID --config FILE';

/** One clear line on standard error, and no stack: what stops a start is for the operator to mend. */
const giveUp = (error: unknown): never => {
  const expected = error instanceof SettingsError || error instanceof StartupError || (error instanceof Error && error.message.startsWith('cannot listen'));
  process.stderr.write(`postern: ${expected ? error.message : `start failed (${error instanceof Error ? `${error.name}: ${error.message}` : 'unknown'})`}\n`);
  process.exit(1);
};

interface Command {
  readonly file: string;
  /** Revoke this key instead of starting. */
  readonly revoke: KeysCommand | null;
}

const command = (): Command => {
  try {
    const { values, positionals } = parseArgs({ options: { config: { type: 'string' }, cluster: { type: 'string' }, kid: { type: 'string' } }, allowPositionals: true });
    const file = values.config ?? process.env['POSTERN_CONFIG'];
    const { cluster, kid } = values;
    const isRevoke = positionals.join(' ') === 'keys revoke' && cluster !== undefined && kid !== undefined;
    if (file !== undefined && isRevoke) return { file, revoke: { cluster, kid } };
    if (file !== undefined && positionals.length === 0 && cluster === undefined && kid === undefined) return { file, revoke: null };
  } catch {
    // An unknown flag gets the same line as a missing one.
  }
  process.stderr.write(`${USAGE}\n`);
  return process.exit(2);
};

const main = async (): Promise<void> => {
  const { file, revoke } = command();
  const load = () => loadSettings(file, process.env);
  const reads: FileReads = new Map();
  const loaded = collectReads(reads, load);
  if (revoke !== null) {
    const { done, line } = await revokeByCommand(loaded, revoke);
    process.stdout.write(`postern: ${line}\n`);
    process.exit(done ? 0 : 1);
  }
  const { log, audit, flush } = createLogging(loaded.settings.log.level, loaded.settings.audit.whenFailing);
  // A bug that reaches here has left something half done: say so without its text, and let the supervisor start afresh.
  const fatal = (kind: string) => (error: unknown) => {
    log.fatal({ alarm: kind, name: error instanceof Error ? error.name : typeof error, at: error instanceof Error ? error.stack?.split('\n').filter((line) => /^\s+at /.test(line)).slice(0, 6).join(' |') : undefined }, 'fatal');
    flush();
    process.exit(70);
  };
  process.on('uncaughtException', fatal('uncaught-exception')).on('unhandledRejection', fatal('unhandled-rejection'));

  const running = await start(loaded, { log, audit }, load, reads);
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    void running.stop().finally(() => {
      flush();
      process.exit(0);
    });
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  process.on('SIGHUP', () => void running.reload());
};

await main().catch(giveUp);
