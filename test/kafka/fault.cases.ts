import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemSession } from '@postern/kafka';
import type { Kafka } from '../../stack/src/index.ts';
import { startOwnKafka } from '../setup/own-kafka.ts';
import { endOffsets } from '../setup/read-topic.ts';
import type { Contract } from './contract.setup.ts';
import { testCaller } from './test-caller.ts';
import { clusterOf, codeOf, outcomes, record, testSessions, type TestSessions } from './test-sessions.ts';

const wait = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

export const registerFaultCases = ({ stack, transport, version }: Contract): void => {
  describe('a broker that fails', () => {
    const alice = testCaller(stack, 'alice');
    let kafka: Kafka;
    let sessions: TestSessions;
    const one = (deadlineMs = 2_000): Promise<string[]> => sessions.produce(alice, [record('faults', 'x')], Date.now() + deadlineMs).then(outcomes);

    beforeAll(async () => {
      kafka = await startOwnKafka(stack, { version });
      await kafka.createTopics({ name: 'faults', partitions: 2 });
      await kafka.addAcls({ principal: 'alice', resource: 'topic', name: 'faults', operations: ['write', 'describe'] });
      sessions = testSessions({ ...clusterOf(stack, transport, kafka), brokerDeadlineMs: 2_000 });
    });
    afterAll(async () => {
      await sessions.close();
      await kafka.stop();
    });

    it('is seen by the probe, without any credential', async () => {
      const cluster = clusterOf(stack, transport, kafka);
      expect(await systemSession.probeCluster(cluster, 2_000)).toEqual({ kind: 'up' });
      kafka.freeze();
      try {
        expect(await systemSession.probeCluster(cluster, 300)).toEqual({ kind: 'down' });
      } finally {
        kafka.thaw();
      }
    });

    it('answers within the deadline while it is frozen, and is used again when it thaws', async () => {
      expect(await one()).toEqual(['stored']);
      kafka.freeze();
      // On a busy machine its threads may run on for a moment.
      await wait(50);
      const startedAt = Date.now();
      try {
        expect(await one(800)).toEqual(['OUTCOME_UNKNOWN']);
        expect(await codeOf(sessions.as(alice, (session) => session.listTopics({ deadline: Date.now() + 500 })))).toMatch(/DEADLINE_EXCEEDED|NO_BROKER/);
        const deadline = Date.now() + 500;
        expect(await codeOf(sessions.as(alice, (session) => session.admin.cluster.describe({ deadline })))).toMatch(/DEADLINE_EXCEEDED|NO_BROKER/);
        expect(await codeOf(sessions.as(alice, (session) => session.admin.topics.delete(['faults'], { deadline: Date.now() + 500 })))).toMatch(/OUTCOME_UNKNOWN|NO_BROKER/);
        expect(Date.now() - startedAt).toBeLessThan(6_000);
        await wait(1_500);
        // By now the silent connection is given up; what cannot even be sent is certainly not written.
        const [late] = await one(800).catch((error: { code: string }) => [error.code]);
        expect(['OUTCOME_UNKNOWN', 'NO_BROKER', 'DEADLINE_EXCEEDED']).toContain(late);
      } finally {
        kafka.thaw();
      }
      await expect.poll(() => one(2_000).catch((error: { code: string }) => [error.code]), { timeout: 5_000 }).toEqual(['stored']);
    });

    it('stopped: an answer within the deadline; started again: recovery without a restart, nothing lost or doubled', async () => {
      const before = [...(await endOffsets(kafka, 'faults')).values()].reduce((sum, end) => sum + end, 0n);
      const tally: Record<string, number> = {};
      const stopped = new AbortController();
      const load = async (): Promise<void> => {
        while (!stopped.signal.aborted) {
          const startedAt = Date.now();
          const outcome = await one(1_500).then(([first = '']) => first, (error: { code: string }) => error.code);
          expect(Date.now() - startedAt).toBeLessThan(5_000);
          tally[outcome] = (tally[outcome] ?? 0) + 1;
          await wait(20);
        }
      };
      const loads = Promise.all([load(), load(), load()]);
      await wait(500);
      await kafka.stop();
      await wait(2_500);
      await kafka.restart();
      await expect.poll(() => one(2_000).catch((error: { code: string }) => [error.code]), { timeout: 15_000 }).toEqual(['stored']);
      const recovered = tally['stored'] ?? 0;
      await wait(500);
      stopped.abort();
      await loads;
      const stored = BigInt(tally['stored'] ?? 0) + 1n;
      const unknown = BigInt(tally['OUTCOME_UNKNOWN'] ?? 0);
      expect(tally['stored']).toBeGreaterThan(recovered);
      expect(Object.keys(tally).filter((outcome) => !['stored', 'OUTCOME_UNKNOWN', 'NO_BROKER', 'DEADLINE_EXCEEDED', 'BROKER_RETRIABLE'].includes(outcome))).toEqual([]);
      const after = [...(await endOffsets(kafka, 'faults')).values()].reduce((sum, end) => sum + end, 0n);
      const polls = after - before - stored;
      // Every acknowledged record is there; beyond them only those whose outcome was unknown, and the failed polls' own.
      expect(polls).toBeGreaterThanOrEqual(0n);
      expect(polls).toBeLessThanOrEqual(unknown + 5n);
    });
  });
};
