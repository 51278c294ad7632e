package dev.patchscopes.model;

import com.google.common.hash.Hashing;
import java.util.Comparator;
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
        int[] order =
                IntStream.range(0, logits.length)
                        .boxed()
                        .sorted(Comparator.comparingDouble((Integer id) -> logits[id]).reversed())
                        .mapToInt(Integer::intValue)
                        .toArray();
        int kept = sampling.topK() == 0 ? order.length : Math.min(sampling.topK(), order.length);
        double[] weights = new double[kept];
        double sum = 0;
        for (int i = 0; i < kept; i++) {
            weights[i] = Math.exp((logits[order[i]] - logits[order[0]]) / sampling.temperature());
            sum += weights[i];
        }
        double target = sampling.topP() * sum;
        double reached = 0;
        for (int i = 0; i < kept; i++) {
            reached += weights[i];
            if (reached >= target) { // the token that reaches it is kept
                kept = i + 1;
            }
        }
        double draw = random.nextDouble() * reached;
        for (int i = 0; i < kept; i++) {
            draw -= weights[i];
            if (draw < 0) {
                return order[i];
            }
        }
        return order[kept - 1];
    }
}
