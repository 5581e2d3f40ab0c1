import {
  apiVersionsV3,
  describeConfigsV1,
  describeConfigsV2,
  describeConfigsV3,
  describeConfigsV4,
  metadataV9,
  metadataV10,
  metadataV11,
  metadataV12,
  type Reader,
  ResponseError,
  saslAuthenticateV2,
  saslHandshakeV1,
  type Writer,
} from '@platformatic/kafka';
import { KafkaError } from '../errors/kafka-error.js';
import type { WireRequest } from '../transports/transport.js';

/** One version of one API: how to write its request and read its answer. */
export interface Codec<Args extends readonly unknown[], Response> {
  readonly version: number;
  readonly flexible: boolean;
  readonly encode: (...args: Args) => Writer;
  readonly parse: (reader: Reader) => Response;
}

/** The versions of one API that we can speak, newest first (negotiation: KIP-35). */
export interface Api<Args extends readonly unknown[], Response> {
  readonly key: number;
  readonly name: string;
  readonly codecs: readonly Codec<Args, Response>[];
  /** ApiVersions answers with the old response header in every version, so that any client can read it (KIP-511). */
  readonly plainResponseHeader?: true;
  /** Whether a request with these arguments gets no answer at all. */
  readonly isUnanswered?: (...args: Args) => boolean;
}

export interface LibraryCodec<Args extends readonly unknown[], Response> {
  readonly api: { readonly key: number; readonly version: number };
  readonly createRequest: (...args: Args) => Writer;
  readonly parseResponse: (correlationId: number, apiKey: number, apiVersion: number, reader: Reader) => Response;
}

/**
 * The library's parsers throw when any item failed, and carry the whole answer on the error; items are data here, each
 * with its own code, so the answer is taken from there.
 */
export const itemsAsData = <Response>(parse: () => Response): Response => {
  try {
    return parse();
  } catch (error) {
    const response: unknown = error instanceof ResponseError ? (error as unknown as { response?: unknown }).response : undefined;
    if (response === undefined || response === null) throw error;
    return response as Response;
  }
};

/** A codec of the library as one of ours. */
export const codec = <Args extends readonly unknown[], Response>(library: LibraryCodec<Args, Response>, flexible = true): Codec<Args, Response> => ({
  version: library.api.version,
  flexible,
  encode: library.createRequest,
  parse: (reader) => itemsAsData(() => library.parseResponse(0, library.api.key, library.api.version, reader)),
});

type MetadataArgs = Parameters<typeof metadataV12.createRequest>;
type ConfigsArgs = Parameters<typeof describeConfigsV4.createRequest>;

export const METADATA: Api<MetadataArgs, ReturnType<typeof metadataV12.parseResponse>> = {
  key: 3,
  name: 'Metadata',
  codecs: [codec(metadataV12), codec(metadataV11 as unknown as typeof metadataV12), codec(metadataV10 as unknown as typeof metadataV12), codec(metadataV9 as unknown as typeof metadataV12)],
};

export const DESCRIBE_CONFIGS: Api<ConfigsArgs, ReturnType<typeof describeConfigsV4.parseResponse>> = {
  key: 32,
  name: 'DescribeConfigs',
  codecs: [
    codec(describeConfigsV4),
    codec(describeConfigsV3 as unknown as typeof describeConfigsV4, false),
    codec(describeConfigsV2 as unknown as typeof describeConfigsV4, false),
    codec(describeConfigsV1 as unknown as typeof describeConfigsV4, false),
  ],
};

export const API_VERSIONS: Api<[string, string], ReturnType<typeof apiVersionsV3.parseResponse>> = {
  key: 18,
  name: 'ApiVersions',
  codecs: [codec(apiVersionsV3)],
  plainResponseHeader: true,
};

/** v1: the tokens travel in SaslAuthenticate requests; v0 would want them raw on the wire. */
export const SASL_HANDSHAKE: Api<[string], ReturnType<typeof saslHandshakeV1.parseResponse>> = { key: 17, name: 'SaslHandshake', codecs: [codec(saslHandshakeV1, false)] };

export const SASL_AUTHENTICATE: Api<[Buffer], ReturnType<typeof saslAuthenticateV2.parseResponse>> = { key: 36, name: 'SaslAuthenticate', codecs: [codec(saslAuthenticateV2)] };

/** API key → the broker's range. */
export type VersionRanges = ReadonlyMap<number, { readonly min: number; readonly max: number }>;

/** The request in the newest version that both sides speak. @throws KafkaError UNSUPPORTED_VERSION */
export const wireRequest = <Args extends readonly unknown[], Response>(api: Api<Args, Response>, ranges: VersionRanges | null, args: Args): WireRequest<Response> => {
  const range = ranges?.get(api.key);
  const chosen = ranges === null ? api.codecs[0] : api.codecs.find(({ version }) => range !== undefined && version >= range.min && version <= range.max);
  if (chosen === undefined) throw new KafkaError('UNSUPPORTED_VERSION', { resource: api.name });
  return {
    apiKey: api.key,
    apiVersion: chosen.version,
    requestTags: chosen.flexible,
    responseTags: chosen.flexible && api.plainResponseHeader !== true,
    unanswered: api.isUnanswered?.(...args) === true,
    encode: () => chosen.encode(...args),
    parse: chosen.parse,
  };
};
