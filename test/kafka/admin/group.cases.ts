import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GroupConsumer } from '@postern/kafka';
import type { Contract } from '../contract.setup.ts';
import { codeOf, record } from '../test-sessions.ts';
import { administrators, told } from './operator.ts';

export const registerGroupAdminCases = (contract: Contract): void => {
  const { sessions, stack, topic } = contract;
  const { as, nobody, operator, prepare, ruled } = administrators(contract);
  const READ = topic('adm-read');
  const HIDDEN = topic('adm-hidden-read');
  const CLASSIC = topic('adm-classic');
  const NEW = topic('adm-kip848');
  const hasNew = !contract.lacks.has('KIP-848');
  let consumer: GroupConsumer;
  let consoleConsumer: Promise<unknown> = Promise.resolve();

  const describeOne = async (groupId: string, caller = operator) => {
    const [group] = await as((admin) => admin.groups.describe([groupId]), caller);
    if (group?.kind !== 'done') throw new Error(group?.error.code);
    return group;
  };

  describe('administration of groups', () => {
    beforeAll(async () => {
      await prepare();
      await stack.kafka.createTopics({ name: READ, partitions: 2 }, { name: HIDDEN });
      await sessions.produce(operator, [0, 0, 0, 1].map((partition) => record(READ, 'x', { partition })));
      await sessions.produce(operator, [record(HIDDEN, 'x')]);
      // A member by Kafka's own consumer, of the protocol of KIP-848, for as long as the cases run.
      if (hasNew) consoleConsumer = stack.kafka.tool('console-consumer', ['--topic', READ, '--group', NEW, '--from-beginning', '--command-property', 'group.protocol=consumer', '--command-property', 'auto.commit.interval.ms=200', '--timeout-ms', '12000']);
      consumer = sessions.openConsumer(operator, 'main', { groupId: CLASSIC, reset: 'earliest', sessionTimeoutMs: 6_000, heartbeatMs: 300 });
      await consumer.subscribe(operator, [READ, HIDDEN]);
      let given = 0;
      while (given < 5) given += (await consumer.poll(operator, { maxRecords: 100, maxBytes: 100_000, maxWaitMs: 500 })).length;
      await consumer.commit(operator);
      await sessions.produce(operator, [record(READ, 'later', { partition: 1 })]);
    });
    afterAll(async () => {
      await consumer.close();
      await consoleConsumer;
    });

    it('describes a classic group with its members and what each reads', async () => {
      const group = await describeOne(CLASSIC);
      expect(group).toMatchObject({ groupId: CLASSIC, type: 'classic', state: 'Stable', assignor: 'range', coordinatorId: 1, authorizedOperations: expect.arrayContaining(['READ', 'DELETE']) });
      expect(group.members).toEqual([
        { memberId: expect.stringContaining('postern'), instanceId: null, clientId: 'postern', clientHost: expect.stringContaining('127.0.0.1'), subscribed: [HIDDEN, READ], assignments: expect.arrayContaining([{ topic: READ, partition: 0 }, { topic: READ, partition: 1 }, { topic: HIDDEN, partition: 0 }]) },
      ]);
      const [member] = (await describeOne(CLASSIC, ruled)).members;
      expect(member).toMatchObject({ subscribed: [READ], assignments: [{ topic: READ, partition: 0 }, { topic: READ, partition: 1 }] });
    });

    it(hasNew ? 'describes a group of KIP-848, which DescribeGroups calls dead' : 'knows no group of KIP-848 where brokers have none', async () => {
      if (!hasNew) return expect(told(await as((admin) => admin.groups.describe([NEW])))).toEqual(['UNKNOWN_GROUP']);
      await expect.poll(async () => (await describeOne(NEW).catch(() => null))?.members.flatMap(({ assignments }) => assignments), { timeout: 10_000 }).toHaveLength(2);
      const group = await describeOne(NEW);
      expect(group).toMatchObject({ type: 'consumer', state: 'Stable', assignor: 'uniform', coordinatorId: 1 });
      expect(group.members).toMatchObject([{ subscribed: [READ], assignments: [{ topic: READ, partition: 0 }, { topic: READ, partition: 1 }] }]);
    });

    it('lists groups of both protocols, and by state and type', async () => {
      const own = async (filter: { readonly states?: readonly string[]; readonly types?: readonly string[] } = {}) =>
        (await as((admin) => admin.groups.list(filter))).filter(({ groupId }) => groupId.startsWith(topic('adm-'))).map(({ groupId, type, state }) => [groupId, type, state]);
      const ofNew = hasNew ? [[NEW, 'consumer', 'Stable']] : [];
      expect(await own()).toEqual([[CLASSIC, 'classic', 'Stable'], ...ofNew]);
      expect(await own({ types: ['consumer'] })).toEqual(ofNew);
      expect(await own({ states: ['Empty'] })).toEqual([]);
      const hers = await as((admin) => admin.groups.list({}), nobody);
      expect(hers).toEqual([]);
    });

    it('gives each group its own outcome', async () => {
      const asked = [CLASSIC, topic('adm-nothing'), topic('foreign')];
      const found = await as((admin) => admin.groups.describe(asked));
      expect(found.map(({ groupId }) => groupId)).toEqual(asked);
      expect(told(found)).toEqual(['done', 'UNKNOWN_GROUP', 'GROUP_AUTHORIZATION_FAILED']);
    });

    it('gives positions and lags, with who reads what', async () => {
      expect(await as((admin) => admin.groups.offsets(CLASSIC))).toEqual([
        { topic: HIDDEN, partition: 0, offset: 1n, metadata: '' },
        { topic: READ, partition: 0, offset: 3n, metadata: '' },
        { topic: READ, partition: 1, offset: 1n, metadata: '' },
      ]);
      const lags = await as((admin) => admin.groups.lags(CLASSIC), ruled);
      expect(lags).toMatchObject([
        { topic: READ, partition: 0, kind: 'done', committed: 3n, end: 3n, lag: 0n, member: { clientId: 'postern' } },
        { topic: READ, partition: 1, kind: 'done', committed: 1n, end: 2n, lag: 1n, member: { clientId: 'postern' } },
      ]);
      const lagsOfNew = () => as((admin) => admin.groups.lags(NEW));
      if (hasNew) await expect.poll(async () => (await lagsOfNew()).map((one) => (one.kind === 'done' ? [one.committed, one.end] : [])), { timeout: 5_000 }).toEqual([[3n, 3n], [2n, 2n]]);
      else expect(await codeOf(lagsOfNew())).toBe('UNKNOWN_GROUP');
      expect(await codeOf(as((admin) => admin.groups.offsets(topic('foreign'))))).toBe('GROUP_AUTHORIZATION_FAILED');
      expect(await codeOf(as((admin) => admin.groups.lags(topic('adm-nothing'))))).toBe('UNKNOWN_GROUP');
    });

    it('moves and deletes no position under a member', async () => {
      expect(told(await as((admin) => admin.groups.alterOffsets(CLASSIC, [{ topic: READ, partition: 0, offset: 1n }])))).toEqual(['UNKNOWN_MEMBER']);
      expect(told(await as((admin) => admin.groups.deleteOffsets(CLASSIC, [{ topic: READ, partition: 0 }])))).toEqual(['ILLEGAL_GROUP_STATE']);
      expect(told(await as((admin) => admin.groups.delete([CLASSIC, topic('adm-nothing'), topic('foreign')])))).toEqual(['GROUP_NOT_EMPTY', 'UNKNOWN_GROUP', 'GROUP_AUTHORIZATION_FAILED']);
    });

    it('moves and deletes positions of a group without members, each with its own outcome, and then the group', async () => {
      await consumer.close();
      await expect.poll(async () => (await describeOne(CLASSIC)).state).toBe('Empty');
      const wanted = [{ topic: READ, partition: 0, offset: 1n, metadata: 'by hand' }, { topic: READ, partition: 99, offset: 1n }, { topic: topic('adm-missing'), partition: 0, offset: 1n }, { topic: HIDDEN, partition: 0, offset: 0n }];
      expect(told(await as((admin) => admin.groups.alterOffsets(CLASSIC, wanted), ruled))).toEqual(['done', 'UNKNOWN_PARTITION', 'UNKNOWN_PARTITION', 'TOPIC_RULE_DENIED']);
      expect(told(await as((admin) => admin.groups.deleteOffsets(CLASSIC, [{ topic: READ, partition: 1 }, { topic: HIDDEN, partition: 0 }]), ruled))).toEqual(['done', 'TOPIC_RULE_DENIED']);
      expect(await as((admin) => admin.groups.offsets(CLASSIC))).toEqual([
        { topic: HIDDEN, partition: 0, offset: 1n, metadata: '' },
        { topic: READ, partition: 0, offset: 1n, metadata: 'by hand' },
      ]);
      expect(told(await as((admin) => admin.groups.delete([CLASSIC])))).toEqual(['done']);
      expect((await stack.kafka.tool('groups', ['--list'])).stdout.split('\n')).not.toContain(CLASSIC);
    });
  });
};
