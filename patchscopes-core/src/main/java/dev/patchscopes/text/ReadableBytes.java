package dev.patchscopes.text;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Bytes that may be cut anywhere, as text. */
final class ReadableBytes {

    private static final char REPLACEMENT = '\uFFFD';
    private static final String HEX = "0123456789ABCDEF";

    private ReadableBytes() {}

    /** UTF-8 where it is whole, {@code <0xE2>} for each byte that belongs to no whole character. */
    static String text(byte[] bytes) {
        // Nearly every piece is whole, and this is much faster.
        String whole = new String(bytes, StandardCharsets.UTF_8);
        return whole.indexOf(REPLACEMENT) < 0 ? whole : withBytesShown(bytes);
    }

    private static String withBytesShown(byte[] bytes) {
        CharsetDecoder decoder =
                StandardCharsets.UTF_8
                        .newDecoder()
                        .onMalformedInput(CodingErrorAction.REPORT)
                        .onUnmappableCharacter(CodingErrorAction.REPORT);
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length * "<0xE2>".length());
        while (true) {
            CoderResult result = decoder.decode(in, out, true);
            if (!result.isError()) {
                return out.flip().toString();
            }
            for (int i = 0; i < result.length(); i++) {
                int value = in.get() & 0xFF;
                out.put("<0x").put(HEX.charAt(value >> 4)).put(HEX.charAt(value & 15)).put('>');
            }
        }
    }

    /**
     * Number of bytes at the end that begin a character without finishing it: 0 to 3.
     *
     * <p>Looks only for a lead byte that announces more bytes than follow, so bytes that can never
     * become a character are not counted.
     */
    static int unfinished(byte[] bytes) {
        for (int back = 1; back <= Math.min(3, bytes.length); back++) {
            int value = bytes[bytes.length - back] & 0xFF;
            if (value >= 0xC0) {
                int length = value >= 0xF0 ? 4 : value >= 0xE0 ? 3 : 2;
                return length > back ? back : 0;
            }
            if (value < 0x80) {
                return 0;
            }
        }
        return 0;
    }
}
