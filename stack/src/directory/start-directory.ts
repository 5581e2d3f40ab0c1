import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Certificates } from '../certificates/make-certificates.ts';
import { ownerOnlyDir, writeAtomically } from '../files/owner-only.ts';
import type { Progress } from '../maven/fetch-jars.ts';
import type { Lifetime } from '../processes/child.process.ts';
import { choosePort } from '../processes/ports.ts';
import { launchAnswering, restartable, type Restartable } from '../processes/restartable.ts';
import { StackError } from '../stack-error.ts';
import { directoryChanges, type DirectoryChanges } from './directory.changes.ts';
import { entries } from './entries.ts';
import { administratorAnswers, withLdap, type LdapLogin } from './ldap.session.ts';
import { BASE_DN, DIRECTORY_ADMIN_DN, SERVICE_DN } from './people.ts';
import { slapdInstalled, slapdServer } from './slapd.server.ts';
import { unboundidServer } from './unboundid.server.ts';

export type DirectoryProgram = 'slapd' | 'unboundid';

export interface DirectoryOptions {
  readonly runDir: string;
  readonly certificates: Certificates;
  readonly usualPorts: boolean;
  readonly lifetime: Lifetime;
  /** Default: POSTERN_DIRECTORY, else slapd when it is installed. */
  readonly program?: DirectoryProgram;
  readonly progress?: Progress;
}

/** What another process needs to know of a running directory: plain data. */
export interface DirectoryDescription {
  readonly program: DirectoryProgram;
  readonly url: string;
  /** ldap://, for STARTTLS; null where the program has LDAPS only. */
  readonly plainUrl: string | null;
  readonly port: number;
  readonly caFile: string;
  readonly baseDn: string;
  readonly service: { readonly dn: string; readonly passwordFile: string };
  readonly admin: LdapLogin;
}

export interface Directory extends DirectoryDescription, DirectoryChanges, Restartable {
  describe(): DirectoryDescription;
}

/** @throws StackError when POSTERN_DIRECTORY is no known program, or names slapd where it is not installed */
export const chosenProgram = (wish = process.env['POSTERN_DIRECTORY']): DirectoryProgram => {
  if (wish === undefined || wish === '') return slapdInstalled() ? 'slapd' : 'unboundid';
  if (wish !== 'slapd' && wish !== 'unboundid') throw new StackError(`POSTERN_DIRECTORY is slapd or unboundid, not ${wish}`);
  if (wish === 'slapd' && !slapdInstalled()) throw new StackError('slapd is not installed: apt-get install --no-install-recommends slapd');
  return wish;
};

const SERVERS = { slapd: slapdServer, unboundid: unboundidServer } as const;

/** Changes by an administrator of a directory that another process started. */
export const changesOf = (directory: DirectoryDescription): DirectoryChanges => directoryChanges(directory.admin, SERVERS[directory.program]);

/** A real directory on loopback, over TLS only, with the same people and groups whichever program it is. */
export const startDirectory = async (options: DirectoryOptions): Promise<Directory> => {
  const program = chosenProgram(options.program);
  const server = SERVERS[program];
  const runDir = ownerOnlyDir(options.runDir);
  const port = await choosePort(options.usualPorts ? 3636 : null);
  const plainPort = await choosePort(null);
  const { certificates, lifetime } = options;
  const admin: LdapLogin = { url: `ldaps://127.0.0.1:${port}`, caFile: certificates.caFile, dn: DIRECTORY_ADMIN_DN, password: randomBytes(18).toString('base64url') };
  const servicePassword = randomBytes(18).toString('base64url');
  const passwordFile = writeAtomically(join(runDir, 'service.password'), servicePassword);
  const { command, args, first, keepsData } = await server.prepare({
    runDir,
    port,
    plainPort,
    certificates,
    adminDn: admin.dn,
    adminPassword: admin.password,
    progress: options.progress ?? (() => {}),
  });

  const load = (): Promise<void> =>
    withLdap(admin, async (ldap) => {
      // Online and in order: slapd's memberOf overlay sees only what is added while it runs.
      const rest = entries(servicePassword, { memberOf: !server.memberOf, passwordPolicy: server.passwordPolicy });
      for (const entry of [...first, ...rest]) await ldap.add(entry);
    });
  const launch = () =>
    launchAnswering({ name: 'directory', runDir, logFile: join(runDir, 'directory.log'), command, args, lifetime }, { title: `the directory (${program})`, answers: () => administratorAnswers(admin, 'the directory'), timeoutMs: 20_000 });
  const description: DirectoryDescription = { program, url: admin.url, plainUrl: server.startTls ? `ldap://127.0.0.1:${plainPort}` : null, port, caFile: admin.caFile, baseDn: BASE_DN, service: { dn: SERVICE_DN, passwordFile }, admin };
  return restartable(launch, {
    ...description,
    ...directoryChanges(admin, server),
    describe: () => description,
  }, { afterLaunch: (isFirst) => (isFirst || !keepsData ? load() : Promise.resolve()) });
};
