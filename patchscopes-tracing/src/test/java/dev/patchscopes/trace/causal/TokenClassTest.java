package dev.patchscopes.trace.causal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TokenClassTest {

    private static List<String> classes(int from, int to, int length) {
        return IntStream.range(0, length)
                .mapToObj(t -> TokenClass.of(t, from, to, length))
                .map(c -> c.map(TokenClass::label).orElse(""))
                .toList();
    }

    @Test
    void aLongSubjectHasAllClasses() {
        assertThat(classes(1, 5, 9))
                .containsExactly(
                        "",
                        "first subject",
                        "middle subject",
                        "middle subject",
                        "last subject",
                        "first subsequent",
                        "further",
                        "further",
                        "last");
    }

    @Test
    void aSubjectOfOneTokenHasALastTokenOnly() {
        assertThat(classes(0, 1, 3)).containsExactly("last subject", "first subsequent", "last");
    }

    @Test
    void thePromptsLastTokenIsLastWhateverElseItIs() {
        assertThat(classes(2, 4, 4)).containsExactly("", "", "first subject", "last");
        assertThat(classes(0, 2, 3)).containsExactly("first subject", "last subject", "last");
        assertThat(TokenClass.of(1, 2, 4, 4)).isEqualTo(Optional.empty());
    }
}
