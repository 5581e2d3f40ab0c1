import { describe, expect, it } from 'vitest';
import type { Contract } from './contract.setup.ts';
import { testCaller } from './test-caller.ts';
import { clusterOf, codeOf, record, testSessions } from './test-sessions.ts';

export const registerMetadataCases = ({ sessions, stack, topic, transport }: Contract): void => {
  describe('metadata', () => {
    const alice = testCaller(stack, 'alice');

    it('lists the topics that the caller may describe, and no other', async () => {
      const names = (await sessions.as(alice, (session) => session.listTopics())).map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining([topic('bytes'), topic('keyed'), topic('open')]));
      expect(names).not.toContain(topic('closed'));
      expect(names).toEqual(names.toSorted());
    });

    it('filters the list by the topic rule', async () => {
      const ruled = testCaller(stack, 'alice', { topics: { admits: (name, operation) => operation === 'describe' && name === topic('keyed') } });
      expect(await sessions.as(ruled, (session) => session.listTopics())).toEqual([{ name: topic('keyed'), internal: false }]);
    });

    it('describes a topic', async () => {
      const found = await sessions.as(alice, (session) => session.describeTopic(topic('open')));
      expect(found).toMatchObject({ name: topic('open'), internal: false });
      expect(found.partitions).toEqual(Array.from({ length: 6 }, (_, partition) => ({ partition, leader: 1, replicas: [1], inSync: [1] })));
    });

    it.each([
      ['a topic that the caller may not describe', 'closed', 'TOPIC_AUTHORIZATION_FAILED'],
      ['a missing topic that the caller may not describe', 'missing', 'TOPIC_AUTHORIZATION_FAILED'],
      ['a missing topic that the caller may describe', 'new-missing', 'UNKNOWN_TOPIC'],
      ['a name that cannot be a topic', 'not a topic', 'INVALID_TOPIC'],
    ])('answers for %s', async (_case, name, code) => {
      expect(await codeOf(sessions.as(alice, (session) => session.describeTopic(topic(name))))).toBe(code);
    });

    it('refuses by the topic rule before asking the broker', async () => {
      const ruled = testCaller(stack, 'alice', { topics: { admits: () => false } });
      expect(await codeOf(sessions.as(ruled, (session) => session.describeTopic(topic('open'))))).toBe('TOPIC_RULE_DENIED');
      expect(await codeOf(sessions.as(ruled, (session) => session.topicConfigs(topic('open'))))).toBe('TOPIC_RULE_DENIED');
    });

    it('gives all settings of a topic by name, in order', async () => {
      const entries = await sessions.as(alice, (session) => session.topicConfigs(topic('small')));
      expect(entries).toContainEqual({ name: 'max.message.bytes', value: '20000', sensitive: false });
      expect(entries.map(({ name }) => name)).toEqual(entries.map(({ name }) => name).toSorted());
      expect(await codeOf(sessions.as(alice, (session) => session.topicConfigs(topic('closed'))))).toBe('TOPIC_AUTHORIZATION_FAILED');
    });

    it('describes the brokers', async () => {
      const [host = '', port = ''] = (stack.kafka.bootstrap['minted'] ?? '').split(':');
      expect(await sessions.as(alice, (session) => session.describeBrokers())).toEqual([{ id: 1, host, port: Number(port), rack: null }]);
    });

    it('never dials an advertised address that the settings do not know', async () => {
      const { port } = new URL(`tcp://${stack.kafka.bootstrap['minted'] ?? ''}`);
      const cluster = clusterOf(stack, transport);
      const { minted } = cluster.listeners;
      if (minted === undefined) throw new Error('unreachable: clusterOf makes it');
      // Reached under another name than the broker advertises, which is no longer admitted.
      const strict = testSessions({ ...cluster, brokerDeadlineMs: 1_500, listeners: { minted: { ...minted, bootstrapServers: [`localhost:${Number(port)}`], advertisedHosts: ['*.kafka.test'] } } });
      try {
        const [result] = await strict.produce(alice, [record(topic('open'), 'x')]);
        expect(result).toMatchObject({ kind: 'failed', error: { code: 'NO_BROKER' } });
        expect(strict.notices).toContainEqual({ kind: 'address-refused', clusterId: 'main', address: `127.0.0.1:${port}` });
        expect(strict.notices.filter(({ kind }) => kind === 'connected')).toEqual([expect.objectContaining({ address: `localhost:${port}` })]);
      } finally {
        await strict.close();
      }
    });
  });
};
