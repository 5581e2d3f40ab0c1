import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKafkaSessions, DEFAULT_PRODUCER, type CompressionName, type KafkaSessions, type ProduceRecord, type ProducerSettings, type RecordResult } from '@postern/kafka';
import { kafkaTool } from '../../stack/src/index.ts';
import { endOffsets, readTopic } from '../setup/read-topic.ts';
import type { Contract } from './contract.setup.ts';
import { testCaller } from './test-caller.ts';
import { clusterOf, LIMITS, outcomes, record } from './test-sessions.ts';

const COMPRESSIONS: readonly CompressionName[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

export const registerProducerSettingCases = ({ stack, topic, transport }: Contract): void => {
  const writer = testCaller(stack, `producer-${transport}`);
  const opened: KafkaSessions[] = [];
  const write = (settings: Partial<ProducerSettings>): ((records: readonly ProduceRecord[], deadlineMs?: number) => Promise<readonly RecordResult[]>) => {
    const sessions = createKafkaSessions({ clusters: [clusterOf(stack, transport)], limits: LIMITS, producer: { ...DEFAULT_PRODUCER, ...settings }, clock: { now: () => Date.now() } });
    opened.push(sessions);
    return (records, deadlineMs = 10_000) => sessions.withSessionFor(writer, 'main', (session) => session.produce(records, { deadline: Date.now() + deadlineMs }));
  };
  const name = (suffix: string): string => topic(`set-${suffix}`);
  /** What lies on the broker's disk, as Kafka's own tool reads it. */
  const dumped = async (suffix: string, partitions = 1): Promise<string> => {
    const files = Array.from({ length: partitions }, (_, partition) => `${stack.kafka.runDir}/data/${name(suffix)}-${partition}/00000000000000000000.log`);
    return (await kafkaTool(stack.kafka, 'dump-log', ['--files', files.join(',')])).stdout;
  };

  describe('the settings of the producer', () => {
    beforeAll(async () => {
      await stack.kafka.createTopics(...['acks-0', 'acks-1', 'linger', 'once'].map((suffix) => ({ name: name(suffix) })), { name: name('codecs'), partitions: COMPRESSIONS.length });
      await stack.kafka.addAcls({ principal: `producer-${transport}`, resource: 'topic', name: topic('set-'), pattern: 'prefixed', operations: ['write', 'describe'] });
    });
    afterAll(async () => {
      await Promise.all(opened.map((sessions) => sessions.close()));
    });

    describe('what it compresses', () => {
      const sentWith = (compression: CompressionName): ProduceRecord[] => {
        const of = (value: string | null, more: Partial<ProduceRecord> = {}): ProduceRecord => record(name('codecs'), value, { partition: COMPRESSIONS.indexOf(compression), ...more });
        const headers = [{ name: 'a', value: Buffer.from('1') }, { name: 'a', value: Buffer.from('2') }];
        return [of('x'.repeat(5_000), { key: Buffer.from('k'), headers }), of(null), of(''), ...Array.from({ length: 500 }, (_, i) => of(`${i} ${'abc'.repeat(i % 50)}`))];
      };
      let read: Awaited<ReturnType<typeof readTopic>>;
      let dumps: readonly string[];
      // A partition for each, so that Kafka's tools need to be started only once.
      beforeAll(async () => {
        for (const compression of COMPRESSIONS) expect(new Set(outcomes(await write({ compression })(sentWith(compression))))).toEqual(new Set(['stored']));
        read = await readTopic(stack.kafka, name('codecs'));
        dumps = (await dumped('codecs', COMPRESSIONS.length)).split('Dumping ').slice(1);
      });

      it.each(COMPRESSIONS)("with %s Kafka's own consumer reads back, byte for byte", (compression) => {
        const partition = COMPRESSIONS.indexOf(compression);
        const own = read.filter((one) => one.partition === partition);
        expect(own.map(({ value }) => value?.toString() ?? null)).toEqual(sentWith(compression).map(({ value }) => value?.toString() ?? null));
        expect(own[0]).toMatchObject({ key: Buffer.from('k'), headers: ['a:1', 'a:2'] });
        expect(dumps[partition]).toContain(`codecs-${partition}/`);
        expect(dumps[partition]).toContain(`compresscodec: ${compression}`);
        expect(dumps[partition]).toContain('isvalid: true');
      });
    });

    it.each([0, 1] as const)('writes with acks %i', async (acks) => {
      const produce = write({ acks });
      const results = await produce(Array.from({ length: 20 }, (_, i) => record(name(`acks-${acks}`), `${i}`)));
      expect(results.map((result) => (result.kind === 'stored' ? Number(result.offset) : result.error.code))).toEqual(Array.from({ length: 20 }, (_, i) => (acks === 0 ? -1 : i)));
      await expect.poll(async () => (await endOffsets(stack.kafka, name(`acks-${acks}`))).get(0), { timeout: 10_000 }).toBe(20n);
      // The connection is as good as before: the next request is answered.
      expect(outcomes(await produce([record(name(`acks-${acks}`), 'more')]))).toEqual(['stored']);
    });

    it('lets calls that come within the linger share one batch', async () => {
      const produce = write({ lingerMs: 100 });
      await produce([record(name('linger'), 'warm')]);
      const startedAt = performance.now();
      const calls = Array.from({ length: 5 }, async (_, i) => {
        await new Promise((resolve) => void setTimeout(resolve, i * 10));
        return produce([record(name('linger'), `${i}`)]);
      });
      expect((await Promise.all(calls)).flatMap(outcomes)).toEqual(['stored', 'stored', 'stored', 'stored', 'stored']);
      expect(performance.now() - startedAt).toBeGreaterThan(90);
      const dump = await dumped('linger');
      expect([...dump.matchAll(/count: (\d+)/g)].map(([, count]) => Number(count))).toEqual([1, 5]);
    });

    it('numbers the records of an idempotent producer, which needs no right but to write', async () => {
      const produce = write({ idempotence: true, compression: 'lz4' });
      for (let i = 0; i < 3; i++) expect(outcomes(await produce([record(name('once'), `${i}`), record(name('once'), `${i}'`)]))).toEqual(['stored', 'stored']);
      const dump = await dumped('once');
      const batches = [...dump.matchAll(/baseSequence: (-?\d+) lastSequence: (-?\d+) producerId: (-?\d+)/g)].map(([, first, last, id]) => [Number(first), Number(last), Number(id) >= 0]);
      expect(batches).toEqual([[0, 1, true], [2, 3, true], [4, 5, true]]);
    });

    it.each([
      ['idempotence without acks all', { idempotence: true, acks: 1 }, /acks all/],
      ['a batch of nothing', { batchBytes: 0 }, /batchBytes/],
      ['a linger of minutes', { lingerMs: 60_000 }, /lingerMs/],
    ] as const)('does not start with %s', (_case, settings, text) => {
      expect(() => write(settings)).toThrow(text);
    });
  });
};
