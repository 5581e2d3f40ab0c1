import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { CertificateFiles } from '../certificates/make-certificates.ts';
import { ownerOnlyDir } from '../files/owner-only.ts';
import { callHttps } from '../issuer/issuer.calls.ts';
import type { Progress } from '../maven/fetch-jars.ts';
import type { Lifetime } from '../processes/child.process.ts';
import { choosePort } from '../processes/ports.ts';
import { launchAnswering, restartable, type Restartable } from '../processes/restartable.ts';
import { fetchKeycloak } from './fetch-keycloak.ts';
import { keycloakAdmin } from './keycloak.admin.ts';
import { keycloakJava } from './keycloak.java.ts';
import { makeRealm, type KeycloakRealm, type RealmWish } from './keycloak.realm.ts';

export interface KeycloakOptions {
  readonly runDir: string;
  readonly certificates: CertificateFiles;
  readonly lifetime: Lifetime;
  readonly progress?: Progress;
}

/** A restart keeps realms and keys. */
export interface Keycloak extends Restartable {
  readonly url: string;
  readonly caFile: string;
  makeRealm(wish: RealmWish): Promise<KeycloakRealm>;
}

const ADMIN = 'stack-admin';

/**
 * A real Keycloak on loopback over HTTPS: an identity provider that is not our own work, for the long suite. About 25 s
 * for the first start (it makes its database), 10 s for a later one, 400 MB of memory.
 * @throws StackError with what to install; Error with its last words when it will not start
 */
export const startKeycloak = async ({ certificates, lifetime, progress = () => {}, ...options }: KeycloakOptions): Promise<Keycloak> => {
  const home = await fetchKeycloak(progress);
  const runDir = ownerOnlyDir(options.runDir);
  const port = await choosePort(null);
  const managementPort = await choosePort(null);
  const url = `https://127.0.0.1:${port}`;
  const password = randomBytes(18).toString('base64url');
  const { caFile, servers } = certificates;
  const args = [
    'start', '--optimized', '--cache=local', '--http-enabled=false', '--http-host=127.0.0.1', `--https-port=${port}`, `--http-management-port=${managementPort}`, `--hostname=${url}`,
    `--https-certificate-file=${servers.issuer.certFile}`, `--https-certificate-key-file=${servers.issuer.keyFile}`,
    // Its own default names the folder of the distribution. VALUE is a name that Keycloak's tables use and H2 reserves.
    `--db-url=jdbc:h2:file:${join(runDir, 'keycloak')};NON_KEYWORDS=VALUE`,
  ];
  const env = { KC_BOOTSTRAP_ADMIN_USERNAME: ADMIN, KC_BOOTSTRAP_ADMIN_PASSWORD: password, QUARKUS_TRANSACTION_MANAGER_OBJECT_STORE_DIRECTORY: join(runDir, 'transactions') };
  const launch = () => launchAnswering({ name: 'keycloak', runDir, logFile: join(runDir, 'keycloak.log'), command: 'java', args: keycloakJava(home, [`-Djava.io.tmpdir=${runDir}`], args), env, lifetime }, { title: 'Keycloak', answers: async () => (await callHttps(`${url}/realms/master`, caFile)).status === 200, timeoutMs: 120_000, everyMs: 200 });
  progress('Keycloak: starting');
  const admin = keycloakAdmin({ url, caFile, name: ADMIN, password });
  return restartable(launch, { url, caFile, makeRealm: (wish: RealmWish) => makeRealm(admin, url, caFile, wish) });
};
