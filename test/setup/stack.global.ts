import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { createSigningKeys, makeCertificates, startDirectory, startIssuer, startKafka } from '../../stack/src/index.ts';
import { MINTED_AUDIENCE, MINTED_ISSUER } from './stack.description.ts';

/**
 * One Kafka, one directory and one issuer for the whole integration run, on ports of their own, so that a quickstart may
 * run beside it. Nothing is created in Kafka: each spec makes the topics and rules that it talks about.
 */
export default async function startStack(project: TestProject): Promise<() => Promise<void>> {
  const runDir = mkdtempSync(join(tmpdir(), 'postern-test-'));
  const progress = (line: string): void => console.log(line);
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(stops.map((end) => end()));
    rmSync(runDir, { recursive: true, force: true });
  };
  try {
    const certificates = await makeCertificates(join(runDir, 'tls'));
    const shared = { certificates, usualPorts: false, lifetime: 'parent', progress } as const;
    const minted = { ...(await createSigningKeys(join(runDir, 'keys', 'main'))), issuer: MINTED_ISSUER, audience: MINTED_AUDIENCE };
    const [issuer, directory] = await Promise.all([
      startIssuer({ ...shared, runDir: join(runDir, 'issuer') }),
      startDirectory({ ...shared, runDir: join(runDir, 'directory') }),
    ]);
    stops.push(() => issuer.stop(), () => directory.stop());
    const kafka = await startKafka({
      ...shared,
      runDir: join(runDir, 'kafka'),
      trusts: [
        { listener: 'minted', jwksFile: minted.jwksFile, issuer: minted.issuer, audience: minted.audience, principalClaim: 'sub' },
        { listener: 'caller', jwksFile: issuer.jwksFile, issuer: issuer.v2.issuer, audience: issuer.v2.audience, principalClaim: 'oid' },
      ],
    });
    stops.push(() => kafka.stop());
    project.provide('stack', {
      runDir,
      certificates: { caFile: certificates.caFile, servers: certificates.servers },
      kafka: kafka.describe(),
      directory: directory.describe(),
      issuer: issuer.describe(),
      minted,
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}
