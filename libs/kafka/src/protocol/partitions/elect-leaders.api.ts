import { type Reader, Writer } from '@platformatic/kafka';
import type { Api } from '../codecs.js';

export interface ElectionTopic {
  readonly name: string;
  readonly partitions: readonly number[];
}

export interface ElectionAnswer {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  readonly topics: readonly { readonly name: string; readonly partitions: readonly { readonly partition: number; readonly errorCode: number; readonly errorMessage: string | null }[] }[];
}

/** 0: the preferred replica; 1: any that lives, at the price of records (KIP-460). */
export type ElectionType = 0 | 1;

const encode = (type: ElectionType, topics: readonly ElectionTopic[], timeoutMs: number): Writer =>
  Writer.create()
    .appendInt8(type)
    .appendArray([...topics], (writer, { name, partitions }) => {
      writer.appendString(name).appendArray([...partitions], (inner, partition) => inner.appendInt32(partition), true, false);
    })
    .appendInt32(timeoutMs)
    .appendTaggedFields();

const parse = (reader: Reader): ElectionAnswer => {
  const throttleTimeMs = reader.readInt32();
  const errorCode = reader.readInt16();
  const topics = reader.readArray((topic) => ({
    name: topic.readString(),
    partitions: topic.readArray((one) => ({ partition: one.readInt32(), errorCode: one.readInt16(), errorMessage: one.readNullableString() ?? null })),
  }));
  reader.readTaggedFields();
  return { throttleTimeMs, errorCode, topics };
};

/** ElectLeaders, which the library has no codec for (ElectLeadersRequest.json, version 2). */
export const ELECT_LEADERS: Api<[ElectionType, readonly ElectionTopic[], number], ElectionAnswer> = { key: 43, name: 'ElectLeaders', codecs: [{ version: 2, flexible: true, encode, parse }] };
