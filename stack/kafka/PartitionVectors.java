import java.nio.ByteBuffer;
import java.util.Base64;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.utils.Utils;

/**
 * What the Java client makes of 10,000 keys of 0 to 96 bytes: the murmur2 of each, as big-endian 32-bit numbers in base64.
 * Fails unless its partitioner takes those hashes as we do. Makes libs/kafka/src/protocol/murmur2.vectors.txt:
 *   java -cp "<libs of Kafka>/*" stack/kafka/PartitionVectors.java > libs/kafka/src/protocol/murmur2.vectors.txt
 */
public final class PartitionVectors {
    private static final int KEYS = 10_000;
    private static final int[] SIZES = {1, 2, 3, 6, 7, 100, 2_048};
    private static int state = 2_011;

    /** The generator of Numerical Recipes; the spec has the same. */
    private static byte next() {
        state = state * 1_664_525 + 1_013_904_223;
        return (byte) (state >>> 24);
    }

    public static void main(String[] args) {
        ByteBuffer hashes = ByteBuffer.allocate(KEYS * 4);
        for (int i = 0; i < KEYS; i++) {
            byte[] key = new byte[i % 97];
            for (int at = 0; at < key.length; at++) key[at] = next();
            int hash = Utils.murmur2(key);
            hashes.putInt(hash);
            for (int size : SIZES) {
                if (BuiltInPartitioner.partitionForKey(key, size) != (hash & 0x7fffffff) % size) throw new IllegalStateException("key " + i);
            }
        }
        System.out.println(Base64.getMimeEncoder(152, new byte[] {'\n'}).encodeToString(hashes.array()));
    }
}
