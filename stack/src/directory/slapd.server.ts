import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownerOnlyDir, writeAtomically } from '../files/owner-only.ts';
import type { DirectoryServer, ServerPlan } from './directory.server.ts';
import { baseEntry, POLICY_DN } from './entries.ts';
import { BASE_DN, SERVICE_DN } from './people.ts';

const SLAPD = '/usr/sbin/slapd';
const SCHEMA = '/etc/ldap/schema';

/** OpenLDAP as Debian and its kin package it. */
export const slapdInstalled = (): boolean => existsSync(SLAPD) && existsSync(`${SCHEMA}/core.schema`);

const settings = ({ runDir, certificates, adminDn, adminPassword }: ServerPlan): string => `
include ${SCHEMA}/core.schema
include ${SCHEMA}/cosine.schema
include ${SCHEMA}/inetorgperson.schema
include ${SCHEMA}/nis.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload refint
moduleload ppolicy
pidfile ${runDir}/slapd.pid
argsfile ${runDir}/slapd.args
TLSCACertificateFile ${certificates.caFile}
TLSCertificateFile ${certificates.servers.directory.certFile}
TLSCertificateKeyFile ${certificates.servers.directory.keyFile}
TLSVerifyClient never
TLSProtocolMin 3.3
# A password in clear text is refused: result 13.
security simple_bind=128
disallow bind_anon
require authc
loglevel none
database mdb
maxsize 67108864
suffix "${BASE_DN}"
rootdn "${adminDn}"
rootpw ${adminPassword}
directory ${runDir}/db
index objectClass,uid,mail,member,memberOf eq
overlay memberof
memberof-group-oc groupOfNames
memberof-refint TRUE
overlay refint
refint_attributes memberOf member
overlay ppolicy
ppolicy_default "${POLICY_DN}"
access to attrs=userPassword by self =xw by anonymous auth by * none
access to * by dn.exact="${SERVICE_DN}" read by self read by * none
`;

// Where AppArmor is on, the packaged profile keeps /usr/sbin/slapd in its own folders; it goes by path, so a copy is free.
const program = (runDir: string): string => {
  const switchFile = '/sys/module/apparmor/parameters/enabled';
  if (!existsSync(switchFile) || readFileSync(switchFile, 'utf8').trim() !== 'Y') return SLAPD;
  const copy = join(runDir, 'slapd');
  copyFileSync(SLAPD, copy);
  return copy;
};

/** OpenLDAP's slapd: computes memberOf, locks accounts after wrong passwords, keeps its data over a restart. */
export const slapdServer: DirectoryServer = {
  memberOf: true,
  passwordPolicy: true,
  startTls: true,
  prepare: (plan) => {
    ownerOnlyDir(join(plan.runDir, 'db'));
    const file = writeAtomically(join(plan.runDir, 'slapd.conf'), settings(plan));
    // Any debug level keeps it in the foreground, under the pid that is recorded.
    const args = ['-f', file, '-h', `ldaps://127.0.0.1:${plan.port}/ ldap://127.0.0.1:${plan.plainPort}/`, '-d', '0'];
    return Promise.resolve({ command: program(plan.runDir), args, first: [baseEntry], keepsData: true });
  },
};
