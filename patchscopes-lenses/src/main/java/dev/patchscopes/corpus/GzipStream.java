package dev.patchscopes.corpus;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import java.util.zip.ZipException;

/**
 * Unpacks gzip (RFC 1952), one member after another.
 *
 * <p>{@link java.util.zip.GZIPInputStream} takes a damaged header of a second member for the end of
 * the file, and loses what it had already unpacked when the file ends too early. Here the first is
 * an error and the second is delivered before the error.
 */
final class GzipStream extends InputStream {

    private static final int HEADER_CRC = 1 << 1;
    private static final int EXTRA = 1 << 2;
    private static final int NAME = 1 << 3;
    private static final int COMMENT = 1 << 4;
    private static final int RESERVED = 0xE0;

    private final InputStream in;
    private final Inflater inflater = new Inflater(true);
    private final CRC32 crc = new CRC32();
    private final byte[] buffer = new byte[8192];
    private int from;
    private int to;
    private boolean inMember;

    GzipStream(InputStream in) {
        this.in = in;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] out, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (inMember || beginMember()) {
            int count = inflate(out, offset, length);
            if (count > 0) {
                crc.update(out, offset, count);
                return count;
            }
            endMember();
        }
        return -1;
    }

    /** Delivers at least a byte, or 0 at the end of the member. */
    private int inflate(byte[] out, int offset, int length) throws IOException {
        try {
            while (true) {
                int count = inflater.inflate(out, offset, length);
                if (count > 0 || inflater.finished()) {
                    return count;
                }
                if (inflater.needsDictionary()) {
                    throw new ZipException("gzip: a dictionary is asked for, which gzip has not");
                }
                if (!fill()) {
                    throw new EOFException("gzip: the file ends within a member");
                }
                inflater.setInput(buffer, from, to - from);
            }
        } catch (DataFormatException e) {
            throw new ZipException("gzip: " + e.getMessage());
        }
    }

    /** False at the end of the file. */
    private boolean beginMember() throws IOException {
        int head = next();
        if (head < 0) {
            return false;
        }
        if (head == 0 && onlyZeroesFollow()) {
            return false;
        }
        if (head != 0x1F || required() != 0x8B) {
            throw new ZipException("gzip: what follows the last member is no member");
        }
        if (required() != 8) {
            throw new ZipException("gzip: the compression method is not deflate");
        }
        int flags = required();
        if ((flags & RESERVED) != 0) {
            throw new ZipException("gzip: a reserved flag is set");
        }
        skip(6);
        if ((flags & EXTRA) != 0) {
            skip(required() | required() << 8);
        }
        skipText((flags & NAME) != 0);
        skipText((flags & COMMENT) != 0);
        skip((flags & HEADER_CRC) != 0 ? 2 : 0);
        crc.reset();
        inflater.reset();
        inflater.setInput(buffer, from, to - from);
        inMember = true;
        return true;
    }

    /** Tapes and some tools fill up the last block with zeroes. */
    private boolean onlyZeroesFollow() throws IOException {
        int b = 0;
        while (b == 0) {
            b = next();
        }
        return b < 0;
    }

    private void endMember() throws IOException {
        from = to - inflater.getRemaining();
        inMember = false;
        if (littleEndian() != crc.getValue()) {
            throw new ZipException("gzip: the checksum of a member is wrong");
        }
        if (littleEndian() != (inflater.getBytesWritten() & 0xFFFF_FFFFL)) {
            throw new ZipException("gzip: the length of a member is wrong");
        }
    }

    private long littleEndian() throws IOException {
        long value = 0;
        for (int shift = 0; shift < 32; shift += 8) {
            value |= (long) required() << shift;
        }
        return value;
    }

    private void skip(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            required();
        }
    }

    private void skipText(boolean present) throws IOException {
        boolean within = present;
        while (within) {
            within = required() != 0;
        }
    }

    private int required() throws IOException {
        int b = next();
        if (b < 0) {
            throw new EOFException("gzip: the file ends within a member");
        }
        return b;
    }

    private int next() throws IOException {
        return from < to || fill() ? buffer[from++] & 0xFF : -1;
    }

    private boolean fill() throws IOException {
        from = 0;
        to = Math.max(0, in.read(buffer));
        return to > 0;
    }

    @Override
    public void close() throws IOException {
        inflater.end();
        in.close();
    }
}
