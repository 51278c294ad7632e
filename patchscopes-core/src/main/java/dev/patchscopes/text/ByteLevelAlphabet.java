package dev.patchscopes.text;

import java.util.Arrays;
import java.util.Optional;

/**
 * The printable stand-ins byte-level BPE writes for the 256 byte values, introduced with GPT-2
 * (Radford et al., 2019).
 *
 * <p>Bytes that are printable in Latin-1 stand for themselves; the other 68 are numbered in order
 * and written as the characters from U+0100 on, so that a space (byte 0x20) becomes U+0120 "Ġ".
 */
final class ByteLevelAlphabet {

    private static final int FIRST_STAND_IN = 0x100;

    private static final char[] CHARACTERS = new char[256];
    private static final int[] BYTES = new int[FIRST_STAND_IN + 256];

    static {
        Arrays.fill(BYTES, -1);
        char next = FIRST_STAND_IN;
        for (int b = 0; b < 256; b++) {
            boolean printable =
                    (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || (b >= 0xAE && b <= 0xFF);
            CHARACTERS[b] = printable ? (char) b : next++;
            BYTES[CHARACTERS[b]] = b;
        }
    }

    private ByteLevelAlphabet() {}

    /** The stand-in of a byte value 0..255. */
    static char character(int value) {
        return CHARACTERS[value];
    }

    /** The bytes a piece stands for; empty if some character of it stands for none. */
    static Optional<byte[]> bytes(String piece) {
        byte[] bytes = new byte[piece.length()];
        for (int i = 0; i < bytes.length; i++) {
            char c = piece.charAt(i);
            if (c >= BYTES.length || BYTES[c] < 0) {
                return Optional.empty();
            }
            bytes[i] = (byte) BYTES[c];
        }
        return Optional.of(bytes);
    }
}
