package dev.patchscopes.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PrecompiledCharsmapTest {

    private static final int LEAF = 1 << 8;

    /** A trie of one block of units in which one byte leads to one replacement. */
    private final int[] units = new int[256];

    private String replacements = "x\0\u00e9\0";

    /**
     * From the root, whose children are found at their own labels, {@code key} leads to the unit
     * {@code key}, whose children begin at {@code base}; there lies the replacement's position.
     */
    private void map(int key, int base, int position) {
        units[key] = ((base ^ key) << 10) | LEAF | key;
        units[base] = 0x80000000 | position;
    }

    private Optional<String> problem() {
        return PrecompiledCharsmap.problem(encoded(units.length * Integer.BYTES));
    }

    private String encoded(int claimed) {
        byte[] utf8 = replacements.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes =
                ByteBuffer.allocate(Integer.BYTES * (1 + units.length) + utf8.length)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putInt(claimed);
        for (int unit : units) {
            bytes.putInt(unit);
        }
        return Base64.getEncoder().encodeToString(bytes.put(utf8).array());
    }

    @Test
    void aTableThatStaysInsideIsAccepted() {
        assertThat(problem()).isEmpty();
        map('a', 128, 0);
        map(0xc3, 64, 2);
        assertThat(problem()).isEmpty();
        // Taking away what is not visible is what such tables are for.
        map(' ', 16, 1);
        assertThat(problem()).isEmpty();
    }

    @Test
    void aPlaceOutsideTheTrieIsRefused() {
        map('a', 128, 0);
        units['a'] = (300 << 10) | LEAF | 'a';
        assertThat(problem()).hasValueSatisfying(p -> assertThat(p).contains("leads to unit"));
        // The wide form of an offset, and one that only the second byte of a text reaches.
        units['a'] = (1 << 10) | (1 << 9) | 'a';
        assertThat(problem()).hasValueSatisfying(p -> assertThat(p).contains("leads to unit"));
    }

    @Test
    void aReplacementThatDoesNotBeginThereIsRefused() {
        map('a', 128, 3);
        assertThat(problem()).hasValue("has a replacement at byte 3, where none begins");
        map('a', 128, 6);
        assertThat(problem()).hasValue("has a replacement at byte 6, where none begins");
    }

    @Test
    void visibleCharactersMustNotVanish() {
        map('a', 128, 1);
        assertThat(problem()).hasValue("removes visible characters");
    }

    @Test
    void charactersMappedToNothingAreKnown() {
        map('\n', 16, 1); // to nothing
        map('\t', 32, 0); // to x
        String table = encoded(units.length * Integer.BYTES);
        assertThat(PrecompiledCharsmap.problem(table)).isEmpty();
        assertThat(PrecompiledCharsmap.keepsAll(table, "\n")).isFalse();
        assertThat(PrecompiledCharsmap.keepsAll(table, "a\n")).isFalse();
        assertThat(PrecompiledCharsmap.keepsAll(table, "\t")).isTrue();
        assertThat(PrecompiledCharsmap.keepsAll(table, "\u304b \ud83d\ude00")).isTrue();
    }

    @Test
    void sizesAreChecked() {
        for (int claimed : new int[] {-4, 0, 2, 6, 4 * 300, 1 << 30}) {
            assertThat(PrecompiledCharsmap.problem(encoded(claimed)))
                    .as("claimed %s", claimed)
                    .isNotEmpty();
        }
        assertThat(PrecompiledCharsmap.problem("")).isNotEmpty();
        assertThat(PrecompiledCharsmap.problem("AA==")).isNotEmpty();
        assertThat(PrecompiledCharsmap.problem("no base64")).hasValue("is not in Base64");
    }

    @Test
    void replacementsAreText() {
        byte[] bytes = Base64.getDecoder().decode(encoded(units.length * Integer.BYTES));
        bytes[bytes.length - 3] = (byte) 0xff;
        assertThat(PrecompiledCharsmap.problem(Base64.getEncoder().encodeToString(bytes)))
                .hasValue("has replacements that are not UTF-8");
    }
}
