package dev.patchscopes.model.golden;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;

/** Compares arrays number by number; AssertJ's own comparison takes longer than the models do. */
final class Near {

    private Near() {}

    @FormatMethod
    static void assertNear(
            double[] actual,
            double[] expected,
            double tolerance,
            @FormatString String what,
            Object... args) {
        assertThat(actual.length).as(what, args).isEqualTo(expected.length);
        for (int i = 0; i < actual.length; i++) {
            if (!(Math.abs(actual[i] - expected[i]) <= tolerance)) { // NaN is far from everything
                throw new AssertionError(
                        "%s: %s at %d, expected %s within %s"
                                .formatted(
                                        what.formatted(args),
                                        actual[i],
                                        i,
                                        expected[i],
                                        tolerance));
            }
        }
    }
}
