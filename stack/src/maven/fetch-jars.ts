import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { StackError } from '../stack-error.ts';
import { readChecksums, verifyJars } from './checksums.ts';
import { requireMaven } from './prerequisites.ts';

export interface JarSet {
  /** For progress lines: 'Kafka 4.3.1'. */
  readonly title: string;
  readonly pom: string;
  /** Lines of `sha256  file.jar`: the whole folder, nothing more and nothing less. */
  readonly checksums: string;
  readonly targetDir: string;
  readonly properties?: Readonly<Record<string, string>>;
}

export type Progress = (line: string) => void;

const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/** Copies what a POM names into a folder, with Maven's strict checksums. @throws StackError with Maven's first reason */
export const runMaven = (set: Pick<JarSet, 'title' | 'pom' | 'properties'>, outputDirectory: string, progress: Progress): Promise<void> =>
  new Promise((resolve, reject) => {
    const properties = { ...set.properties, includeScope: 'runtime', outputDirectory };
    const maven = spawn('mvn', ['-B', '-C', '-f', set.pom, COPY, ...Object.entries(properties).map(([name, value]) => `-D${name}=${value}`)], {
      // Its standard error holds nothing but terminal codes: what went wrong stands on standard output.
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let jars = 0;
    const errors: string[] = [];
    createInterface({ input: maven.stdout }).on('line', (line) => {
      if (line.includes('Downloaded from') && line.includes('.jar') && ++jars % 10 === 0) progress(`${set.title}: ${jars} jars downloaded`);
      if (line.startsWith('[ERROR]')) errors.push(line.slice(8));
    });
    maven.once('error', reject);
    maven.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new StackError(`${set.title} could not be fetched from Maven Central (offline, or no access to it?): ${errors[0] ?? `mvn exit code ${code}`}`));
    });
  });

/**
 * Fetches a set of jars once, through Maven with strict checksums, and holds them against our own list before the
 * folder gets its name. What is there already and complete is left alone.
 * @returns the folder
 * @throws StackError when Maven is missing, the repository cannot be reached, or a file is not the one that was pinned
 */
export const fetchJars = async (set: JarSet, progress: Progress): Promise<string> => {
  const pinned = readChecksums(readFileSync(set.checksums, 'utf8'));
  // Names only: hashing 45 MB at every start costs more than the start. The bytes were checked before the rename.
  if (existsSync(set.targetDir) && readdirSync(set.targetDir).filter((file) => file.endsWith('.jar')).length === pinned.size) return set.targetDir;
  requireMaven();
  progress(`${set.title}: fetching ${pinned.size} jars from Maven Central (once)`);
  const partial = `${set.targetDir}.${process.pid}.partial`;
  mkdirSync(dirname(set.targetDir), { recursive: true });
  try {
    await runMaven(set, partial, progress);
    verifyJars(partial, pinned);
    rmSync(set.targetDir, { recursive: true, force: true });
    renameSync(partial, set.targetDir);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  progress(`${set.title}: ${pinned.size} jars verified`);
  return set.targetDir;
};

/** The class path in a fixed order: a class archive is valid for exactly one order. */
export const classPath = (dir: string): string =>
  readdirSync(dir)
    .filter((file) => file.endsWith('.jar'))
    .sort()
    .map((file) => join(dir, file))
    .join(':');
