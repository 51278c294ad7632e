package dev.patchscopes.model;

import com.google.common.hash.Hashing;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Draws tokens for one prompt. */
final class Sampler {
    private final Sampling sampling;
    private final SplittableRandom random;

    Sampler(Sampling sampling, int row) {
        this.sampling = sampling;
        this.random = new SplittableRandom(streamOf(sampling.seed(), row));
    }

    /**
     * A start for each seed and row, far from all others. Hashed, because {@link SplittableRandom}
     * steps by a constant: starts that differ by it would give the same draws, one later.
     */
    private static long streamOf(long seed, int row) {
        return Hashing.sipHash24().newHasher().putLong(seed).putInt(row).hash().asLong();
    }

    int choose(TokenDistribution distribution) {
        if (sampling.temperature() == 0) {
            return distribution.argMax();
        }
        double[] logits = distribution.logits();
        int[] kept = kept(logits);
        double top = Arrays.stream(kept).mapToDouble(id -> logits[id]).max().orElseThrow();
        double[] weights = new double[kept.length];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = weight(logits[kept[i]], top);
        }
        double draw = random.nextDouble() * Arrays.stream(weights).sum();
        for (int i = 0; i < weights.length; i++) {
            draw -= weights[i];
            if (draw < 0) {
                return kept[i];
            }
        }
        return kept[kept.length - 1];
    }

    private double weight(double logit, double top) {
        return Math.exp((logit - top) / sampling.temperature());
    }

    /** Tokens that may be drawn, by id. */
    private int[] kept(double[] logits) {
        if (sampling.topK() == 0 && sampling.topP() == 1) {
            return IntStream.range(0, logits.length).toArray();
        }
        double[] ascending = logits.clone(); // sorting numbers is cheap, sorting ids by them is not
        Arrays.sort(ascending);
        int count = count(ascending);
        double least = ascending[ascending.length - count];
        long above = Arrays.stream(logits).filter(l -> l > least).count();
        long[] equalsLeft = {count - above};
        return IntStream.range(0, logits.length)
                .filter(id -> logits[id] > least || (logits[id] == least && equalsLeft[0]-- > 0))
                .toArray();
    }

    /** How many of the most probable tokens are kept. */
    private int count(double[] ascending) {
        int last = ascending.length - 1;
        int most =
                sampling.topK() == 0
                        ? ascending.length
                        : Math.min(sampling.topK(), ascending.length);
        double sum = 0;
        for (int i = 0; i < most; i++) {
            sum += weight(ascending[last - i], ascending[last]);
        }
        double target = sampling.topP() * sum;
        double reached = 0;
        for (int i = 0; i < most; i++) {
            reached += weight(ascending[last - i], ascending[last]);
            if (reached >= target) { // the token that reaches it is kept
                return i + 1;
            }
        }
        return most;
    }
}
