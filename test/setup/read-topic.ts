import type { KafkaSetUp } from '../../stack/src/index.ts';

/** A record as Kafka's own console consumer saw it. */
export interface ReadRecord {
  readonly partition: number;
  readonly offset: bigint;
  readonly timestamp: bigint;
  /** As printed by the console consumer: name and value joined by a colon. */
  readonly headers: readonly string[];
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

// Control characters that no test puts into a record; they make the consumer's output unambiguous.
const FIELD = '\u001f';
const RECORD = '\u001e';
const NULL = '\u001d';
const HEADER = '\u001c';

/** End offset of every partition, by Kafka's own GetOffsetShell. */
export const endOffsets = async (kafka: KafkaSetUp, topic: string): Promise<ReadonlyMap<number, bigint>> => {
  const run = await kafka.tool('offsets', ['--topic', topic]);
  if (run.exitCode !== 0) throw new Error(`GetOffsetShell: ${run.stderr}`);
  const lines = run.stdout.trim().split('\n').filter((line) => line.startsWith(`${topic}:`));
  return new Map(
    lines.map((line) => {
      const [offset = '0', partition = '0'] = line.split(':').toReversed();
      return [Number(partition), BigInt(offset)];
    }),
  );
};

const parse = (text: string): ReadRecord => {
  const [timestamp = '', partition = '', offset = '', headers = '', key = '', value = ''] = text.split(FIELD);
  const bytes = (field: string): Buffer | null => (field === NULL ? null : Buffer.from(field, 'latin1'));
  return {
    timestamp: BigInt(timestamp.replace(/^\w+:/, '')),
    partition: Number(partition.replace('Partition:', '')),
    offset: BigInt(offset.replace('Offset:', '')),
    headers: headers === 'NO_HEADERS' ? [] : headers.split(HEADER).map((header) => Buffer.from(header, 'latin1').toString('utf8')),
    key: bytes(key),
    value: bytes(value),
  };
};

/**
 * Everything in a topic, in partition and offset order, read by Kafka's own consumer as a super user: the ground truth
 * that a client of ours cannot colour. Two JVMs, about 3 s. Bytes below 0x20 other than tab and newline are not told apart.
 */
export const readTopic = async (kafka: KafkaSetUp, topic: string): Promise<readonly ReadRecord[]> => {
  const count = [...(await endOffsets(kafka, topic)).values()].reduce((sum, end) => sum + end, 0n);
  if (count === 0n) return [];
  const shown = ['timestamp', 'partition', 'offset', 'headers', 'key', 'value'].map((field) => `print.${field}=true`);
  const format = [...shown, `key.separator=${FIELD}`, `line.separator=${RECORD}`, `null.literal=${NULL}`, `headers.separator=${HEADER}`];
  const run = await kafka.tool(
    'console-consumer',
    ['--topic', topic, '--from-beginning', '--max-messages', String(count), '--timeout-ms', '20000', ...format.flatMap((property) => ['--formatter-property', property])],
    { encoding: 'latin1' },
  );
  if (run.exitCode !== 0) throw new Error(`ConsoleConsumer: ${run.stderr}`);
  const records = run.stdout.split(RECORD).filter((text) => text.includes(FIELD)).map(parse);
  return records.toSorted((left, right) => left.partition - right.partition || Number(left.offset - right.offset));
};
