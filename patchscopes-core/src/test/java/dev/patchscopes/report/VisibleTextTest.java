package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VisibleTextTest {

    private static String of(String text) {
        return VisibleText.of(text);
    }

    @Test
    void whatCanBeSeenStaysAsItIs() {
        for (String text : new String[] {"", "Paris", "a b", "naïve", "東京", "e\u0301", "🙂", "·"}) {
            assertThat(of(text)).isEqualTo(text);
        }
    }

    @Test
    void spacesAtTheEndsBecomeDots() {
        assertThat(of(" Paris")).isEqualTo("·Paris");
        assertThat(of("  a b ")).isEqualTo("··a b·");
        assertThat(of("   ")).isEqualTo("···");
    }

    @Test
    void lineBreaksAndTabsAreNamed() {
        assertThat(of("a\r\n\tb")).isEqualTo("a\\r\\n\\tb");
    }

    @ParameterizedTest
    @CsvSource({
        "0, \\u0000",
        "1b, \\u001b",
        "7f, \\u007f",
        "85, \\u0085",
        "9b, \\u009b",
        "a0, \\u00a0",
        "ad, \\u00ad",
        "200b, \\u200b",
        "200e, \\u200e",
        "2028, \\u2028",
        "202e, \\u202e",
        "2066, \\u2066",
        "3164, \\u3164",
        "e000, \\ue000",
        "feff, \\ufeff",
        "ffff, \\uffff",
        "e0041, \\u{e0041}",
        "10ffff, \\u{10ffff}"
    })
    void whatCannotBeSeenIsEscaped(String point, String escape) {
        String text = new String(Character.toChars(Integer.parseInt(point, 16)));
        assertThat(of(text)).isEqualTo(escape);
        assertThat(of("a" + text + "b")).isEqualTo("a" + escape + "b");
    }

    @Test
    void loneSurrogatesAreEscaped() {
        assertThat(of("a\ud83d")).isEqualTo("a\\ud83d");
        assertThat(of("\ude42b")).isEqualTo("\\ude42b");
        assertThat(of("\ude42\ud83d")).isEqualTo("\\ude42\\ud83d");
    }

    @Test
    void joinersStayWithinEmojiAndNowhereElse() {
        assertThat(of("👩\u200d🚀")).isEqualTo("👩\u200d🚀");
        assertThat(of("❤\ufe0f\u200d🔥")).isEqualTo("❤\ufe0f\u200d🔥");
        assertThat(of("\u200d")).isEqualTo("\\u200d");
        assertThat(of("🚀\u200d")).isEqualTo("🚀\\u200d");
        assertThat(of("a\u200d\u200db")).isEqualTo("a\\u200d\\u200db");
        assertThat(of("a\u200d\nb")).isEqualTo("a\\u200d\\nb");
    }

    @Test
    void aMarkWithoutACharacterStandsOnACircle() {
        assertThat(of("\u0301")).isEqualTo("◌\u0301");
        assertThat(of(" \u0301a")).isEqualTo("·◌\u0301a");
        assertThat(of("\u001b\u0301")).isEqualTo("\\u001b◌\u0301");
        assertThat(of("e\u0301\u0302")).isEqualTo("e\u0301\u0302");
    }

    @Test
    void whatIsVisibleStaysSo() {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("-Dseed=" + seed);
        RandomTexts texts = new RandomTexts(new Random(seed));
        for (int i = 0; i < 20_000; i++) {
            String once = of(texts.next());
            assertThat(of(once)).isEqualTo(once);
            assertThat(once.codePoints())
                    .noneMatch(point -> point < 0x20 || (point >= 0x7f && point <= 0xa0))
                    .noneMatch(point -> point >= 0x2028 && point <= 0x202e)
                    .noneMatch(point -> point >= 0xd800 && point <= 0xdfff);
        }
    }
}
