package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DisplayWidthTest {

    @ParameterizedTest
    @CsvSource({
        "'', 0",
        "Paris, 5",
        "naïve, 5",
        "Москва, 6",
        "東京, 4",
        "ﾊﾛｰ, 3",
        "ＡＢ, 4",
        "한국, 4",
        "🙂, 2",
        "⌚, 2",
        "⌛, 2",
        "⏰, 2",
        "⌜, 1",
        "✂, 1",
        "…, 1",
        "█, 1",
        "𝄞, 1",
        "𠀀, 2"
    })
    void charactersTakeTheirColumns(String text, int columns) {
        assertThat(DisplayWidth.of(text)).isEqualTo(columns);
    }

    @Test
    void marksTakeNone() {
        assertThat(DisplayWidth.of("e\u0301\u0302")).isEqualTo(1);
        assertThat(DisplayWidth.of("\u1112\u1161\u11ab")).isEqualTo(2);
        assertThat(DisplayWidth.of("❤\ufe0f")).isEqualTo(1);
    }

    @Test
    void aWideCharacterIsNotCutInHalf() {
        assertThat(DisplayWidth.cut("東京都", 6)).isEqualTo("東京都");
        assertThat(DisplayWidth.cut("東京都", 5)).isEqualTo("東京…");
        assertThat(DisplayWidth.cut("東京都", 4)).isEqualTo("東…");
        assertThat(DisplayWidth.cut("東京都", 1)).isEqualTo("…");
        assertThat(DisplayWidth.left("東京都", 4)).isEqualTo("東… ");
        assertThat(DisplayWidth.right("東", 4)).isEqualTo("  東");
    }

    @Test
    void aMarkStaysWithItsCharacter() {
        assertThat(DisplayWidth.cut("e\u0301e\u0301e\u0301", 2)).isEqualTo("e\u0301…");
    }

    @Test
    void textsFitWhereTheyAreCut() {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("-Dseed=" + seed);
        Random random = new Random(seed);
        RandomTexts texts = new RandomTexts(random);
        for (int i = 0; i < 10_000; i++) {
            String text = TerminalText.of(texts.next());
            int columns = 1 + random.nextInt(12);
            assertThat(DisplayWidth.of(DisplayWidth.cut(text, columns)))
                    .isLessThanOrEqualTo(columns)
                    .isGreaterThanOrEqualTo(Math.min(DisplayWidth.of(text), columns - 1));
            assertThat(DisplayWidth.of(DisplayWidth.left(text, columns))).isEqualTo(columns);
            assertThat(DisplayWidth.of(DisplayWidth.right(text, columns))).isEqualTo(columns);
        }
    }
}
