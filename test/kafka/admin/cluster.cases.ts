import { beforeAll, describe, expect, it } from 'vitest';
import type { Contract } from '../contract.setup.ts';
import { administrators, told } from './operator.ts';

export const registerClusterAdminCases = (contract: Contract): void => {
  const { stack, topic } = contract;
  const { as, nobody, prepare, ruled } = administrators(contract);

  describe('administration of the cluster', () => {
    beforeAll(async () => {
      await prepare();
      await stack.kafka.createTopics({ name: topic('adm-logs'), partitions: 2 }, { name: topic('adm-hidden-logs') });
    });

    it('describes the cluster, with what the caller may do there', async () => {
      const [host = '', port = ''] = (stack.kafka.bootstrap['minted'] ?? '').split(':');
      const found = await as((admin) => admin.cluster.describe());
      expect(found).toMatchObject({ clusterId: stack.kafka.clusterId, controllerId: 1, brokers: [{ id: 1, host, port: Number(port), rack: null }] });
      expect(found.authorizedOperations).toEqual(expect.arrayContaining(['ALTER', 'DESCRIBE', 'ALTER_CONFIGS', 'DESCRIBE_CONFIGS']));
      expect((await as((admin) => admin.cluster.describe(), nobody)).authorizedOperations).toEqual([]);
    });

    it('tells the size of each replica on disk, without topics that the rule hides', async () => {
      const [broker] = await as((admin) => admin.cluster.logDirectories(null), ruled);
      expect(broker).toMatchObject({ brokerId: 1, kind: 'done', directories: [{ kind: 'done', path: expect.stringContaining('data') }] });
      const [directory] = broker?.kind === 'done' ? broker.directories : [];
      if (directory?.kind !== 'done') throw new Error('no directory');
      expect(directory.totalBytes).toBeGreaterThan(directory.usableBytes);
      const names = directory.replicas.map((replica) => `${replica.topic}-${replica.partition}`);
      expect(names).toEqual(expect.arrayContaining([`${topic('adm-logs')}-0`, `${topic('adm-logs')}-1`]));
      expect(names.filter((name) => name.includes('hidden'))).toEqual([]);
    });

    it('fails a broker that is not of this cluster alone, and a caller without rights by the broker', async () => {
      expect(told(await as((admin) => admin.cluster.logDirectories([77, 1])))).toEqual(['UNKNOWN_RESOURCE', 'done']);
      expect(told(await as((admin) => admin.cluster.logDirectories(null), nobody))).toEqual(['CLUSTER_AUTHORIZATION_FAILED']);
    });
  });
};
