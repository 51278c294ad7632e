package dev.patchscopes.examples.demo.tokenizer;

/**
 * The printable character that stands for each byte in a {@code tokenizer.json}, as GPT-2
 * introduced them.
 *
 * <p>Bytes that print in Latin-1 stand for themselves; the others take the characters from U+0100
 * on, in order.
 */
final class ByteAlphabet {

    /** How many values a byte has. */
    static final int SIZE = 256;

    private static final String CHARACTERS = characters();

    private ByteAlphabet() {}

    private static String characters() {
        StringBuilder all = new StringBuilder(SIZE);
        char standIn = SIZE;
        for (char b = 0; b < SIZE; b++) {
            boolean prints =
                    (b > ' ' && b < 0x7F) || (b > 0xA0 && b != 0xAD); // U+00AD is a soft hyphen
            all.append(prints ? b : standIn++);
        }
        return all.toString();
    }

    /** The characters that stand for bytes. */
    static String write(byte[] bytes) {
        StringBuilder text = new StringBuilder(bytes.length);
        for (byte b : bytes) {
            text.append(CHARACTERS.charAt(b & 0xFF));
        }
        return text.toString();
    }
}
