package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.patchscopes.text.Token;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AxisLabelsTest {

    private static final AxisLabels LAYERS = AxisLabels.of("layer", List.of(0, 1, 2));

    @Test
    void labelsAreAsTheyPrint() {
        assertThat(LAYERS.labels()).containsExactly("0", "1", "2");
        assertThat(LAYERS.size()).isEqualTo(3);
        assertThat(LAYERS.marked()).isEmpty();
    }

    @Test
    void tokensStayAsTheyAre() {
        AxisLabels axis =
                AxisLabels.tokens(
                        List.of(
                                new Token(0, 5, " a\n", Optional.empty()),
                                new Token(1, 6, "a", Optional.empty())));
        assertThat(axis.title()).isEqualTo("token");
        assertThat(axis.labels()).containsExactly(" a\n", "a");
    }

    @Test
    void marksReplaceMarks() {
        AxisLabels marked = LAYERS.withMarked(List.of(2, 0, 2));
        assertThat(marked.marked()).containsExactly(0, 2);
        assertThat(marked.withMarked(List.of(1)).marked()).containsExactly(1);
        assertThat(LAYERS.marked()).isEmpty();
    }

    @Test
    void aMarkOfNoLabelIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LAYERS.withMarked(List.of(1, 3)))
                .withMessage("mark 3 of axis layer is not in 0..2");
        assertThatIllegalArgumentException().isThrownBy(() -> LAYERS.withMarked(List.of(-1)));
    }
}
