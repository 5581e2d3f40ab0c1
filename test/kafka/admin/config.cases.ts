import { beforeAll, describe, expect, it } from 'vitest';
import type { ConfigChange, ConfigDetail, ConfigResource, KafkaCaller } from '@postern/kafka';
import type { Contract } from '../contract.setup.ts';
import { administrators, told, words } from './operator.ts';

export const registerConfigAdminCases = (contract: Contract): void => {
  const { stack, topic } = contract;
  // Before Kafka 4.0 a group has no settings; that it was asked for must harm nothing else in the call.
  const group = contract.lacks.has('group settings') ? 'UNSUPPORTED_VERSION' : null;
  const { as, nobody, prepare, ruled } = administrators(contract);
  const OPEN: ConfigResource = { type: 'topic', name: topic('adm-set') };
  const configsOf = async (resource: ConfigResource, caller?: KafkaCaller): Promise<ReadonlyMap<string, ConfigDetail>> => {
    const [found] = await as((admin) => admin.configs.describe([resource]), caller);
    return new Map(found?.kind === 'done' ? found.configs.map((config) => [config.name, config]) : []);
  };
  const alter = (resource: ConfigResource, changes: readonly ConfigChange[], validateOnly = false) => as((admin) => admin.configs.alter([{ resource, changes }], { validateOnly }));
  const set = (name: string, value: string): ConfigChange => ({ name, operation: 'SET', value });

  describe('administration of settings', () => {
    beforeAll(async () => {
      await prepare();
      await stack.kafka.createTopics({ name: topic('adm-set'), configs: { 'max.message.bytes': '50000' } }, { name: topic('adm-hidden-set') });
    });

    it('tells of a setting where it comes from, what it would be without, and what it means', async () => {
      const found = await configsOf(OPEN);
      expect(found.get('max.message.bytes')).toMatchObject({ value: '50000', source: 'DYNAMIC_TOPIC_CONFIG', type: 'INT', sensitive: false, readOnly: false, documentation: expect.stringContaining('batch') });
      expect(found.get('max.message.bytes')?.synonyms[0]).toEqual({ name: 'max.message.bytes', value: '50000', source: 'DYNAMIC_TOPIC_CONFIG' });
      expect(found.get('max.message.bytes')?.synonyms.at(-1)?.source).toBe('DEFAULT_CONFIG');
      expect(found.get('cleanup.policy')).toMatchObject({ value: 'delete', source: 'DEFAULT_CONFIG', type: 'LIST' });
      expect([...found.keys()]).toEqual([...found.keys()].toSorted());
    });

    it('describes a broker, the default of all, a group and a topic in one call, each with its own outcome', async () => {
      const resources: ConfigResource[] = [{ type: 'broker', id: 1 }, { type: 'broker', id: 77 }, { type: 'cluster-default' }, { type: 'topic', name: topic('closed') }, { type: 'topic', name: topic('adm-missing') }, { type: 'group', name: topic('adm-g') }, { type: 'broker-logger', id: 1 }];
      const found = await as((admin) => admin.configs.describe(resources));
      expect(found.map(({ resource }) => resource)).toEqual(resources);
      expect(told(found)).toEqual(['done', 'UNKNOWN_RESOURCE', 'done', 'TOPIC_AUTHORIZATION_FAILED', 'UNKNOWN_TOPIC', group ?? 'done', 'done']);
      const broker = new Map(found[0]?.kind === 'done' ? found[0].configs.map((config) => [config.name, config]) : []);
      expect(broker.get('node.id')).toMatchObject({ value: '1', source: 'STATIC_BROKER_CONFIG', readOnly: true });
      const secret = [...broker.values()].find(({ name }) => name.endsWith('internal.plain.sasl.jaas.config'));
      expect(secret).toMatchObject({ value: null, sensitive: true, type: 'PASSWORD' });
      expect(secret?.synonyms.map(({ value }) => value)).toEqual(secret?.synonyms.map(() => null));
    });

    it('sets, appends, subtracts and takes back, and leaves what was not named', async () => {
      expect(told(await alter(OPEN, [set('retention.ms', '60000'), { name: 'cleanup.policy', operation: 'APPEND', value: 'compact' }]))).toEqual(['done']);
      // Polled: the controller answers before a broker goes by it.
      await expect.poll(async () => {
        const found = await configsOf(OPEN);
        return [found.get('retention.ms')?.value, found.get('cleanup.policy')?.value, found.get('max.message.bytes')?.value];
      }).toEqual(['60000', 'delete,compact', '50000']);
      expect(told(await alter(OPEN, [{ name: 'cleanup.policy', operation: 'SUBTRACT', value: 'delete' }, { name: 'retention.ms', operation: 'DELETE' }]))).toEqual(['done']);
      await expect.poll(async () => {
        const found = await configsOf(OPEN);
        return [found.get('cleanup.policy')?.value, found.get('retention.ms')?.source];
      }).toEqual(['compact', 'DEFAULT_CONFIG']);
    });

    it('changes nothing when it only checks, and says in the broker’s words what is wrong', async () => {
      expect(told(await alter(OPEN, [set('segment.ms', '7000')], true))).toEqual(['done']);
      expect((await configsOf(OPEN)).get('segment.ms')?.source).toBe('DEFAULT_CONFIG');
      const wrong = await alter(OPEN, [set('segment.ms', 'soon'), set('flush.ms', '5')], true);
      expect([told(wrong), words(wrong)[0]]).toEqual([['INVALID_CONFIG'], expect.stringContaining('segment.ms')]);
    });

    it('gives each resource its own outcome, all of its changes or none', async () => {
      const results = await as(
        (admin) =>
          admin.configs.alter([
            { resource: OPEN, changes: [set('flush.ms', '5000'), set('no.such.setting', '1')] },
            { resource: { type: 'topic', name: topic('adm-hidden-set') }, changes: [set('flush.ms', '5000')] },
            { resource: { type: 'topic', name: topic('adm-missing') }, changes: [set('flush.ms', '5000')] },
            { resource: { type: 'broker', id: 77 }, changes: [] },
            { resource: { type: 'cluster-default' }, changes: [set('log.cleaner.threads', '1')] },
          ]),
        ruled,
      );
      expect(told(results)).toEqual(['INVALID_CONFIG', 'TOPIC_RULE_DENIED', 'UNKNOWN_TOPIC', 'UNKNOWN_RESOURCE', 'done']);
      expect((await configsOf(OPEN)).get('flush.ms')?.source).toBe('DEFAULT_CONFIG');
      expect((await configsOf({ type: 'topic', name: topic('adm-hidden-set') })).get('flush.ms')?.source).toBe('DEFAULT_CONFIG');
      await expect.poll(async () => (await configsOf({ type: 'cluster-default' })).get('log.cleaner.threads')).toMatchObject({ value: '1', source: 'DYNAMIC_DEFAULT_BROKER_CONFIG' });
      expect(told(await alter({ type: 'cluster-default' }, [{ name: 'log.cleaner.threads', operation: 'DELETE' }]))).toEqual(['done']);
    });

    it('changes one broker', async () => {
      expect(told(await alter({ type: 'broker', id: 1 }, [set('log.cleaner.threads', '2')]))).toEqual(['done']);
      await expect.poll(async () => (await configsOf({ type: 'broker', id: 1 })).get('log.cleaner.threads')).toMatchObject({ value: '2', source: 'DYNAMIC_BROKER_CONFIG' });
      expect(told(await alter({ type: 'broker', id: 1 }, [{ name: 'log.cleaner.threads', operation: 'DELETE' }]))).toEqual(['done']);
    });

    it(group === null ? 'changes one group' : 'says of a group that this Kafka has no settings of groups', async () => {
      const resource: ConfigResource = { type: 'group', name: topic('adm-g') };
      expect(told(await alter(resource, [set('consumer.session.timeout.ms', '50000')]))).toEqual([group ?? 'done']);
      const expected = group === null ? { value: '50000', source: 'DYNAMIC_GROUP_CONFIG' } : undefined;
      await expect.poll(async () => (await configsOf(resource)).get('consumer.session.timeout.ms')).toEqual(expected === undefined ? undefined : expect.objectContaining(expected));
    });

    it('refuses whom Kafka refuses', async () => {
      const resources: ConfigResource[] = [OPEN, { type: 'broker', id: 1 }, { type: 'cluster-default' }, { type: 'group', name: topic('adm-g') }];
      expect(told(await as((admin) => admin.configs.describe(resources), nobody))).toEqual(['TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED', group ?? 'GROUP_AUTHORIZATION_FAILED']);
      expect(told(await as((admin) => admin.configs.alter(resources.map((resource) => ({ resource, changes: [] }))), nobody))).toEqual(['TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED', group ?? 'GROUP_AUTHORIZATION_FAILED']);
    });
  });
};
