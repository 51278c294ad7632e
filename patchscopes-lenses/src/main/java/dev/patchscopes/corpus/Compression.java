package dev.patchscopes.corpus;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.Arrays;
import java.util.Optional;

/** How a file is packed, told by its first bytes; its name may say anything. */
enum Compression {
    NONE,
    GZIP,
    ZSTANDARD;

    /** Longest of the magic numbers below. */
    private static final int MAGIC_BYTES = 6;

    /** Formats that would otherwise be called text with bad UTF-8. */
    private enum Foreign {
        XZ(0xFD, '7', 'z', 'X', 'Z', 0x00),
        BZIP2('B', 'Z', 'h'),
        LZ4(0x04, 0x22, 0x4D, 0x18),
        ZIP('P', 'K', 0x03, 0x04),
        PARQUET('P', 'A', 'R', '1'),
        UTF_16(0xFF, 0xFE),
        UTF_16_BIG_ENDIAN(0xFE, 0xFF);

        private final ImmutableIntArray magic;

        Foreign(int... magic) {
            this.magic = ImmutableIntArray.copyOf(magic);
        }

        static Optional<Foreign> of(int[] start) {
            // Texts may begin with BZh; a bzip2 file goes on with a digit and the number pi.
            return Arrays.stream(values())
                    .filter(f -> startsWith(start, f.magic.toArray()))
                    .filter(f -> f != BZIP2 || (start[4] == 0x31 && start[5] == 0x41))
                    .findFirst();
        }
    }

    /**
     * Recognises and unpacks a stream.
     *
     * @param maxWindowLog largest zstandard window to allocate, as a power of two
     * @return the bytes of the text; closing it closes {@code raw}
     * @throws UnreadableFormatException if the file is packed in a way this cannot read
     */
    static InputStream unpack(InputStream raw, int maxWindowLog) throws IOException {
        PushbackInputStream in = new PushbackInputStream(raw, MAGIC_BYTES);
        byte[] head = in.readNBytes(MAGIC_BYTES);
        in.unread(head);
        int[] start = new int[MAGIC_BYTES];
        Arrays.fill(start, -1);
        for (int i = 0; i < head.length; i++) {
            start[i] = head[i] & 0xFF;
        }
        Optional<Foreign> foreign = Foreign.of(start);
        if (foreign.isPresent()) {
            throw new UnreadableFormatException(
                    "this is %s; unpack or convert it to UTF-8 text, plain, gzip or zstandard"
                            .formatted(foreign.get().name().replace('_', '-')));
        }
        return switch (of(start)) {
            case NONE -> in;
            case GZIP -> new GzipStream(in);
            case ZSTANDARD ->
                    // Without a finalizer: the stream is always closed, and nothing waits for it.
                    new ZstdInputStreamNoFinalizer(in).setLongMax(maxWindowLog);
        };
    }

    private static Compression of(int[] start) {
        if (startsWith(start, 0x1F, 0x8B)) {
            return GZIP;
        }
        boolean frame = startsWith(start, 0x28, 0xB5, 0x2F, 0xFD);
        // Tools that pack in parallel put a frame to be skipped first.
        boolean skippable =
                (start[0] & 0xF0) == 0x50
                        && start[1] == 0x2A
                        && start[2] == 0x4D
                        && start[3] == 0x18;
        return frame || (start[0] >= 0 && skippable) ? ZSTANDARD : NONE;
    }

    private static boolean startsWith(int[] start, int... magic) {
        return Arrays.equals(start, 0, magic.length, magic, 0, magic.length);
    }
}
