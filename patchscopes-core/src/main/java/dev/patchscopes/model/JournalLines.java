package dev.patchscopes.model;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Splits a file at its line feeds, a line at a time. */
final class JournalLines {
    private final FileChannel channel;
    private final byte[] buffer = new byte[1 << 16];
    private int at;
    private int filled;
    private long position;

    JournalLines(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * A line.
     *
     * @param bytes without its line feed
     * @param whole whether it has one: it is neither cut off by the end of the file nor too long
     */
    @SuppressWarnings("ArrayRecordComponent") // a bundle, never compared
    record Line(byte[] bytes, boolean whole) {}

    /**
     * @param longest bytes after which a line without end is given up
     */
    Line next(int longest) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        while (hasNext()) {
            int from = at;
            while (at < filled && buffer[at] != '\n') {
                at++;
            }
            line.write(buffer, from, at - from);
            position += at - from;
            if (at < filled) {
                at++;
                position++;
                return new Line(line.toByteArray(), true);
            }
            if (line.size() > longest) {
                break;
            }
        }
        return new Line(line.toByteArray(), false);
    }

    /** Whether anything is left to read. */
    boolean hasNext() throws IOException {
        if (at == filled) {
            at = 0;
            filled = Math.max(0, channel.read(ByteBuffer.wrap(buffer), position));
        }
        return filled > 0;
    }

    /** Byte of the file after the last line read. */
    long position() {
        return position;
    }
}
