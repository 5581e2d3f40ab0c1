import { type Reader, Writer } from '@platformatic/kafka';
import type { Api } from '../codecs.js';

/** One partition asked for: by name, whole batches from the one that holds `offset`. */
export interface FetchArgs {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly maxWaitMs: number;
  /** A limit for all batches but the first, which comes whole (KIP-74). */
  readonly maxBytes: number;
}

/** A transaction of one producer that was given up; its records begin at `firstOffset` or later. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

export interface FetchAnswer {
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

const encode = ({ topic, partition, offset, maxWaitMs, maxBytes }: FetchArgs): Writer =>
  Writer.create()
    .appendInt32(NO_REPLICA)
    .appendInt32(maxWaitMs)
    .appendInt32(1)
    .appendInt32(maxBytes)
    .appendInt8(READ_COMMITTED)
    .appendInt32(NO_SESSION)
    .appendInt32(SESSION_EPOCH_NONE)
    .appendArray([topic], (topicWriter, name) => {
      topicWriter.appendString(name).appendArray([partition], (writer, index) => {
        writer.appendInt32(index).appendInt32(NO_EPOCH).appendInt64(offset).appendInt32(NO_EPOCH).appendInt64(-1n).appendInt32(maxBytes);
      });
    })
    .appendArray([], () => undefined)
    .appendString('')
    .appendTaggedFields();

const parsePartition = (reader: Reader): FetchAnswer => {
  reader.readInt32();
  const errorCode = reader.readInt16();
  const highWatermark = reader.readInt64();
  const lastStable = reader.readInt64();
  reader.readInt64();
  const aborted = reader.readNullableArray((r) => ({ producerId: r.readInt64(), firstOffset: r.readInt64() })) ?? [];
  reader.readInt32();
  const batches = reader.readNullableBytes() ?? NO_BYTES;
  return { errorCode, lastStableOffset: lastStable >= 0n ? lastStable : highWatermark, aborted, batches };
};

/** @returns what the broker said of the one partition; null when it said nothing of it */
const parse = (reader: Reader): FetchAnswer | null => {
  reader.readInt32();
  const errorCode = reader.readInt16();
  reader.readInt32();
  const topics = reader.readArray((r) => {
    r.readString();
    return r.readArray(parsePartition);
  });
  const answer = topics[0]?.[0] ?? null;
  return errorCode === 0 || answer === null ? answer : { ...answer, errorCode };
};

/** Fetch of one partition, committed records only. The library's own codec unpacks every record before anybody wants it. */
export const FETCH: Api<[FetchArgs], FetchAnswer | null> = { key: 1, name: 'Fetch', codecs: [{ version: VERSION, flexible: true, encode, parse }] };
