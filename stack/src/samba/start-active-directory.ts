import { randomBytes, randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCertificateAuthority } from '../certificates/certificate-authority.ts';
import { administratorAnswers, withLdap, type LdapLogin } from '../directory/ldap.session.ts';
import { ownerOnlyDir, writeAtomically } from '../files/owner-only.ts';
import type { Lifetime } from '../processes/child.process.ts';
import { launchAnswering, restartable, type Restartable } from '../processes/restartable.ts';
import { StackError } from '../stack-error.ts';
import { AD_BASE_DN, AD_LOCKOUT, AD_SERVICE_DN, adEntries, adNesting, NETBIOS_DOMAIN, REALM } from './active-directory.entries.ts';
import { activeDirectoryMissing, runProgram, SAMBA, sambaTool } from './samba.install.ts';

export interface ActiveDirectoryOptions {
  readonly runDir: string;
  readonly lifetime: Lifetime;
}

/** A running domain controller: real Active Directory by Samba, its LDAP part only. */
export interface ActiveDirectory extends Restartable {
  /** ldaps:// */
  readonly url: string;
  /** ldap://, where STARTTLS is. */
  readonly plainUrl: string;
  readonly address: string;
  readonly caFile: string;
  readonly service: { readonly dn: string; readonly passwordFile: string };
  readonly admin: LdapLogin;
  /** The account's password is older than the domain allows from now on. */
  agePassword(dn: string): Promise<void>;
}

const AGE_PASSWORD = fileURLToPath(new URL('../../samba/age-password.py', import.meta.url));

const isFree = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(true)));
  });

/** Its ports are fixed, so that each controller gets a loopback address of its own. */
const chooseAddress = async (): Promise<string> => {
  for (let tries = 0; tries < 50; tries += 1) {
    const address = `127.${randomInt(64, 128)}.${randomInt(1, 255)}.${randomInt(1, 255)}`;
    if ((await isFree(address, 389)) && (await isFree(address, 636))) return address;
  }
  throw new StackError('no loopback address with free ports 389 and 636');
};

/** The program prints the administrator's password that it made; as an argument it would stand in the process list. */
const adminPasswordIn = (output: string): string => {
  const password = /^.*Admin password:\s+(\S.*?)\s*$/m.exec(output)?.[1];
  if (password === undefined) throw new StackError('samba-tool domain provision printed no password');
  return password;
};

/**
 * Makes a new domain (about 3 s) and starts its controller on a loopback address of its own.
 * @throws StackError where Samba is not installed, or this is not root
 */
export const startActiveDirectory = async ({ runDir: dir, lifetime }: ActiveDirectoryOptions): Promise<ActiveDirectory> => {
  const missing = activeDirectoryMissing();
  if (missing !== null) throw new StackError(missing);
  const runDir = ownerOnlyDir(dir);
  const address = await chooseAddress();
  const data = join(runDir, 'dc');
  const smbConf = join(data, 'etc', 'smb.conf');
  const provision = ['domain', 'provision', `--realm=${REALM}`, `--domain=${NETBIOS_DOMAIN}`, '--server-role=dc', '--dns-backend=NONE', `--targetdir=${data}`, `--host-ip=${address}`];
  // With xattr_tdb its file attributes go into a database: any file system will do.
  const network = [`--option=interfaces=${address}/8`, '--option=bind interfaces only=yes', '--option=vfs objects=dfs_samba4 acl_xattr xattr_tdb'];
  const adminPassword = adminPasswordIn(await sambaTool([...provision, ...network]));
  const lockout = [`--account-lockout-threshold=${AD_LOCKOUT.threshold}`, `--account-lockout-duration=${AD_LOCKOUT.minutes}`, `--reset-account-lockout-after=${AD_LOCKOUT.minutes}`];
  await sambaTool(['domain', 'passwordsettings', 'set', `--configfile=${smbConf}`, '-H', join(data, 'private', 'sam.ldb'), '--min-pwd-age=0', ...lockout]);

  const authority = await createCertificateAuthority('Postern local domain CA');
  const identity = await authority.issue('dc', { dns: [`dc.${REALM}`], ip: [address] });
  const caFile = writeAtomically(join(runDir, 'ca.crt'), authority.identity.certificate, 0o644);
  const tls = { keyfile: writeAtomically(join(runDir, 'dc.key'), identity.key), certfile: writeAtomically(join(runDir, 'dc.crt'), identity.certificate, 0o644), cafile: caFile };
  const settings = {
    'server services': 'ldap',
    // Simple binds without TLS are for the specs that show that Postern makes none.
    'ldap server require strong auth': 'no',
    'pid directory': data,
    'ncalrpc dir': join(data, 'ncalrpc'),
    'log file': join(runDir, 'samba.log'),
    ...Object.fromEntries(Object.entries(tls).map(([name, file]) => [`tls ${name}`, file])),
  };
  const args = ['-i', '-M', 'single', `--configfile=${smbConf}`, ...Object.entries(settings).map(([name, value]) => `--option=${name}=${value}`)];
  const url = `ldaps://${address}`;
  const admin: LdapLogin = { url, caFile, dn: `CN=Administrator,CN=Users,${AD_BASE_DN}`, password: adminPassword };
  const launch = () =>
    launchAnswering({ name: 'active-directory', runDir, logFile: join(runDir, 'active-directory.log'), command: SAMBA, args, lifetime }, { title: 'the domain controller', answers: () => administratorAnswers(admin, 'the domain controller'), timeoutMs: 20_000 });
  const servicePassword = `Sv1-${randomBytes(18).toString('base64url')}`;
  const passwordFile = writeAtomically(join(runDir, 'service.password'), servicePassword);
  // The domain keeps its data: people come once.
  const load = (): Promise<void> =>
    withLdap(admin, async (ldap) => {
      for (const entry of adEntries(servicePassword)) await ldap.add(entry);
      for (const [group, members] of adNesting) await ldap.modify(group, 'add', 'member', members);
    });
  const parts = {
    url,
    plainUrl: `ldap://${address}`,
    address,
    caFile,
    service: { dn: AD_SERVICE_DN, passwordFile },
    admin,
    agePassword: async (dn: string) => {
      await runProgram('/usr/bin/python3', [AGE_PASSWORD, smbConf, join(data, 'private', 'sam.ldb'), dn]);
    },
  };
  return restartable(launch, parts, { afterLaunch: (isFirst) => (isFirst ? load() : Promise.resolve()) });
};
