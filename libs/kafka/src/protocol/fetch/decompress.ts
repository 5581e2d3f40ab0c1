import { promisify } from 'node:util';
import { gunzip, zstdDecompress } from 'node:zlib';
import { compressionsAlgorithms } from '@platformatic/kafka';

const gunzipped = promisify(gunzip);
const zstdDecompressed = promisify(zstdDecompress);

/**
 * What one batch may become when it is unpacked. A batch is at most a few MB on the wire, but whoever may write to a topic
 * could otherwise take gigabytes of its readers' memory with it.
 */
export const MOST_UNPACKED_BYTES = 64 * 1024 * 1024;

/** The batch cannot be read: damaged, too large, or of a kind that we do not know. */
export class UnreadableBatch extends Error {
  override readonly name = 'UnreadableBatch';
}

/**
 * The records of a batch, by the codec in the low bits of its attributes. gzip and zstd work on other threads: a batch of 60 KB may
 * hold so much that everybody would wait for 150 ms.
 * @throws UnreadableBatch
 */
export const decompress = async (codec: number, bytes: Buffer): Promise<Buffer> => {
  try {
    switch (codec) {
      case 0:
        return bytes;
      case 1:
        return await gunzipped(bytes, { maxOutputLength: MOST_UNPACKED_BYTES });
      case 2:
        return compressionsAlgorithms.snappy.decompressSync(bytes);
      case 3:
        if (lz4Bound(bytes) > MOST_UNPACKED_BYTES) throw new UnreadableBatch('too large when unpacked');
        return compressionsAlgorithms.lz4.decompressSync(bytes);
      case 4:
        return await zstdDecompressed(bytes, { maxOutputLength: MOST_UNPACKED_BYTES });
    }
  } catch (error) {
    throw error instanceof UnreadableBatch ? error : new UnreadableBatch('not to be unpacked', { cause: error });
  }
  throw new UnreadableBatch(`unknown compression ${codec}`);
};

const LZ4_HEADER = 7;
const STORED_AS_IS = 0x80000000;

/** The most that an LZ4 frame can hold: its blocks times their largest size (lz4_Frame_format.md). Snappy's own ratio is small. */
const lz4Bound = (frame: Buffer): number => {
  const flags = frame.readUInt8(4);
  const blockBytes = 1 << (8 + 2 * ((frame.readUInt8(5) >> 4) & 7));
  let at = LZ4_HEADER + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0);
  let blocks = 0;
  while (at + 4 <= frame.length) {
    const size = frame.readUInt32LE(at) & ~STORED_AS_IS;
    if (size === 0) break;
    blocks++;
    at += 4 + size + (flags & 0x10 ? 4 : 0);
  }
  return blocks * blockBytes;
};
