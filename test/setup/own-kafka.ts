import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { startKafka, type Kafka, type KafkaOptions } from '../../stack/src/index.ts';
import type { StackDescription } from './stack.description.ts';

/**
 * A broker of the spec's own, with the same trust as the shared one, to be killed, frozen and started again.
 * It ends with the spec's process at the latest; the spec stops it in its `afterAll`.
 */
export const startOwnKafka = ({ runDir, certificates, issuer, minted }: StackDescription, options: Partial<KafkaOptions> = {}): Promise<Kafka> =>
  startKafka({
    runDir: mkdtempSync(join(runDir, 'own-kafka-')),
    certificates,
    usualPorts: false,
    lifetime: 'parent',
    trusts: [
      { listener: 'minted', jwksFile: minted.jwksFile, issuer: minted.issuer, audience: minted.audience, principalClaim: 'sub' },
      { listener: 'caller', jwksFile: issuer.jwksFile, issuer: issuer.v2.issuer, audience: issuer.v2.audience, principalClaim: 'oid' },
    ],
    ...options,
  });
