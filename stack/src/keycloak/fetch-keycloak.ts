import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { cacheDir } from '../files/cache-dir.ts';
import { readChecksums } from '../maven/checksums.ts';
import { runMaven, type Progress } from '../maven/fetch-jars.ts';
import { requireJava, requireMaven } from '../maven/prerequisites.ts';
import { StackError } from '../stack-error.ts';
import { BUILD_ARGUMENTS, keycloakJava } from './keycloak.java.ts';

const here = (file: string): string => fileURLToPath(new URL(`../../keycloak/${file}`, import.meta.url));

export const KEYCLOAK_VERSION = '26.7.2';

const digestOf = async (file: string): Promise<string> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
};

/** Keycloak compiles its settings into its class path once; a start without that does it each time, for 20 s. */
const build = (home: string): void => {
  const run = spawnSync('java', keycloakJava(home, [], BUILD_ARGUMENTS), { encoding: 'utf8', timeout: 300_000 });
  if (run.status !== 0) throw new StackError(`Keycloak ${KEYCLOAK_VERSION} could not be built: ${`${run.stdout}${run.stderr}`.trim().split('\n').at(-1)}`);
};

/**
 * The unpacked and built distribution, fetched once through Maven, held against our own checksum, and cached (190 MB).
 * @returns its home folder, in which nothing is written afterwards that matters to a run
 * @throws StackError with what to install or to mend
 */
export const fetchKeycloak = async (progress: Progress = () => {}): Promise<string> => {
  const home = join(cacheDir(`keycloak-${KEYCLOAK_VERSION}`), 'home');
  // Written last: a home whose making was killed is made again.
  const whole = join(home, 'built');
  if (existsSync(whole)) return home;
  rmSync(home, { recursive: true, force: true });
  requireJava();
  requireMaven();
  const title = `Keycloak ${KEYCLOAK_VERSION}`;
  const partial = `${home}.${process.pid}.partial`;
  mkdirSync(partial, { recursive: true });
  try {
    progress(`${title}: fetching it from Maven Central (177 MB, once)`);
    await runMaven({ title, pom: here('pom.xml'), properties: { 'keycloak.version': KEYCLOAK_VERSION } }, partial, progress);
    for (const [file, digest] of readChecksums(readFileSync(here(`${KEYCLOAK_VERSION}.sha256`), 'utf8'))) {
      const found = existsSync(join(partial, file)) ? await digestOf(join(partial, file)) : 'no file';
      if (found !== digest) throw new StackError(`${file} is not the file that was pinned (sha256 ${found})`);
      const unpacked = spawnSync('unzip', ['-q', join(partial, file), '-d', partial]);
      if (unpacked.error !== undefined || unpacked.status !== 0) throw new StackError(`${file} could not be unpacked: apt-get install unzip`);
    }
    progress(`${title}: building it (once)`);
    // Under its last name: the build writes the path of its home into what it makes.
    renameSync(join(partial, `keycloak-${KEYCLOAK_VERSION}`), home);
    build(home);
    writeFileSync(whole, '');
  } catch (error) {
    rmSync(home, { recursive: true, force: true });
    throw error;
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return home;
};
