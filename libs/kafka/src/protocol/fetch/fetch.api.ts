import { type Reader, Writer } from '@platformatic/kafka';
import type { Api } from '../codecs.js';

/** One partition asked for: by name, whole batches from the one that holds `offset`. */
export interface FetchPosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

export interface FetchArgs {
  /** In the order in which the broker fills the answer. */
  readonly positions: readonly FetchPosition[];
  readonly maxWaitMs: number;
  /** A limit for each partition and for all of them; the first batch of all comes whole (KIP-74). */
  readonly maxBytes: number;
}

/** A transaction of one producer that was given up; its records begin at `firstOffset` or later. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

/** What the broker said of one partition. */
export interface FetchAnswer {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  /** First offset that a running transaction may still hold back: the end for committed readers. */
  readonly lastStableOffset: bigint;
  readonly aborted: readonly AbortedTransaction[];
  /** Whole batches one after the other; the last may be cut off. */
  readonly batches: Buffer;
}

const READ_COMMITTED = 1;
/** No replica, no fetch session (KIP-227): two reads at once on one session would end each other. */
const NO_REPLICA = -1;
const NO_SESSION = 0;
const SESSION_EPOCH_NONE = -1;
const NO_EPOCH = -1;
const NO_BYTES = Buffer.alloc(0);

/** Version 12: the newest that names topics; later ones want ids, which change when a topic is made again. */
const VERSION = 12;

const encode = ({ positions, maxWaitMs, maxBytes }: FetchArgs): Writer =>
  Writer.create()
    .appendInt32(NO_REPLICA)
    .appendInt32(maxWaitMs)
    .appendInt32(1)
    .appendInt32(maxBytes)
    .appendInt8(READ_COMMITTED)
    .appendInt32(NO_SESSION)
    .appendInt32(SESSION_EPOCH_NONE)
    // A topic may be named again, so that its partitions keep the order that was asked for.
    .appendArray([...positions], (topicWriter, { topic, partition, offset }) => {
      topicWriter.appendString(topic).appendArray([partition], (writer, index) => {
        writer.appendInt32(index).appendInt32(NO_EPOCH).appendInt64(offset).appendInt32(NO_EPOCH).appendInt64(-1n).appendInt32(maxBytes);
      });
    })
    .appendArray([], () => undefined)
    .appendString('')
    .appendTaggedFields();

const parsePartition = (topic: string, reader: Reader): FetchAnswer => {
  const partition = reader.readInt32();
  const errorCode = reader.readInt16();
  const highWatermark = reader.readInt64();
  const lastStable = reader.readInt64();
  reader.readInt64();
  const aborted = reader.readNullableArray((r) => ({ producerId: r.readInt64(), firstOffset: r.readInt64() })) ?? [];
  reader.readInt32();
  const batches = reader.readNullableBytes() ?? NO_BYTES;
  return { topic, partition, errorCode, lastStableOffset: lastStable >= 0n ? lastStable : highWatermark, aborted, batches };
};

/** What one broker said; an error of the whole request is given to each partition. */
export interface FetchAnswers {
  readonly throttleTimeMs: number;
  readonly answers: readonly FetchAnswer[];
}

const parse = (reader: Reader): FetchAnswers => {
  const throttleTimeMs = reader.readInt32();
  const errorCode = reader.readInt16();
  reader.readInt32();
  const answers = reader
    .readArray((r) => {
      const topic = r.readString();
      return r.readArray((partition) => parsePartition(topic, partition));
    })
    .flat();
  return { throttleTimeMs, answers: errorCode === 0 ? answers : answers.map((answer) => ({ ...answer, errorCode })) };
};

/** Fetch of committed records. The library's own codec unpacks every record before anybody wants it. */
export const FETCH: Api<[FetchArgs], FetchAnswers> = { key: 1, name: 'Fetch', codecs: [{ version: VERSION, flexible: true, encode, parse }] };
