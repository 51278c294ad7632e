package dev.patchscopes.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** The bytes of a pickle inside a file, read forward through a small window. */
final class PickleInput {

    /** Weights of a hundred thousand tensors need less; what is in memory grows with it. */
    static final int LONGEST = 1 << 25;

    private static final int WINDOW = 1 << 13;
    private static final int LONGEST_LINE = 512;

    private final DataFile file;
    private final long end;
    private final ByteBuffer window =
            ByteBuffer.allocate(WINDOW).order(ByteOrder.LITTLE_ENDIAN).limit(0);
    private long windowEnd;

    /** Reads from {@code begin}, at most to {@code end}, which lies within the file. */
    PickleInput(DataFile file, long begin, long end) {
        this.file = file;
        this.windowEnd = begin;
        this.end = Math.min(end, begin + LONGEST);
    }

    DataFile file() {
        return file;
    }

    /** Where the next byte will come from. */
    long position() {
        return windowEnd - window.remaining();
    }

    int unsignedByte() {
        need(1);
        return window.get() & 0xff;
    }

    int unsignedShort() {
        need(2);
        return window.getShort() & 0xffff;
    }

    int signedInt() {
        need(4);
        return window.getInt();
    }

    long unsignedInt() {
        return Integer.toUnsignedLong(signedInt());
    }

    long signedLong() {
        need(8);
        return window.getLong();
    }

    /** Pickles keep this one kind of number with its highest byte first. */
    double bigEndianDouble() {
        return Double.longBitsToDouble(Long.reverseBytes(signedLong()));
    }

    /** The next {@code length} bytes; a length beyond the pickle is refused before allocating. */
    byte[] bytes(long length) {
        if (length < 0 || length > end - position()) {
            throw new CorruptCheckpointException(
                    file.path(),
                    "the pickle asks for "
                            + Long.toUnsignedString(length)
                            + " bytes at position "
                            + position()
                            + "; "
                            + (end - position())
                            + " are left");
        }
        byte[] bytes = new byte[(int) length];
        int buffered = Math.min(bytes.length, window.remaining());
        window.get(bytes, 0, buffered);
        if (buffered < bytes.length) {
            file.read(windowEnd, ByteBuffer.wrap(bytes, buffered, bytes.length - buffered));
            windowEnd += bytes.length - buffered;
        }
        return bytes;
    }

    /** A string of that many bytes of UTF-8. */
    String utf8(long length) {
        byte[] bytes = bytes(length);
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw new CorruptCheckpointException(
                    file.path(),
                    "a string of the pickle before position " + position() + " is not valid UTF-8",
                    e);
        }
    }

    /** Text up to a line feed, which is consumed. */
    String line() {
        StringBuilder line = new StringBuilder();
        while (true) {
            int c = unsignedByte();
            if (c == '\n') {
                return line.toString();
            }
            if (line.length() == LONGEST_LINE) {
                throw new CorruptCheckpointException(
                        file.path(),
                        "a name in the pickle before position "
                                + position()
                                + " is longer than "
                                + LONGEST_LINE
                                + " characters");
            }
            line.append((char) c);
        }
    }

    private void need(int count) {
        if (window.remaining() >= count) {
            return;
        }
        if (count > end - position()) {
            throw new CorruptCheckpointException(
                    file.path(),
                    "the pickle does not end by itself: nothing is left, or allowed, after position"
                            + " "
                            + end);
        }
        window.compact();
        window.limit((int) Math.min(WINDOW, window.position() + (end - windowEnd)));
        long from = windowEnd;
        windowEnd += window.remaining();
        file.read(from, window);
        window.flip();
    }
}
