package dev.patchscopes.linear;

import java.util.Random;

/**
 * Rows that a known map leads to others, but for noise.
 *
 * @param x rows, with large means, of mixed columns
 * @param y rows
 */
record PlantedMap(Matrix x, Matrix y) {
    static final int ROWS = 90;
    static final int WIDTH = 6;

    static PlantedMap draw(Random random) {
        AffineMap mixed =
                AffineMap.of(Oracle.conditioned(random, WIDTH), new double[] {9, 0, 0, -40, 0, 1});
        Matrix x = mixed.applyToRows(Oracle.random(random, ROWS, WIDTH));
        AffineMap planted =
                AffineMap.of(Oracle.random(random, WIDTH, WIDTH), Oracle.vector(random, WIDTH));
        return new PlantedMap(
                x, planted.applyToRows(x).plus(Oracle.random(random, ROWS, WIDTH).scaled(0.3)));
    }
}
