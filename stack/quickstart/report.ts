import { readFileSync } from 'node:fs';
import { groupsOf, PEOPLE, recordedProcesses, writeAtomically } from '../src/index.ts';
import { COMPONENTS, TOPICS, type Everything } from './start-everything.ts';
import { join } from 'node:path';

/** Everything that a program needs to use the running quickstart; holds secrets, so it is owner-only. */
export const writeReport = (file: string, runDir: string, { kafka, directory, issuer, mds, proxy }: Everything): void => {
  const report = {
    proxy: { url: proxy.url, hdinsightUrl: proxy.hdinsightUrl, managementUrl: proxy.managementUrl, jwksUrl: proxy.jwksUrl, caFile: proxy.caFile },
    kafka: {
      bootstrap: { minted: kafka.bootstrap['minted'], callerToken: kafka.bootstrap['caller'] },
      adminBootstrap: kafka.bootstrap['internal'],
      adminProperties: kafka.adminPropertiesFile,
      libDir: kafka.libDir,
      version: kafka.version,
      clusterId: kafka.clusterId,
    },
    issuer: {
      url: issuer.url,
      tenant: issuer.tenant,
      tokenUrl: issuer.v2.tokenUrl,
      audience: issuer.v2.audience,
      scope: 'api://postern/.default',
      hdinsightScope: 'https://hib.azurehdinsight.net/.default',
      clients: issuer.clients.map(({ name, appId, secret, objectId, groups }) => ({ name, id: appId, secret, objectId, groups })),
    },
    directory: { url: directory.url, caFile: directory.caFile, users: PEOPLE.map(({ uid, password }) => ({ name: uid, password, groups: groupsOf(uid) })) },
    mds: { url: mds.url, tokenUrl: `${mds.url}/security/1.0/authenticate`, publicKeyFile: mds.publicKeyFile },
    topics: TOPICS.map((topic) => topic.name),
    logs: { proxy: proxy.logFile, kafka: kafka.logFile, directory: directory.logFile, issuer: issuer.logFile, mds: mds.logFile },
    pids: Object.fromEntries(COMPONENTS.flatMap((part) => recordedProcesses(join(runDir, part))).map(({ name, pid }) => [name, pid])),
  };
  writeAtomically(file, `${JSON.stringify(report, null, 2)}\n`);
};

export const proxyUrlOf = (file: string): string => (JSON.parse(readFileSync(file, 'utf8')) as { proxy: { url: string } }).proxy.url;
