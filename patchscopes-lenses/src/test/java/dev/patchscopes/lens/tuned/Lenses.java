package dev.patchscopes.lens.tuned;

import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.model.HookedModel;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Lenses with random translators. */
final class Lenses {
    private Lenses() {}

    static TunedLens random(HookedModel model, long seed) {
        return TunedLens.of(model, maps(model, seed));
    }

    /** Numbers that float32 has exactly. */
    static List<AffineMap> maps(HookedModel model, long seed) {
        Random random = new Random(seed);
        int d = model.width();
        return IntStream.range(0, model.layers())
                .mapToObj(
                        k ->
                                AffineMap.residual(
                                        Matrix.of(d, d, values(random, d * d)), values(random, d)))
                .toList();
    }

    private static double[] values(Random random, int count) {
        return random.doubles(count).map(x -> (float) ((x - 0.5) / 2)).toArray();
    }
}
