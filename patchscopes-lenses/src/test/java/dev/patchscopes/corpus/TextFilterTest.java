package dev.patchscopes.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableMap;
import org.junit.jupiter.api.Test;

class TextFilterTest {

    private static boolean paperKeeps(String text) {
        return TextFilter.paper().accepts(new TextDocument(text, "test", 0, ImmutableMap.of()));
    }

    @Test
    void thePaperKeepsFewerThan250Words() {
        assertThat(paperKeeps("a".concat(" a".repeat(248)))).isTrue();
        assertThat(paperKeeps("a".concat(" a".repeat(249)))).isFalse();
    }

    @Test
    void wordsAreWhatLiesBetweenSingleSpaces() {
        assertThat(paperKeeps("a" + " ".repeat(248))).as("249 pieces, most empty").isTrue();
        assertThat(paperKeeps("a" + " ".repeat(249))).as("250 pieces, most empty").isFalse();
        assertThat(paperKeeps("a\n\ta\u00A0".repeat(300))).as("one word").isTrue();
    }

    @Test
    void thePaperKeepsFewerThan2000CodePoints() {
        assertThat(paperKeeps("a".repeat(1999))).isTrue();
        assertThat(paperKeeps("a".repeat(2000))).isFalse();
        assertThat(paperKeeps("\uD83D\uDE00".repeat(1999))).isTrue();
        assertThat(paperKeeps("\uD83D\uDE00".repeat(2000))).isFalse();
    }

    @Test
    void filtersSayWhatTheyDo() {
        TextFilter both = TextFilter.paper().and(TextFilter.attribute("lang", "en").negate());
        assertThat(both)
                .hasToString("fewer than 250 words, fewer than 2000 characters, not (lang is en)");
    }
}
