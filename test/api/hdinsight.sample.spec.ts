import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stack as theStack, type Stack } from '../setup/stack.ts';
import { runClient } from './python/run-client.ts';
import { runProxy, type RunningProxy } from './running-proxy.ts';

/* The steps of Microsoft's sample in its own language and by Microsoft's own identity library. */
let stack: Stack;
let proxy: RunningProxy;

beforeAll(async () => {
  stack = theStack();
  const { objectId } = stack.issuer.client('orders-service');
  await stack.kafka.addAcls({ principal: objectId, resource: 'topic', name: 'hello_topic_', pattern: 'prefixed', operations: ['create', 'write', 'read', 'describe'] });
  proxy = await runProxy(stack);
}, 300_000);
afterAll(async () => {
  await stack.issuer.shapeTokens();
  await proxy?.stop();
});

const run = (name: 'orders-service' | 'outsider', more: { asEntra?: boolean; args?: readonly string[] } = {}) =>
  runClient({ endpoint: proxy.proxy.hdinsightUrl ?? '', issuer: stack.issuer, client: stack.issuer.client(name), ...more });
const operations = (since: number) =>
  proxy
    .audits()
    .slice(since)
    .filter((record) => String(record['operation']).startsWith('api.hdinsight.') && record['phase'] === undefined)
    .map((record) => [String(record['operation']).slice('api.hdinsight.'.length), record['status']]);

describe('HDInsight: the sample itself', () => {
  it.each([
    ["the issuer's own address", false],
    ["Entra's login host, pointed at the issuer", true],
  ])('44 by MSAL at %s: exit code 0, six records printed, 1 create, >= 1 list, 1 produce, 4 consume, 2 metadata calls', async (_, asEntra) => {
    const before = proxy.audits().length;
    const { exitCode, output } = await run('orders-service', { asEntra });
    expect(exitCode, output).toBe(0);
    expect(output.match(/^record \d: /gm)).toHaveLength(6);
    expect(output).toContain('4 consume calls, 6 records');
    await expect.poll(() => operations(before)).toHaveLength(9);
    expect(operations(before)).toEqual([
      ['topics.create', 200],
      ['topics.list', 200],
      ['produce', 200],
      ...Array.from({ length: 4 }, () => ['consume', 200]),
      ['partitions.list', 200],
      ['partitions.get', 200],
    ]);
  }, 300_000);

  it('44 with the caller outside the group: 403, and nothing in Kafka', async () => {
    const { exitCode, output } = await run('outsider', { args: ['--topic', 'hello_topic_never'] });
    expect([exitCode, /PUT .*: 403 .*40301/.test(output)], output).toEqual([1, true]);
    expect((await stack.kafka.tool('topics', ['--list'])).stdout).not.toContain('hello_topic_never');
  }, 60_000);

  it('44 in a loop, with tokens of ten seconds: every round reads back its six records through their renewals', async () => {
    await stack.issuer.shapeTokens({ lifeSeconds: 10 });
    const { exitCode, output } = await run('orders-service', { args: ['--poll', '0.1', '--minutes', '0.4'] });
    expect(exitCode, output).toBe(0);
    const [, rounds, failed, tokens] = (/rounds=(\d+) failed=(\d+) calls=\d+ tokens=(\d+)/.exec(output) ?? []).map(Number);
    expect([Number(rounds) > 10, failed, Number(tokens) > 3], output).toEqual([true, 0, true]);
  }, 120_000);
});
