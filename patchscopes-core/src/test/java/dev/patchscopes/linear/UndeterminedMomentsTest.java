package dev.patchscopes.linear;

import static dev.patchscopes.linear.MomentsTest.assertNear;
import static dev.patchscopes.linear.MomentsTest.moments;
import static dev.patchscopes.linear.MomentsTest.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.patchscopes.text.NativeStartup;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rows that do not determine a map are refused, not answered by rounding. */
class UndeterminedMomentsTest {
    private static final int ROWS = PlantedMap.ROWS;
    private static final int WIDTH = PlantedMap.WIDTH;

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final Random random = new Random(seed);
    private Matrix x;
    private Matrix y;

    @BeforeEach
    void data() {
        System.out.println("-Dseed=" + seed);
        NativeStartup.prepare();
        PlantedMap drawn = PlantedMap.draw(random);
        x = drawn.x();
        y = drawn.y();
    }

    @Test
    void nothingCanBeSaidOfNoRows() {
        try (Moments moments = Moments.of(3, 3)) {
            moments.add(new double[0][], new double[0][]);
            assertThat(moments.rows()).isZero();
            assertThatThrownBy(() -> moments.ridge(1))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("no states were added");
            assertThatThrownBy(moments::procrustes).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(moments::meanX).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void whatTheRowsDoNotDetermineIsRefused() {
        try (Moments moments = moments(rows(x, 0, WIDTH), rows(y, 0, WIDTH))) {
            assertThatThrownBy(() -> moments.ridge(0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("6 rows do not determine a map of 6 columns");
            assertNear(moments.ridge(1), Oracle.ridge(rows(x, 0, 6), rows(y, 0, 6), 1), 1e-9);
        }
        try (Moments moments = moments(rows(x, 0, WIDTH + 1), rows(y, 0, WIDTH + 1))) {
            assertThat(moments.meanSquaredError(moments.ridge(0)))
                    .isLessThan(1e-9 * moments.variance());
        }
    }

    @Test
    void columnsThatDependOnOthersAreRefusedWithoutPenalty() {
        double[][] sum = x.toArray();
        double[][] constant = x.toArray();
        for (int i = 0; i < ROWS; i++) {
            sum[i][2] = sum[i][0] + sum[i][1] / 3;
            constant[i][4] = 0.1;
        }
        for (double[][] dependent : List.of(sum, constant)) {
            try (Moments moments = moments(Matrix.ofRows(dependent), y)) {
                assertThatThrownBy(() -> moments.ridge(0))
                        .isInstanceOf(SingularMatrixException.class)
                        .hasMessageContaining("constant or a combination of others");
                AffineMap map = moments.ridge(moments.relativePenalty(1e-6));
                assertThat(moments.meanSquaredError(map)).isLessThan(moments.variance());
            }
        }
    }

    @Test
    void dependentColumnsAreSeenHoweverManyRowsWereRounded() {
        for (int rows : List.of(20, 300, 4000)) {
            for (int draw = 0; draw < 40; draw++) {
                double[][] sum = Oracle.random(random, rows, WIDTH).toArray();
                for (double[] row : sum) {
                    row[2] = 3 + row[0] + row[1] / 3;
                }
                try (Moments moments = moments(Matrix.ofRows(sum), Matrix.ofRows(sum))) {
                    assertThatThrownBy(() -> moments.ridge(0))
                            .as("%s rows", rows)
                            .isInstanceOf(SingularMatrixException.class);
                }
            }
        }
    }
}
