import { afterAll, beforeAll, describe } from 'vitest';
import { stack, type Stack } from '../setup/stack.ts';
import { registerIdentityCases } from './identity.cases.ts';
import { registerMetadataCases } from './metadata.cases.ts';
import { registerProduceCases } from './produce.cases.ts';
import { registerFaultCases } from './fault.cases.ts';
import type { BrokerGap, Contract } from './contract.setup.ts';
import { registerFetchCases } from './fetch.cases.ts';
import { registerGroupCases } from './group.cases.ts';
import { registerLogCases } from './log.cases.ts';
import { registerOffsetCases } from './offset.cases.ts';
import { registerTopicCases } from './topic.cases.ts';
import { registerAclAdminCases } from './admin/acl.cases.ts';
import { registerClusterAdminCases } from './admin/cluster.cases.ts';
import { registerConfigAdminCases } from './admin/config.cases.ts';
import { registerGroupAdminCases } from './admin/group.cases.ts';
import { registerPartitionAdminCases } from './admin/partition.cases.ts';
import { registerQuotaAdminCases } from './admin/quota.cases.ts';
import { registerTopicAdminCases } from './admin/topic.cases.ts';
import { registerProducerSettingCases } from './producer.cases.ts';
import { registerThrottleCases } from './throttle.cases.ts';
import { clusterOf, testSessions, type TransportName } from './test-sessions.ts';

/** One contract for every transport and version of Kafka: what holds for one must hold for the other, on a real broker. */
export const registerContract = (transport: TransportName, servers: Stack = stack(), version?: string, lacks: readonly BrokerGap[] = []): void => {
  const sessions = testSessions(clusterOf(servers, transport));
  const contract: Contract = { transport, version, lacks: new Set(lacks), sessions, stack: servers, topic: (name) => `${transport}-${name}` };
  describe(`the Kafka session over ${transport}${version === undefined ? '' : ` on Kafka ${version}`}`, () => {
    beforeAll(async () => {
      const { topic } = contract;
      await servers.kafka.createTopics(
        { name: topic('open'), partitions: 6 },
        { name: topic('closed') },
        { name: topic('keyed'), partitions: 6 },
        { name: topic('bytes') },
        { name: topic('small'), configs: { 'max.message.bytes': '20000' } },
        { name: topic('batch') },
        { name: topic('read'), partitions: 2 },
        { name: topic('stamped'), configs: { 'message.timestamp.type': 'LogAppendTime' } },
        { name: topic('aborted') },
      );
      for (const principal of ['alice', 'bob']) {
        await servers.kafka.addAcls(
          ...['open', 'keyed', 'bytes', 'small', 'batch', 'read', 'stamped', 'aborted'].map((name) => ({ principal, resource: 'topic' as const, name: topic(name), operations: ['write', 'describe', 'describe-configs', 'read'] as const })),
          { principal, resource: 'topic' as const, name: topic('new-'), pattern: 'prefixed' as const, operations: ['write', 'describe'] as const },
          { principal, resource: 'topic' as const, name: topic('made-'), pattern: 'prefixed' as const, operations: ['create', 'write', 'read', 'describe'] as const },
        );
      }
    });
    afterAll(() => sessions.close());
    registerMetadataCases(contract);
    registerProduceCases(contract);
    registerFetchCases(contract);
    registerOffsetCases(contract);
    registerLogCases(contract);
    registerTopicCases(contract);
    registerGroupCases(contract);
    registerClusterAdminCases(contract);
    registerTopicAdminCases(contract);
    registerConfigAdminCases(contract);
    registerAclAdminCases(contract);
    registerGroupAdminCases(contract);
    registerPartitionAdminCases(contract);
    registerQuotaAdminCases(contract);
    registerThrottleCases(contract);
    registerProducerSettingCases(contract);
    registerIdentityCases(contract);
    registerFaultCases(contract);
  });
};
