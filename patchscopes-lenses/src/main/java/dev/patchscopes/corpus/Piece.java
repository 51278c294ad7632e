package dev.patchscopes.corpus;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;

/** Bytes of a source between two separators, and where they stand. */
final class Piece {

    private final String source;
    private final byte[] bytes;
    private final long offset;
    private final long line;

    /**
     * @param bytes without the separator; not copied
     * @param offset of the first byte
     * @param line of the first byte, from 1
     */
    Piece(String source, byte[] bytes, long offset, long line) {
        this.source = source;
        this.bytes = bytes;
        this.offset = offset;
        this.line = line;
    }

    byte[] bytes() {
        return bytes;
    }

    long offset() {
        return offset;
    }

    long line() {
        return line;
    }

    /** Says where in the source this piece is damaged, counting bytes from its first. */
    Damage damage(int at, String reason) {
        long lines = line;
        for (int i = 0; i < at; i++) {
            lines += bytes[i] == '\n' ? 1 : 0;
        }
        return new Damage(source, lines, offset + at, reason);
    }

    /** The text, or an error at the first byte that is not UTF-8. */
    String text() {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length);
        CoderResult result = decoder.decode(in, out, true);
        if (result.isError()) {
            int at = in.position();
            throw new DamagedTextException(
                    damage(
                            at,
                            ("byte 0x%02X is not UTF-8 here; convert the file to UTF-8, or leave"
                                            + " such documents out with skipDamaged()")
                                    .formatted(bytes[at] & 0xFF)));
        }
        return out.flip().toString();
    }

    /** Whether this line ends a document that goes up to the next blank line. */
    boolean isBlank() {
        for (byte b : bytes) {
            if (b != ' ' && b != '\t' && b != '\r') {
                return false;
            }
        }
        return true;
    }
}
