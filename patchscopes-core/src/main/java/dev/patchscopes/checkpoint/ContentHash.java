package dev.patchscopes.checkpoint;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/** Computes what {@link Checkpoint#contentHash()} documents. */
final class ContentHash {

    private static final String VERSION = "patchscopes checkpoint 1";
    private static final int STRETCHES = 8;
    private static final int STRETCH_ELEMENTS = 64;

    private ContentHash() {}

    static String of(ModelConfig config, Map<String, StoredTensor> tensors) {
        Hasher hasher = Hashing.sha256().newHasher();
        putString(hasher, VERSION);
        putString(hasher, config.canonical());
        hasher.putInt(tensors.size());
        new TreeMap<>(tensors).forEach((name, tensor) -> putTensor(hasher, name, tensor));
        return hasher.hash().toString();
    }

    private static void putTensor(Hasher hasher, String name, StoredTensor tensor) {
        putString(hasher, name);
        putString(hasher, tensor.type().name());
        hasher.putInt(tensor.shape().length());
        tensor.shape().forEach(hasher::putLong);
        int length = (int) Math.min(STRETCH_ELEMENTS, tensor.elements());
        long lastStart = tensor.elements() - length;
        byte[] stretch = new byte[length * tensor.type().bytes()];
        for (int i = 0; i < STRETCHES; i++) {
            // Parts of the quotient and the remainder: lastStart * i may not fit in a long.
            long parts = STRETCHES - 1L;
            long start = lastStart / parts * i + lastStart % parts * i / parts;
            tensor.readBytes(start, ByteBuffer.wrap(stretch));
            hasher.putBytes(stretch);
        }
    }

    /** With its length first, so that no two lists of strings look alike. */
    private static void putString(Hasher hasher, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        hasher.putInt(utf8.length).putBytes(utf8);
    }
}
