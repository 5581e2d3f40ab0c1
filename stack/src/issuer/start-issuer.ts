import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { baseUrl, v1Issuer, v2Issuer, type IssuerSettings } from '../../issuer/issuer.settings.ts';
import { APIS, CLIENTS, clientRegistrations, TENANT, type ClientName } from '../../issuer/registrations.ts';
import type { CertificateFiles } from '../certificates/make-certificates.ts';
import { ownerOnlyDir, writeAtomically } from '../files/owner-only.ts';
import type { Lifetime } from '../processes/child.process.ts';
import { choosePort } from '../processes/ports.ts';
import { launchAnswering, restartable, type Restartable } from '../processes/restartable.ts';
import { callHttps } from './issuer.calls.ts';
import { issuerControls, type IssuerControls, type IssuerDescription } from './issuer.controls.ts';

export interface IssuerOptions {
  readonly runDir: string;
  readonly certificates: CertificateFiles;
  readonly usualPorts: boolean;
  readonly lifetime: Lifetime;
}

export interface Issuer extends IssuerDescription, IssuerControls, Restartable {
  describe(): IssuerDescription;
}

const MAIN = fileURLToPath(new URL('../../issuer/main.ts', import.meta.url));

/** A tenant shaped like Entra's, as a process of its own. Secrets are new for each run; keys survive a restart. */
export const startIssuer = async ({ runDir, certificates, usualPorts, lifetime }: IssuerOptions): Promise<Issuer> => {
  ownerOnlyDir(runDir);
  const port = await choosePort(usualPorts ? 8444 : null);
  const controlPort = await choosePort(null);
  const secrets = Object.fromEntries(CLIENTS.map((name) => [name, randomBytes(24).toString('base64url')])) as Record<ClientName, string>;
  const clients = clientRegistrations(secrets);
  const settings: IssuerSettings = {
    port,
    controlPort,
    controlToken: randomBytes(24).toString('base64url'),
    certFile: certificates.servers.issuer.certFile,
    keyFile: certificates.servers.issuer.keyFile,
    privateKeysFile: join(runDir, 'keys.private.json'),
    jwksFile: join(runDir, 'jwks.json'),
    clients,
  };
  const settingsFile = writeAtomically(join(runDir, 'issuer.json'), JSON.stringify(settings, null, 2));
  const description: IssuerDescription = {
    url: baseUrl(port),
    port,
    caFile: certificates.caFile,
    tenant: TENANT,
    v1: { issuer: v1Issuer, audience: 'api://postern-v1', jwksUrl: `${baseUrl(port)}/${TENANT}/discovery/keys`, tokenUrl: `${baseUrl(port)}/${TENANT}/oauth2/token` },
    v2: {
      issuer: v2Issuer(port),
      audience: APIS.find((api) => api.appIdUri === 'api://postern')?.appId ?? '',
      jwksUrl: `${baseUrl(port)}/${TENANT}/discovery/v2.0/keys`,
      tokenUrl: `${baseUrl(port)}/${TENANT}/oauth2/v2.0/token`,
    },
    jwksFile: settings.jwksFile,
    clients,
    graph: { url: baseUrl(port), tokenUrl: `${baseUrl(port)}/${TENANT}/oauth2/v2.0/token`, clientSecretFile: writeAtomically(join(runDir, 'postern-proxy.secret'), secrets['postern-proxy']) },
    control: { url: `http://127.0.0.1:${controlPort}`, token: settings.controlToken },
  };
  const launch = () => launchAnswering({ name: 'issuer', runDir, logFile: join(runDir, 'issuer.log'), command: process.execPath, args: [MAIN, settingsFile], lifetime }, { title: 'the issuer', answers: async () => (await callHttps(description.v2.jwksUrl, description.caFile)).status === 200, timeoutMs: 15_000 });
  return restartable(launch, {
    ...description,
    ...issuerControls(description),
    describe: () => description,
  });
};
