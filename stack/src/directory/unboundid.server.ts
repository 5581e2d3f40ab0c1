import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDir } from '../files/cache-dir.ts';
import { writeAtomically } from '../files/owner-only.ts';
import { classPath, fetchJars } from '../maven/fetch-jars.ts';
import { requireJava } from '../maven/prerequisites.ts';
import { makeKeyStore } from '../certificates/key-store.ts';
import type { DirectoryServer } from './directory.server.ts';
import { adminEntry, baseEntry } from './entries.ts';
import { ldif } from './ldif.ts';
import { BASE_DN } from './people.ts';

const VERSION = '7.0.3';
const here = (file: string): string => fileURLToPath(new URL(`../../directory/${file}`, import.meta.url));

/**
 * UnboundID's in-memory directory, for machines without slapd. It computes no memberOf and locks nobody: the stack writes
 * memberOf itself, and a lock is a password that nobody knows. A restart gives new entryUUIDs.
 */
export const unboundidServer: DirectoryServer = {
  memberOf: false,
  passwordPolicy: false,
  startTls: false,
  prepare: async ({ runDir, port, certificates, adminDn, adminPassword, progress }) => {
    requireJava();
    const title = `UnboundID directory ${VERSION}`;
    const jars = await fetchJars({ title, pom: here('pom.xml'), checksums: here(`unboundid-${VERSION}.sha256`), targetDir: join(cacheDir(`unboundid-${VERSION}`), 'libs') }, progress);
    const store = await makeKeyStore(runDir, 'directory', certificates);
    // The administrator comes in by file: as an argument the password would stand in the process list.
    const seed = writeAtomically(join(runDir, 'seed.ldif'), ldif([baseEntry, adminEntry(adminDn, adminPassword)]));
    const reading = ['search', 'compare', 'add', 'modify', 'modify-dn', 'delete'].flatMap((operation) => ['--authenticationRequiredOperationType', operation]);
    const listen = ['--baseDN', BASE_DN, '--port', String(port), '--useSSL', '--keyStorePath', store.file, '--keyStorePassword', store.password, '--keyStoreType', 'PKCS12'];
    const java = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', classPath(jars), 'com.unboundid.ldap.listener.InMemoryDirectoryServerTool'];
    return { command: 'java', args: [...java, ...listen, '--ldifFile', seed, ...reading], first: [], keepsData: false };
  },
};
