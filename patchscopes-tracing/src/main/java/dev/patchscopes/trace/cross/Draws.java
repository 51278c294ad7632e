package dev.patchscopes.trace.cross;

import com.google.common.collect.ImmutableList;
import com.google.common.hash.HashCode;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** All that a fit leaves to chance, from one seed: the same in every run. */
final class Draws {
    private final long seed;
    private final SplittableRandom positions;

    Draws(long seed) {
        this.seed = seed;
        this.positions = new SplittableRandom(seed);
    }

    /** What a text is recognised by: its tokens in both models. */
    static HashCode hash(AlignedPrompts text) {
        Hasher hasher = Hashing.sha256().newHasher();
        text.source().ids().stream().forEach(hasher::putInt);
        hasher.putInt(-1);
        text.target().ids().stream().forEach(hasher::putInt);
        return hasher.hash();
    }

    /** Whether a text is among a share of all; the same for equal texts. */
    boolean isAmong(double share, AlignedPrompts text) {
        return new SplittableRandom(seed ^ hash(text).asLong()).nextDouble() < share;
    }

    /** Whether a held-out text serves to choose, not to measure: half do, equal texts all alike. */
    boolean chooses(AlignedPrompts text) {
        SplittableRandom random = new SplittableRandom(seed ^ hash(text).asLong());
        random.nextDouble(); // whether it is held out
        return random.nextBoolean();
    }

    /** Some of the aligned positions, at most this many, each as likely as any. */
    AlignedPrompts some(AlignedPrompts text, int most) {
        if (text.size() <= most) {
            return text;
        }
        List<Integer> left = new ArrayList<>(IntStream.range(0, text.size()).boxed().toList());
        int[] drawn = new int[most];
        for (int i = 0; i < most; i++) {
            drawn[i] = left.remove(positions.nextInt(left.size()));
        }
        return text.select(IntStream.of(drawn).sorted().toArray());
    }

    /** One position of each of some texts, all texts being as likely, however many come by. */
    static final class Sample {
        private final int most;
        private final Draws draws;
        private final SplittableRandom random;
        private final List<AlignedPrompts> kept = new ArrayList<>();
        private long seen;

        Sample(int most, long seed) {
            this.most = most;
            this.draws = new Draws(seed + 1);
            this.random = new SplittableRandom(seed + 2);
        }

        /** Takes note of a text. */
        void add(AlignedPrompts text) {
            seen++;
            if (kept.size() < most) {
                kept.add(draws.some(text, 1));
                return;
            }
            long place = random.nextLong(seen);
            if (place < most) {
                kept.set((int) place, draws.some(text, 1));
            }
        }

        /** Texts with one aligned position each, which is the last token of both prompts. */
        ImmutableList<AlignedPrompts> texts() {
            return kept.stream()
                    .map(text -> text.select(0))
                    .collect(ImmutableList.toImmutableList());
        }
    }
}
