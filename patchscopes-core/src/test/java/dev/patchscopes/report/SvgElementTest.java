package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is written: escaped texts, short numbers, round ticks, widths. */
class SvgElementTest {

    @Test
    void textsAndAttributesAreEscaped() {
        String text = "<a href='x'>&\"\t\n]]>😀";
        String xml = SvgElement.of("g").with("title", text).text(text).toString();
        SvgDrawing drawing = SvgDrawing.parse(xml);
        assertThat(drawing.root().getTextContent()).isEqualTo(text);
        assertThat(drawing.root().getAttribute("title")).isEqualTo(text);
        assertThat(SvgElement.title("a\0b\ud800c\uffffd").toString())
                .isEqualTo("<title>a\ufffdb\ufffdc\ufffdd</title>");
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "-0.001, 0", "2.345, 2.35", "2.5, 2.5", "-10.10, -10.1", "1e6, 1000000"})
    void numbersAreShort(double number, String written) {
        assertThat(SvgElement.number(number)).isEqualTo(written);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 1, 5, 0.0 0.2 0.4 0.6 0.8 1.0",
        "-3, 7, 5, -2 0 2 4 6",
        "0, 12, 12, 0 1 2 3 4 5 6 7 8 9 10 11 12",
        "0.001, 0.002, 2, 0.0010 0.0015 0.0020",
        "0, 4e7, 4, 0 1e+07 2e+07 3e+07 4e+07"
    })
    void ticksAreRound(double low, double high, int most, String labels) {
        Ticks ticks = Ticks.linear(low, high, most);
        assertThat(ticks.at().stream().mapToObj(ticks::label).toList())
                .containsExactlyElementsOf(Splitter.on(' ').split(labels));
    }

    @Test
    void textsAreCutToTheirRoomBetweenLetters() {
        SvgFont font = SvgFont.mono(10);
        assertThat(font.cut("short", 100)).isEqualTo("short");
        assertThat(font.cut("unbelievable", font.width("unbel…"))).isEqualTo("unbel…");
        assertThat(font.cut("e\u0301e\u0301e\u0301", font.width("ee"))).isEqualTo("e\u0301…");
        assertThat(font.cut("😀😀😀", font.width("😀😀"))).isEqualTo("😀…");
        assertThat(font.cut("abc", 1)).isEmpty();
        assertThat(SvgFont.sans(12).wrap("some words to wrap", 70, 9))
                .allMatch(line -> SvgFont.sans(12).width(line) <= 70)
                .hasSizeGreaterThan(1);
        assertThat(SvgFont.sans(12).wrap("some words to wrap", 70, 1))
                .singleElement()
                .asString()
                .endsWith("…");
    }
}
