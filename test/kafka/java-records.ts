import type { Stack } from '../setup/stack.ts';

export const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

/** Written once a run and read over every transport. */
export const javaTopic = (codec: (typeof CODECS)[number]): string => `java-${codec}`;

const written = new Set<string>();

/** 203 records a codec by Kafka's console producer: three with headers, null and empty, then 200 plain ones. */
export const writeWithJava = async (kafka: Stack['kafka']): Promise<void> => {
  await kafka.createTopics(...CODECS.map((codec) => ({ name: javaTopic(codec) })));
  await kafka.addAcls(...CODECS.map((codec) => ({ principal: 'alice', resource: 'topic' as const, name: javaTopic(codec), operations: ['read', 'describe'] as const })));
  const offsets = await kafka.tool('offsets', ['--topic', 'java-.*']);
  for (const line of offsets.stdout.split('\n')) if (/:0:[1-9]\d*$/.test(line)) written.add(line.split(':')[0] ?? '');
  await Promise.all(CODECS.filter((codec) => !written.has(javaTopic(codec))).map((codec) => writeOne(kafka, codec)));
};

const writeOne = async (kafka: Stack['kafka'], codec: (typeof CODECS)[number]): Promise<void> => {
  const special = ['a:1,ü:NIL,a:\tk\tv', 'h:x\tNIL\tNIL', 'h:x\t\t'];
  const plain = Array.from({ length: 200 }, (_, i) => `h:x\tkey ${i}\t${codec} ${i} ${'x'.repeat(i)}`);
  const reader = ['parse.headers=true', 'parse.key=true', 'null.marker=NIL'].flatMap((property) => ['--reader-property', property]);
  const run = await kafka.tool('console-producer', ['--topic', javaTopic(codec), '--compression-codec', codec, ...reader], { stdin: [...special, ...plain].map((line) => `${line}\n`).join('') });
  if (run.exitCode !== 0) throw new Error(`ConsoleProducer: ${run.stderr}`);
};
