import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { assertRunning, startChild, type Lifetime, type RunningChild } from '../processes/child.process.ts';
import { waitUntil } from '../processes/wait-until.ts';
import { clusterIdAt, type AdminLogin } from './admin.client.ts';
import type { JavaCommand } from './java-command.ts';
import { logSetting } from './kafka.versions.ts';
import { fileUrl } from './server-properties.ts';

const run = promisify(execFile);

export interface BrokerLaunch {
  readonly version: string;
  readonly runDir: string;
  readonly propertiesFile: string;
  readonly clusterId: string;
  readonly jwksFiles: readonly string[];
  readonly login: AdminLogin;
  readonly lifetime: Lifetime;
  readonly java: JavaCommand;
  readonly jvmOptions: readonly string[];
}

/** Gives the data folder its cluster id. Done once per run folder. */
export const formatStorage = async (launch: BrokerLaunch): Promise<void> => {
  const settings = [logSetting(launch.version)];
  await run('java', [...launch.java.args('format', 'kafka.tools.StorageTool', settings), 'format', '-t', launch.clusterId, '-c', launch.propertiesFile, '--ignore-formatted']);
};

/**
 * Starts the broker and waits until it serves, by asking it: the answer must carry this run's cluster id, because
 * another broker on the port would answer just as readily.
 * @throws Error with the end of the broker's log when it ends, answers as another cluster, or takes longer than 60 s
 */
export const launchBroker = async (launch: BrokerLaunch): Promise<RunningChild> => {
  const logFile = join(launch.runDir, 'broker.log');
  const settings = [
    logSetting(launch.version),
    `-Dkafka.logs.dir=${launch.runDir}`,
    // Empty by default from Kafka 4.0 on: the exact URLs that OAUTHBEARER settings may name.
    `-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${launch.jwksFiles.map(fileUrl).join(',')}`,
    ...launch.jvmOptions,
  ];
  const broker = startChild({
    name: 'kafka',
    runDir: launch.runDir,
    logFile,
    command: 'java',
    args: [...launch.java.args('broker', 'kafka.Kafka', settings), launch.propertiesFile],
    lifetime: launch.lifetime,
  });
  let served = '';
  await waitUntil(
    'the Kafka broker',
    async () => {
      if (broker.ended() !== null) return 'ended';
      served = (await clusterIdAt(launch.login)) ?? '';
      return served === '' ? null : 'answered';
    },
    60_000,
  );
  assertRunning(broker, 'Kafka');
  if (served !== launch.clusterId) {
    await broker.kill();
    throw new Error(`another Kafka cluster (${served}) answers at ${launch.login.bootstrap}`);
  }
  return broker;
};
