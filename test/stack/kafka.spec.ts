import { writeFileSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { kafkaTool, type ToolRun } from '../../stack/src/index.ts';
import { mintedToken } from '../setup/minted-token.ts';
import { startOwnKafka } from '../setup/own-kafka.ts';
import { endOffsets, readTopic } from '../setup/read-topic.ts';
import { stack } from '../setup/stack.ts';

const { kafka, issuer, ...rest } = stack();
const description = { ...rest, kafka, issuer };

/** Kafka's own console producer as the holder of a token: the reference for what a caller may do. */
const produceAs = async (listener: 'minted' | 'caller', token: string, topic: string, lines: string): Promise<ToolRun> => {
  const dir = mkdtempSync(join(description.runDir, 'client-'));
  const tokenFile = join(dir, 'token.jwt');
  writeFileSync(tokenFile, token, { mode: 0o600 });
  const oauth = 'org.apache.kafka.common.security.oauthbearer';
  writeFileSync(
    join(dir, 'client.properties'),
    [
      'security.protocol=SASL_SSL',
      'ssl.truststore.type=PEM',
      `ssl.truststore.location=${description.certificates.caFile}`,
      'sasl.mechanism=OAUTHBEARER',
      `sasl.login.callback.handler.class=${oauth}.OAuthBearerLoginCallbackHandler`,
      `sasl.jaas.config=${oauth}.OAuthBearerLoginModule required;`,
      `sasl.oauthbearer.token.endpoint.url=file://${tokenFile}`,
      'delivery.timeout.ms=8000',
      'request.timeout.ms=4000',
      'max.block.ms=8000',
      'enable.idempotence=false',
    ].join('\n'),
  );
  return kafkaTool(
    kafka,
    'console-producer',
    ['--bootstrap-server', kafka.bootstrap[listener] ?? '', '--topic', topic, '--sync', '--command-config', join(dir, 'client.properties')],
    { stdin: lines, javaSettings: [`-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=file://${tokenFile}`] },
  );
};

describe('the Kafka of the stack, seen by its own tools', () => {
  beforeAll(async () => {
    await kafka.createTopics({ name: 'stack-open', partitions: 2 }, { name: 'stack-closed' });
    await kafka.addAcls(
      { principal: 'alice', resource: 'topic', name: 'stack-open', operations: ['write', 'describe'] },
      { principal: issuer.client('orders-service').objectId, resource: 'topic', name: 'stack-open', operations: ['write', 'describe'] },
    );
  });

  it('lists the rules that set-up added', async () => {
    const run = await kafka.tool('acls', ['--list', '--topic', 'stack-open']);
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toContain('(principal=User:alice, host=*, operation=WRITE, permissionType=ALLOW)');
  });

  it('lets a minted token write where its subject may, and keeps what it wrote', async () => {
    const run = await produceAs('minted', await mintedToken(description, 'alice'), 'stack-open', 'first\nzweitens ü\n');
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    const values = (await readTopic(kafka, 'stack-open')).map((record) => record.value?.toString('utf8'));
    expect(new Set(values)).toEqual(new Set(['first', 'zweitens ü']));
  });

  it('lets an Entra token write under its object id on the caller listener', async () => {
    const before = await endOffsets(kafka, 'stack-open');
    const run = await produceAs('caller', await issuer.fetchToken('orders-service'), 'stack-open', 'third\n');
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    const total = (offsets: ReadonlyMap<number, bigint>): bigint => [...offsets.values()].reduce((sum, end) => sum + end, 0n);
    expect(total(await endOffsets(kafka, 'stack-open'))).toBe(total(before) + 1n);
  });

  it.each([
    ['a subject without a rule on the topic', 'minted', () => mintedToken(description, 'alice'), 'stack-closed', 'TopicAuthorizationException'],
    ['a subject that nobody knows', 'minted', () => mintedToken(description, 'nobody-knows'), 'stack-open', 'TopicAuthorizationException'],
    ['a token that has ended', 'minted', () => mintedToken(description, 'alice', { lifeSeconds: -1 }), 'stack-open', 'SaslAuthenticationException'],
    ['a token for another cluster', 'minted', () => mintedToken(description, 'alice', { claims: { aud: 'kafka-other' } }), 'stack-open', 'SaslAuthenticationException'],
    ['a token of another issuer', 'minted', () => mintedToken(description, 'alice', { claims: { iss: 'https://other.example.test' } }), 'stack-open', 'SaslAuthenticationException'],
    ['an Entra token on the minted listener', 'minted', () => issuer.fetchToken('orders-service'), 'stack-open', 'SaslAuthenticationException'],
    ['a minted token on the caller listener', 'caller', () => mintedToken(description, 'alice'), 'stack-open', 'SaslAuthenticationException'],
    ['a v1 Entra token on the caller listener', 'caller', () => issuer.fetchToken('orders-service', 'api://postern-v1'), 'stack-open', 'SaslAuthenticationException'],
  ] as const)('refuses %s', async (_case, listener, token, topic, exception) => {
    const run = await produceAs(listener, await token(), topic, 'refused\n');
    expect(`${run.stdout}${run.stderr}`).toContain(exception);
  });

  it('keeps its data over a sudden death and serves again', async () => {
    const own = await startOwnKafka(description);
    try {
      await own.createTopics({ name: 'kept', partitions: 3 });
      await own.kill();
      await own.restart();
      expect((await endOffsets(own, 'kept')).size).toBe(3);
    } finally {
      await own.stop();
    }
  });
});
