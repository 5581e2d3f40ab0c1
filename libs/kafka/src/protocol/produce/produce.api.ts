import { Writer, produceV9, produceV10, produceV11 } from '@platformatic/kafka';
import { type Api, type Codec, itemsAsData } from '../codecs.js';

/** The batches of one request, grouped by topic. */
export interface WireTopic {
  readonly name: string;
  readonly partitions: { readonly index: number; readonly batch: Buffer }[];
}

/** How many replicas answer for a record: all in sync, the leader alone, or nobody. */
export const ACKS = { all: -1, 1: 1, 0: 0 } as const;

type Answer = ReturnType<typeof produceV11.parseResponse>;

/** Versions 9 to 11 have one request and one answer; they differ in what a transaction may imply. */
const encode = (timeoutMs: number, topics: readonly WireTopic[], acks: number): Writer =>
  Writer.create()
    .appendString(null)
    .appendInt16(acks)
    .appendInt32(timeoutMs)
    .appendArray([...topics], (topicWriter, { name, partitions }) => {
      topicWriter.appendString(name).appendArray(partitions, (writer, { index, batch }) => {
        writer
          .appendInt32(index)
          .appendUnsignedVarInt(batch.length + 1)
          .append(batch);
      });
    })
    .appendTaggedFields();

const codec = (library: Pick<typeof produceV11, 'parseResponse'>, version: number): Codec<[number, readonly WireTopic[], number], Answer> => ({
  version,
  flexible: true,
  encode,
  parse: (reader) => itemsAsData(() => library.parseResponse(0, 0, version, reader)),
});

/** Produce, with record-level errors in the answer (KIP-467); with acks 0 there is no answer. */
export const PRODUCE: Api<[number, readonly WireTopic[], number], Answer> = {
  key: 0,
  name: 'Produce',
  isUnanswered: (_timeoutMs, _topics, acks) => acks === ACKS[0],
  codecs: [codec(produceV11, 11), codec(produceV10 as unknown as typeof produceV11, 10), codec(produceV9 as unknown as typeof produceV11, 9)],
};
