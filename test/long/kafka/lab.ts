import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { importPKCS8, SignJWT } from 'jose';
import { createSigningKeys, makeCertificates, startKafka, type Kafka } from '../../../stack/src/index.ts';
import { MINTED_AUDIENCE, MINTED_ISSUER, type StackDescription } from '../../setup/stack.description.ts';

/** One broker of the run's own, and the key behind the tokens that its listener `minted` trusts. */
export interface Lab {
  readonly kafka: Kafka;
  readonly stack: Pick<StackDescription, 'certificates' | 'minted'> & { readonly kafka: Kafka };
  /** A token for a Kafka name, and the seconds that stand in it as epoch ms. */
  mint(kafkaName: string, lifeSeconds: number): Promise<{ readonly token: string; readonly issuedAt: number; readonly expiresAt: number }>;
  /** Every value of a topic as Kafka's own console consumer prints it, one a line. */
  values(topic: string): Promise<readonly string[]>;
}

export const startLab = async (runDir: string, say: (line: string) => void): Promise<Lab> => {
  const certificates = await makeCertificates(join(runDir, 'tls'));
  const minted = { ...(await createSigningKeys(join(runDir, 'keys'))), issuer: MINTED_ISSUER, audience: MINTED_AUDIENCE };
  const trusts = [{ listener: 'minted', jwksFile: minted.jwksFile, issuer: minted.issuer, audience: minted.audience, principalClaim: 'sub' }];
  const kafka = await startKafka({ runDir: join(runDir, 'kafka'), certificates, trusts, usualPorts: false, lifetime: 'parent', progress: say });
  const key = await importPKCS8(readFileSync(minted.privateKeyFile, 'utf8'), 'RS256');
  let serial = 0;
  return {
    kafka,
    stack: { kafka, certificates, minted },
    mint: async (kafkaName, lifeSeconds) => {
      const iat = Math.floor(Date.now() / 1_000);
      const payload = { iss: minted.issuer, aud: minted.audience, sub: kafkaName, iat, nbf: iat - 60, exp: iat + lifeSeconds, jti: String(serial++) };
      const token = await new SignJWT(payload).setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: minted.kid }).sign(key);
      return { token, issuedAt: iat * 1_000, expiresAt: (iat + lifeSeconds) * 1_000 };
    },
    values: async (topic) => {
      const offsets = await kafka.tool('offsets', ['--topic', topic]);
      const count = offsets.stdout.trim().split('\n').reduce((sum, line) => sum + Number(line.split(':').at(-1) ?? 0), 0);
      const run = await kafka.tool('console-consumer', ['--topic', topic, '--from-beginning', '--max-messages', String(count), '--timeout-ms', '60000'], { timeoutMs: 300_000 });
      if (run.exitCode !== 0) throw new Error(`ConsoleConsumer: ${run.stderr}`);
      return run.stdout.split('\n').filter((line) => line !== '');
    },
  };
};
