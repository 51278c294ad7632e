package dev.patchscopes.text;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.BitSet;
import java.util.Deque;
import java.util.Optional;

/**
 * The table of a SentencePiece normalizer, checked as far as any text can lead into it.
 *
 * <p>It is a double-array trie over bytes followed by the replacements, each ended by a zero byte.
 * The native library follows its indices unchecked and ends the process where one leads outside.
 */
final class PrecompiledCharsmap {

    private static final int OFFSET_SHIFT = 10;
    private static final int LEAF = 1 << 8;
    private static final int LABEL = 0x800000ff;
    private static final int VALUE = 0x7fffffff;

    /** Six times that of SentencePiece's own tables. */
    private static final int MOST_UNITS = 1 << 18;

    private final int[] units;
    private final byte[] replacements;
    private final BitSet seen = new BitSet();
    private final Deque<Node> open = new ArrayDeque<>();

    private PrecompiledCharsmap(int[] units, byte[] replacements) {
        this.units = units;
        this.replacements = replacements;
    }

    /**
     * A place in the trie.
     *
     * @param position the unit whose children are to be seen
     * @param printable whether all bytes up to here are visible characters of ASCII
     */
    private record Node(int position, boolean printable) {}

    /** What is wrong with a table, as the end of a sentence; empty if nothing is. */
    static Optional<String> problem(String base64) {
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            return Optional.of("is not in Base64");
        }
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        long trieBytes = bytes.length < Integer.BYTES ? -1 : Integer.toUnsignedLong(in.getInt());
        if (trieBytes < Integer.BYTES
                || trieBytes % Integer.BYTES != 0
                || trieBytes > in.remaining()) {
            return Optional.of("claims a trie of " + trieBytes + " bytes in " + bytes.length);
        }
        if (trieBytes > (long) MOST_UNITS * Integer.BYTES) {
            return Optional.of("has a trie of more than " + MOST_UNITS + " units");
        }
        int[] units = new int[(int) trieBytes / Integer.BYTES];
        in.asIntBuffer().get(units);
        in.position(in.position() + (int) trieBytes);
        byte[] replacements = new byte[in.remaining()];
        in.get(replacements);
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(replacements));
        } catch (CharacterCodingException e) {
            return Optional.of("has replacements that are not UTF-8");
        }
        return new PrecompiledCharsmap(units, replacements).walk();
    }

    /**
     * Tells whether a table that has no {@link #problem} leaves something of every character of a
     * text.
     *
     * @param base64 the table
     * @param text the text
     * @return false also if it cannot be told
     */
    static boolean keepsAll(String base64, String text) {
        ByteBuffer in =
                ByteBuffer.wrap(Base64.getDecoder().decode(base64)).order(ByteOrder.LITTLE_ENDIAN);
        int[] units = new int[in.getInt() / Integer.BYTES];
        in.asIntBuffer().get(units);
        in.position(in.position() + units.length * Integer.BYTES);
        byte[] replacements = new byte[in.remaining()];
        in.get(replacements);
        PrecompiledCharsmap map = new PrecompiledCharsmap(units, replacements);
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < bytes.length; i++) {
            boolean begins = (bytes[i] & 0xc0) != 0x80;
            if (begins && !map.keeps(bytes, i)) {
                return false;
            }
        }
        return true;
    }

    /** The first replacement on the way from a character counts; without one, it stays. */
    private boolean keeps(byte[] text, int start) {
        int position = children(0);
        for (int i = start; i < text.length; i++) {
            int label = text[i] & 0xff;
            position ^= label;
            if (label == 0 || position >= units.length || (units[position] & LABEL) != label) {
                return true;
            }
            boolean leaf = (units[position] & LEAF) != 0;
            position = children(position);
            if (leaf) {
                return !isEmpty(units[position] & VALUE);
            }
        }
        return true;
    }

    /** Where the children of a unit begin. */
    private int children(int position) {
        int unit = units[position];
        return position ^ ((unit >>> OFFSET_SHIFT) << ((unit & (1 << 9)) >>> 6));
    }

    private boolean isEmpty(int replacement) {
        return replacement == replacements.length || replacements[replacement] == 0;
    }

    /** Visits every place that some text leads to. */
    private Optional<String> walk() {
        Optional<String> problem = enter(0, true);
        while (problem.isEmpty() && !open.isEmpty()) {
            Node node = open.pop();
            for (int label = 1; label < 256 && problem.isEmpty(); label++) {
                int child = node.position ^ label;
                if (child >= units.length) {
                    return leadsOutside(child);
                }
                if ((units[child] & LABEL) == label) {
                    problem = enter(child, node.printable && label > ' ' && label < 0x7f);
                }
            }
        }
        return problem;
    }

    private Optional<String> enter(int position, boolean printable) {
        int unit = units[position];
        int children = children(position);
        if (children < 0 || children >= units.length) {
            return leadsOutside(children);
        }
        if (position != 0 && (unit & LEAF) != 0) {
            Optional<String> problem = replacement(units[children] & VALUE, printable);
            if (problem.isPresent()) {
                return problem;
            }
        }
        // Once for each kind of way to it: places can be shared.
        int key = children * 2 + (printable ? 1 : 0);
        if (!seen.get(key)) {
            seen.set(key);
            open.push(new Node(children, printable));
        }
        return Optional.empty();
    }

    private Optional<String> replacement(int start, boolean printable) {
        if (start > replacements.length
                || (start < replacements.length && (replacements[start] & 0xc0) == 0x80)) {
            return Optional.of("has a replacement at byte " + start + ", where none begins");
        }
        return isEmpty(start) && printable
                ? Optional.of("removes visible characters")
                : Optional.empty();
    }

    private Optional<String> leadsOutside(int position) {
        return Optional.of(
                "leads to unit "
                        + Integer.toUnsignedString(position)
                        + " of a trie of "
                        + units.length);
    }
}
