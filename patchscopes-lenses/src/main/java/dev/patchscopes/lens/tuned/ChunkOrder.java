package dev.patchscopes.lens.tuned;

import java.util.SplittableRandom;

/** The order in which chunks are read: all of them shuffled, then all of them shuffled anew. */
final class ChunkOrder {
    private final int count;
    private final long seed;
    private long round = -1;
    private int[] order = new int[0];

    ChunkOrder(int count, long seed) {
        this.count = count;
        this.seed = seed;
    }

    /** The chunk read at a place, from 0. */
    int at(long place) {
        if (place / count != round) {
            round = place / count;
            order = shuffled(new SplittableRandom(seed + round));
        }
        return order[(int) (place % count)];
    }

    /** Fisher and Yates's shuffle. */
    private int[] shuffled(SplittableRandom random) {
        int[] out = new int[count];
        for (int i = 0; i < count; i++) {
            int j = random.nextInt(i + 1);
            out[i] = out[j];
            out[j] = i;
        }
        return out;
    }
}
