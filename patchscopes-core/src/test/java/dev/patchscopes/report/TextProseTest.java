package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.patchscopes.report.Terminal.Colors;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TextProseTest {

    @Test
    void wordsFillTheLines() {
        Prose prose = new Prose("What follows", "One two\nthree four five six.\n\nSeven.");
        assertThat(prose.toText(Terminal.plain(20)).lines())
                .containsExactly("What follows", "One two three four", "five six.", "", "Seven.");
    }

    @Test
    void headingsStandOutWhereTheyCan() {
        assertThat(Prose.heading("A").toText(new Terminal(20, Colors.INDEXED)).strip())
                .isEqualTo("\u001b[1mA\u001b[0m");
    }

    @Test
    void proseSaysSomething() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Prose("", ""))
                .withMessage("neither a heading nor a text");
    }

    @Test
    void linesFitWhateverIsSaid() {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("-Dseed=" + seed);
        Random random = new Random(seed);
        RandomTexts texts = new RandomTexts(random);
        for (int i = 0; i < 500; i++) {
            Prose prose = new Prose("x" + texts.next(), texts.next() + " " + texts.next());
            TerminalChecks.assertFits(prose::toText, 20 + random.nextInt(20));
        }
    }
}
