package dev.patchscopes.fuzz;

import java.nio.charset.StandardCharsets;

/** The archive of {@code torch.save} around a pickle, with two small storages. */
final class TorchArchive {

    /** Bytes of the storages {@code 0} and {@code 1}. */
    private static final int STORAGE_BYTES = 64;

    private TorchArchive() {}

    /** Whether bytes can be of the storages; their values are below all that is around them. */
    static boolean isWithinStorages(byte[] bytes) {
        for (byte b : bytes) {
            if (b < 0 || b >= STORAGE_BYTES) {
                return false;
            }
        }
        return true;
    }

    static byte[] of(byte[] pickle) {
        byte[] storage = new byte[STORAGE_BYTES];
        for (int i = 0; i < storage.length; i++) {
            storage[i] = (byte) i;
        }
        return new StoredZip()
                .add("archive/data.pkl", pickle)
                .add("archive/byteorder", "little".getBytes(StandardCharsets.US_ASCII))
                .add("archive/data/0", storage)
                .add("archive/data/1", storage)
                .bytes();
    }
}
