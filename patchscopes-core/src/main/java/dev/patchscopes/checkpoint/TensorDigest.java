package dev.patchscopes.checkpoint;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.common.primitives.ImmutableLongArray;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/**
 * SHA-256 of what a safetensors file says: its metadata but for the digest itself, and all tensors
 * in the order of their names. How the header is set out does not count.
 */
final class TensorDigest {

    /** Of the metadata. */
    static final String KEY = "patchscopes.sha256";

    private static final String VERSION = "patchscopes tensors 1";

    private final Hasher hasher = Hashing.sha256().newHasher();

    TensorDigest(Map<String, String> metadata) {
        text(VERSION);
        Map<String, String> ordered = new TreeMap<>(metadata);
        ordered.remove(KEY);
        hasher.putInt(ordered.size());
        ordered.forEach(
                (key, value) -> {
                    text(key);
                    text(value);
                });
    }

    /** Begins a tensor; all its bytes follow. */
    void tensor(String name, StoredType type, ImmutableLongArray shape) {
        text(name);
        text(type.name());
        hasher.putInt(shape.length());
        shape.forEach(hasher::putLong);
    }

    /** Bytes of the tensor, from the buffer's position to its limit. */
    void bytes(ByteBuffer bytes) {
        hasher.putBytes(bytes);
    }

    /** In bytes, of which a text has as many as are said before it. */
    private void text(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        hasher.putInt(utf8.length);
        hasher.putBytes(utf8);
    }

    /** Ends the digest: 64 hexadecimal digits. */
    @Override
    public String toString() {
        return hasher.hash().toString();
    }
}
