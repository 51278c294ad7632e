package dev.patchscopes.examples.demo.corpus;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

/**
 * Chance, as the writers of documents use it.
 *
 * <p>{@link Random} because its numbers are specified: the same on every machine and version.
 */
final class Draw {

    private final Random random;

    Draw(long seed) {
        this.random = new Random(seed);
    }

    /** True in so many of a hundred cases. */
    boolean percent(int cases) {
        return random.nextInt(100) < cases;
    }

    /** A number of a closed range. */
    int between(int least, int most) {
        return least + random.nextInt(most - least + 1);
    }

    <T> T of(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    @SafeVarargs
    final <T> T among(T... choices) {
        return choices[random.nextInt(choices.length)];
    }

    /** So many draws, which may repeat. */
    <T> List<T> times(int count, Supplier<T> draw) {
        List<T> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(draw.get());
        }
        return all;
    }
}
