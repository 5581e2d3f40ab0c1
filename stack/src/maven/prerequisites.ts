import { spawnSync } from 'node:child_process';
import { StackError } from '../stack-error.ts';

const version = (command: string, args: readonly string[]): string | null => {
  const run = spawnSync(command, args, { encoding: 'utf8' });
  return run.error === undefined && run.status === 0 ? `${run.stdout}\n${run.stderr}` : null;
};

/**
 * The Java runtime's version text, which also names class archives (they fit one build of one runtime only).
 * @throws StackError when there is none or it is older than 17 (Kafka 4 brokers need 17)
 */
export const requireJava = (): string => {
  const text = version('java', ['-version']);
  const major = Number(/version "(\d+)/.exec(text ?? '')?.[1] ?? 0);
  if (text === null || major < 17) {
    throw new StackError(`Java 17 or newer is needed to run Kafka (found: ${text === null ? 'none' : major}): apt-get install openjdk-17-jre-headless`);
  }
  return text.trim();
};

/** @throws StackError when Maven is not there */
export const requireMaven = (): void => {
  if (version('mvn', ['-v']) === null) throw new StackError('Maven is needed once, to fetch Kafka from Maven Central: apt-get install maven');
};
