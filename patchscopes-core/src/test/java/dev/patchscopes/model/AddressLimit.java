package dev.patchscopes.model;

import com.sun.jna.Library;
import com.sun.jna.Native;
import java.io.IOException;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A limit of this process's addresses, so that native allocations really fail; on Linux, in a
 * process of its own.
 */
final class AddressLimit {

    /**
     * Settings of the C library that make large tensors, and nothing else, need new addresses: they
     * are mapped each time, and small allocations find room in what was taken beforehand.
     */
    static final Map<String, String> ENVIRONMENT =
            Map.of(
                    "MALLOC_ARENA_MAX", "1",
                    "MALLOC_MMAP_THRESHOLD_", "65536",
                    "MALLOC_TOP_PAD_", "2097152");

    private static final int ADDRESSES = 9; // RLIMIT_AS
    private static final long UNLIMITED = -1;
    private static final C C_LIBRARY = Native.load("c", C.class);

    private AddressLimit() {}

    /** What is used of the C library. */
    interface C extends Library {

        /** Sets a limit, soft and hard. */
        int setrlimit(int resource, long[] limits);
    }

    /** Works with so many bytes more than are taken now. */
    static <T> T in(long bytes, Supplier<T> work) throws IOException {
        set(1024 * ForkedJvm.memoryKib("VmSize") + bytes);
        try {
            return work.get();
        } finally {
            set(UNLIMITED);
        }
    }

    private static void set(long bytes) {
        if (C_LIBRARY.setrlimit(ADDRESSES, new long[] {bytes, UNLIMITED}) != 0) {
            throw new IllegalStateException("the limit was not set");
        }
    }
}
