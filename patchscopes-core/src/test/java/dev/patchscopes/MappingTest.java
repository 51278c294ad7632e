package dev.patchscopes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class MappingTest {

    private static final Mapping TWO_TO_THREE =
            Mapping.affine(new double[][] {{1, 2}, {3, 4}, {0, -1}}, new double[] {10, 20, 30});

    @Test
    void theIdentityCopies() {
        double[] h = {1, -2};
        double[] mapped = Mapping.identity().apply(h);

        assertThat(mapped).containsExactly(1, -2).isNotSameAs(h);
        assertThat(Mapping.identity().name()).isEqualTo("identity");
        assertThat(Mapping.identity().outputWidth(7)).hasValue(7);
    }

    @Test
    void affineMultipliesAndAdds() {
        assertThat(TWO_TO_THREE.apply(new double[] {5, 6})).containsExactly(27, 59, 24);
        assertThat(TWO_TO_THREE.inputWidth()).hasValue(2);
        assertThat(TWO_TO_THREE.outputWidth(2)).hasValue(3);
    }

    @Test
    void affineCopiesWhatItIsMadeOf() {
        double[][] matrix = {{2}};
        Mapping twice = Mapping.affine(matrix, new double[] {0});
        matrix[0][0] = 3;

        assertThat(twice.apply(new double[] {1})).containsExactly(2);
    }

    @Test
    void theNameOfAnAffineMappingTellsItsNumbersApart() {
        Mapping other =
                Mapping.affine(new double[][] {{1, 2}, {3, 4}, {0, -1}}, new double[] {10, 20, 31});

        assertThat(TWO_TO_THREE.name()).matches("affine 2 to 3 \\([0-9a-f]{8}\\)");
        assertThat(other.name()).isNotEqualTo(TWO_TO_THREE.name());
    }

    @Test
    void functionsGetACopy() {
        double[] h = {1, 2};
        Mapping scribble =
                Mapping.of(
                        "scribble",
                        v -> {
                            Arrays.fill(v, 9);
                            return v;
                        });

        assertThat(scribble.apply(h)).containsExactly(9, 9);
        assertThat(h).containsExactly(1, 2);
        assertThat(scribble.outputWidth(2)).isEmpty();
        assertThat(Mapping.of(v -> v).name()).isEqualTo("function");
    }

    @Test
    void compositionGoesFromLeftToRight() {
        Mapping shift = Mapping.affine(new double[][] {{1, 0}, {0, 1}}, new double[] {1, 1});
        Mapping both = shift.andThen(TWO_TO_THREE);

        assertThat(both.apply(new double[] {4, 5}))
                .containsExactly(TWO_TO_THREE.apply(new double[] {5, 6}));
        assertThat(both.inputWidth()).hasValue(2);
        assertThat(both.outputWidth(2)).hasValue(3);
        assertThat(both.name()).isEqualTo(shift.name() + ", then " + TWO_TO_THREE.name());
    }

    @Test
    void widthsAreKnownThroughCompositionsWhereTheyCanBe() {
        assertThat(Mapping.identity().andThen(TWO_TO_THREE).inputWidth()).hasValue(2);
        assertThat(TWO_TO_THREE.andThen(Mapping.identity()).outputWidth(2)).hasValue(3);
        assertThat(Mapping.of(v -> v).andThen(TWO_TO_THREE).outputWidth(8)).hasValue(3);
        assertThat(TWO_TO_THREE.andThen(Mapping.of(v -> v)).outputWidth(2))
                .isEqualTo(OptionalInt.empty());
    }

    @Test
    void widthsThatDoNotFitAreRefused() {
        String takes = TWO_TO_THREE.name() + " takes vectors of 2 values, and one of 3 was given";

        assertThatIllegalArgumentException()
                .isThrownBy(() -> TWO_TO_THREE.apply(new double[3]))
                .withMessage(takes);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TWO_TO_THREE.andThen(TWO_TO_THREE))
                .withMessage(takes);
    }

    @Test
    void matricesThatAreNoneAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Mapping.affine(new double[0][0], new double[0]))
                .withMessage("the matrix of an affine mapping is empty");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Mapping.affine(new double[][] {{1, 2}, {3}}, new double[2]))
                .withMessage("row 1 of the matrix has 1 values, expected 2 as in row 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Mapping.affine(new double[][] {{1, 2}}, new double[2]))
                .withMessage("the bias has 2 values, expected 1, one for each row of the matrix");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Mapping.affine(new double[][] {{Double.NaN}}, new double[1]))
                .withMessage("the affine mapping holds a number that is not finite");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Mapping.of(" ", v -> v))
                .withMessage("a mapping's name is blank; provenance needs one");
    }
}
