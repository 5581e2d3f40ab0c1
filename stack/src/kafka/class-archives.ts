import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeCertificates } from '../certificates/make-certificates.ts';
import { createSigningKeys } from '../keys/signing-keys.ts';
import type { Progress } from '../maven/fetch-jars.ts';
import type { KafkaDistribution } from './fetch-kafka.ts';
import { javaCommand, type ClassArchive } from './java-command.ts';
import { startUnprepared } from './start-unprepared.ts';

/**
 * Makes the class archives of this Kafka and this Java once: one throw-away broker, formatted, started and stopped.
 * They halve every later start; when they cannot be made, starts are only slower.
 */
export const prepareClassArchives = async (kafka: KafkaDistribution, progress: Progress): Promise<void> => {
  const java = javaCommand(kafka);
  const kinds: readonly ClassArchive[] = ['format', 'broker', 'tool'];
  // Tried once, not until it works: a Java without this feature must not pay for it at every start.
  const tried = join(dirname(java.archiveFile('broker')), `tried-${kinds.join('-')}`);
  if (existsSync(tried)) return;
  progress(`Kafka ${kafka.version}: preparing faster starts (once)`);
  const runDir = mkdtempSync(join(tmpdir(), 'postern-kafka-'));
  try {
    const certificates = await makeCertificates(join(runDir, 'tls'));
    const { jwksFile } = await createSigningKeys(join(runDir, 'keys'));
    const trusts = [{ listener: 'minted', jwksFile, issuer: 'https://postern.example.test', audience: 'kafka-main', principalClaim: 'sub' }];
    const broker = await startUnprepared({ kafka, runDir, certificates, trusts, lifetime: 'parent', usualPorts: false, recording: true });
    await broker.createTopics({ name: 'archive' });
    // Of all tools the one that loads most: the others share nearly everything with it.
    await broker.tool('console-consumer', ['--topic', 'archive', '--timeout-ms', '500'], { recording: true });
    await broker.stop(60_000);
    writeFileSync(tried, '');
    for (const kind of kinds) {
      const recorded = `${java.archiveFile(kind)}.${process.pid}`;
      if (existsSync(recorded)) renameSync(recorded, java.archiveFile(kind));
    }
  } finally {
    rmSync(runDir, { recursive: true, force: true });
  }
};
