import { promisify } from 'node:util';
import { gzip, zstdCompress } from 'node:zlib';
import { compressionsAlgorithms } from '@platformatic/kafka';
import type { CompressionName } from '../../session/producer.settings.js';

const gzipped = promisify(gzip);
const zstdCompressed = promisify(zstdCompress);

/** The codec's number in the attributes of a batch. */
export const CODEC: Readonly<Record<CompressionName, number>> = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 };

/** gzip and zstd work on other threads; snappy and lz4 take a millisecond or two for a full batch. */
export const compress = async (name: Exclude<CompressionName, 'none'>, bytes: Buffer): Promise<Buffer> => {
  switch (name) {
    case 'gzip':
      return gzipped(bytes);
    case 'zstd':
      return zstdCompressed(bytes);
    case 'snappy':
    case 'lz4':
      return compressionsAlgorithms[name].compressSync(bytes);
  }
};
