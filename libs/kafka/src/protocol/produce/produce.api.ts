import { Writer, produceV9, produceV10, produceV11 } from '@platformatic/kafka';
import { type Api, type Codec, itemsAsData } from '../codecs.js';

/** The batches of one request, grouped by topic. */
export interface WireTopic {
  readonly name: string;
  readonly partitions: { readonly index: number; readonly batch: Buffer }[];
}

const ACKS_ALL = -1;

type Answer = ReturnType<typeof produceV11.parseResponse>;

/** Versions 9 to 11 have one request and one answer; they differ in what a transaction may imply. */
const encode = (timeoutMs: number, topics: readonly WireTopic[]): Writer =>
  Writer.create()
    .appendString(null)
    .appendInt16(ACKS_ALL)
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

const codec = (library: Pick<typeof produceV11, 'parseResponse'>, version: number): Codec<[number, readonly WireTopic[]], Answer> => ({
  version,
  flexible: true,
  encode,
  parse: (reader) => itemsAsData(() => library.parseResponse(0, 0, version, reader)),
});

/** Produce, acks all, with record-level errors in the answer (KIP-467). */
export const PRODUCE: Api<[number, readonly WireTopic[]], Answer> = {
  key: 0,
  name: 'Produce',
  codecs: [codec(produceV11, 11), codec(produceV10 as unknown as typeof produceV11, 10), codec(produceV9 as unknown as typeof produceV11, 9)],
};
