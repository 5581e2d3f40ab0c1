import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MDS_ISSUER, mdsUrl, type MdsSettings } from '../../mds/mds.settings.ts';
import type { CertificateFiles } from '../certificates/make-certificates.ts';
import { ownerOnlyDir, writeAtomically } from '../files/owner-only.ts';
import type { Lifetime } from '../processes/child.process.ts';
import { choosePort } from '../processes/ports.ts';
import { launchAnswering, restartable, type Restartable } from '../processes/restartable.ts';
import { callHttps } from '../issuer/issuer.calls.ts';
import { mdsControls, type MdsControls, type MdsDescription } from './mds.controls.ts';

export interface MdsOptions {
  readonly runDir: string;
  readonly certificates: CertificateFiles;
  readonly usualPorts: boolean;
  readonly lifetime: Lifetime;
  /** Where passwords are tried, by a real bind as the caller. */
  readonly directory: MdsSettings['directory'];
  /** Life of its tokens, seconds; default 3600, as MDS's own. */
  readonly lifeSeconds?: number;
  /** PEM of the CA whose client certificates log in, by their CN. */
  readonly clientCaFile?: string;
  readonly superUsers?: readonly string[];
  readonly protectedUsers?: readonly string[];
}

export interface Mds extends MdsDescription, MdsControls, Restartable {
  describe(): MdsDescription;
}

const MAIN = fileURLToPath(new URL('../../mds/main.ts', import.meta.url));

/** A double of Confluent's Metadata Service, as a process of its own: there is no open one to run. Its key survives a restart. */
export const startMds = async (options: MdsOptions): Promise<Mds> => {
  const { certificates, directory, lifetime } = options;
  const runDir = ownerOnlyDir(options.runDir);
  const port = await choosePort(options.usualPorts ? 8091 : null);
  const controlPort = await choosePort(null);
  const settings: MdsSettings = {
    port,
    controlPort,
    controlToken: randomBytes(24).toString('base64url'),
    certFile: certificates.servers.mds.certFile,
    keyFile: certificates.servers.mds.keyFile,
    privateKeyFile: join(runDir, 'token.private.pem'),
    publicKeyFile: join(runDir, 'token.public.pem'),
    jwksFile: join(runDir, 'jwks.json'),
    directory: { url: directory.url, caFile: directory.caFile },
    ...(options.clientCaFile === undefined ? {} : { clientCaFile: options.clientCaFile }),
    clusterId: randomBytes(16).toString('base64url'),
    lifeSeconds: options.lifeSeconds ?? 3_600,
    superUsers: options.superUsers ?? [],
    protectedUsers: options.protectedUsers ?? [],
  };
  const settingsFile = writeAtomically(join(runDir, 'mds.json'), JSON.stringify(settings, null, 2));
  const description: MdsDescription = {
    url: mdsUrl(port),
    port,
    caFile: certificates.caFile,
    issuer: MDS_ISSUER,
    publicKeyFile: settings.publicKeyFile,
    jwksFile: settings.jwksFile,
    clusterId: settings.clusterId,
    control: { url: `http://127.0.0.1:${controlPort}`, token: settings.controlToken },
  };
  const launch = () => launchAnswering({ name: 'mds', runDir, logFile: join(runDir, 'mds.log'), command: process.execPath, args: [MAIN, settingsFile], lifetime }, { title: 'the MDS double', answers: async () => (await callHttps(`${description.url}/security/1.0/features`, description.caFile)).status === 200, timeoutMs: 15_000 });
  return restartable(launch, {
    ...description,
    ...mdsControls(description),
    describe: () => description,
  });
};
