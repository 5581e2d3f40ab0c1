import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthorities, createCredentialMatrix, parseAuthorization, type CredentialMatrix, type Plugin } from '@postern/auth-plugins';
import { createKafkaSessions, type BrokerAddress, type KafkaSessions } from '@postern/kafka';
import { startMds, type Kafka, type Mds } from '../../stack/src/index.ts';
import { startOwnKafka } from '../setup/own-kafka.ts';
import { stack } from '../setup/stack.ts';
import { directoryBlock, mdsFor } from './mds-plugin.setup.ts';
import { basic, bearer, principalOf, run } from './run-plugin.ts';

/** A stock broker listener stands in for Confluent's: it knows the same public key, and no audience. */
describe('the token of MDS at Kafka', () => {
  let mds: Mds;
  let kafka: Kafka;
  let sessions: KafkaSessions;
  let plugin: Plugin;
  let matrix: CredentialMatrix;

  beforeAll(async () => {
    const { certificates, directory, runDir } = stack();
    mds = await startMds({ runDir: mkdtempSync(join(runDir, 'mds-at-kafka-')), certificates, directory, usualPorts: false, lifetime: 'parent' });
    kafka = await startOwnKafka(stack(), { trusts: [{ listener: 'mds', jwksFile: mds.jwksFile, issuer: mds.issuer, principalClaim: 'sub' }] });
    plugin = mdsFor(mds, { directory: directoryBlock(directory) }).plugin;
    const clock = { now: () => Date.now() };
    const authorities = createAuthorities({ protectedNames: ['admin', 'broker', 'postern'], authorities: [{ id: 'corp', admits: { anyoneInThisTenant: true }, kafkaNames: { owns: 'plain' } }] });
    matrix = createCredentialMatrix({
      plugins: [plugin], authorities, maxProofAgeSeconds: 600, clock,
      tokens: { clusterIds: [], isLive: () => true, mint: () => Promise.reject(new Error('nothing is minted here')) },
      clusters: [
        {
          id: 'main',
          listeners: [{ name: 'mds', trusts: { kind: 'mds', issuer: 'Confluent' } }],
          credentials: [
            { from: 'authority:corp', source: 'mds', listener: 'mds' },
            { from: 'Confluent', source: 'mds', listener: 'mds' },
          ],
        },
      ],
    });
    const listener = { bootstrapServers: [kafka.bootstrap['mds'] as BrokerAddress], tls: { ca: readFileSync(certificates.caFile, 'utf8') }, sasl: 'oauthbearer' as const, advertisedHosts: ['127.0.0.1'] };
    sessions = createKafkaSessions({
      clusters: [{ id: 'main', transport: 'platformatic', brokerDeadlineMs: 10_000, listeners: { mds: listener } }],
      limits: { maxSessions: 10, idleMs: 60_000, bufferBytesPerSession: 1_000_000, bufferBytes: 1_000_000 },
      clock,
    });
    await kafka.createTopics({ name: 'orders' }, { name: 'payments' });
    await kafka.addAcls({ principal: 'alice', resource: 'topic', name: 'orders', operations: ['describe'] });
  });
  afterAll(async () => {
    await sessions.close();
    await Promise.all([plugin.close(), kafka.stop(), mds.stop()]);
  });

  const topicsOf = async (header: string) => {
    const parsed = parseAuthorization(['Authorization', header]);
    if (!('secret' in parsed)) throw new Error(parsed.kind);
    const credentials = matrix.sourceFor(principalOf(await run(plugin, header)), parsed.secret, 'main');
    const names = await sessions.withSessionFor({ credentials, topics: { admits: () => true } }, 'main', async (session) => (await session.listTopics()).map(({ name }) => name));
    return { origin: credentials.origin, names };
  };

  it('that a login by password gave makes the caller its own principal there', async () => {
    expect(await topicsOf(basic('alice', 'alice-secret'))).toEqual({ origin: 'mds', names: ['orders'] });
    expect(await topicsOf(basic('bob', 'bob-secret'))).toEqual({ origin: 'mds', names: [] });
  });
  it('that the caller presented is shown as it is', async () => {
    expect(await topicsOf(bearer(await mds.fetchToken('alice', 'alice-secret')))).toEqual({ origin: 'caller', names: ['orders'] });
  });
  it('that names another spelling than the directory is never shown', async () => {
    await expect(topicsOf(basic('ALICE', 'alice-secret'))).rejects.toThrow('Kafka name refused: outside');
  });
});
