package dev.patchscopes.measure;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Which cells answered which samples, under one scoring, and the half of the subjects that cells
 * are chosen on. Immutable.
 *
 * <pre>{@code
 * BitSet first = new BitSet();
 * first.set(3); // cell 3 answered the first sample
 * HitTable table = HitTable.of(List.of("France", "Japan"), List.of(first, new BitSet()), 0);
 * table.at(3).share(); // 0.5
 * }</pre>
 */
public final class HitTable {
    private final ImmutableList<String> subjects;
    private final ImmutableList<BitSet> hits; // of each sample; never handed out
    private final ImmutableSet<String> dev;

    private HitTable(
            ImmutableList<String> subjects, ImmutableList<BitSet> hits, ImmutableSet<String> dev) {
        this.subjects = subjects;
        this.hits = hits;
        this.dev = dev;
    }

    /**
     * Tabulates answers, cells to be chosen on half of the subjects.
     *
     * @param subjects subject of each sample
     * @param hits of each sample the cells that answered it; copied
     * @param seed draws the half
     * @return the table
     * @throws IllegalArgumentException if there are not as many subjects as samples
     */
    public static HitTable of(List<String> subjects, List<BitSet> hits, long seed) {
        checkArgument(
                subjects.size() == hits.size(),
                "%s subjects for the hits of %s samples: give one for each",
                subjects.size(),
                hits.size());
        return new HitTable(
                ImmutableList.copyOf(subjects),
                hits.stream()
                        .map(bits -> (BitSet) bits.clone())
                        .collect(ImmutableList.toImmutableList()),
                half(subjects, seed));
    }

    /**
     * Draws half of the subjects.
     *
     * @param subjects with repetitions
     * @param seed draws them
     * @return half of the distinct ones, rounded down: none of fewer than two
     */
    public static ImmutableSet<String> half(List<String> subjects, long seed) {
        List<String> shuffled = new ArrayList<>(ImmutableSet.copyOf(subjects));
        Collections.shuffle(shuffled, new Random(seed));
        return ImmutableSet.copyOf(shuffled.subList(0, shuffled.size() / 2));
    }

    /** {@return the subject of each sample} */
    public ImmutableList<String> subjects() {
        return subjects;
    }

    /**
     * Says whether a cell answered a sample.
     *
     * @param sample which
     * @param cell which
     * @return whether it did
     */
    public boolean hit(int sample, int cell) {
        return hits.get(sample).get(cell);
    }

    /** {@return whether there are subjects enough, two, to choose a cell on some of them} */
    public boolean isHalved() {
        return !dev.isEmpty();
    }

    private boolean isDev(int sample) {
        return dev.contains(subjects.get(sample));
    }

    private Rate rate(IntPredicate counted, IntPredicate hit) {
        List<Integer> samples = IntStream.range(0, hits.size()).filter(counted).boxed().toList();
        return Rate.of(samples, hit::test, subjects::get);
    }

    /**
     * Counts what one cell answered.
     *
     * @param cell which
     * @return its rate among all samples
     */
    public Rate at(int cell) {
        return rate(s -> true, s -> hits.get(s).get(cell));
    }

    Rate onDev(int cell) {
        return rate(this::isDev, s -> hits.get(s).get(cell));
    }

    Rate onTest(int cell) {
        return rate(s -> !isDev(s), s -> hits.get(s).get(cell));
    }

    /**
     * Counts samples that at least one of a range of cells answered.
     *
     * @param from first cell
     * @param to cell after the last
     * @return the rate among all samples
     */
    public Rate any(int from, int to) {
        return rate(
                s -> true,
                s -> {
                    int first = hits.get(s).nextSetBit(from);
                    return first >= 0 && first < to;
                });
    }

    /** The cell that answers most samples of the dev half; of equals the first. */
    int best(int cells) {
        int best = 0;
        for (int cell = 1; cell < cells; cell++) {
            if (onDev(cell).hits() > onDev(best).hits()) {
                best = cell;
            }
        }
        return best;
    }

    /**
     * The share of the test half that one cell answers less that of another table's cell, by
     * bootstrap over subjects.
     */
    Difference onTest(int cell, HitTable other, int otherCell, long seed) {
        checkArgument(
                subjects.equals(other.subjects),
                "a cell is compared with one of other samples: %s are not %s",
                other.subjects,
                subjects);
        List<String> test =
                new ArrayList<>(ImmutableSet.copyOf(subjects)); // a fixed order, for the seed
        test.removeAll(dev);
        int[] samples = new int[test.size()];
        int[] more = new int[test.size()]; // hits that this cell has more than the other
        for (int s = 0; s < hits.size(); s++) {
            int subject = test.indexOf(subjects.get(s));
            if (subject >= 0) {
                samples[subject]++;
                more[subject] += hits.get(s).get(cell) ? 1 : 0;
                more[subject] -= other.hits.get(s).get(otherCell) ? 1 : 0;
            }
        }
        Random random = new Random(seed);
        double[] drawn = new double[Difference.DRAWS];
        for (int draw = 0; draw < drawn.length; draw++) {
            int n = 0;
            int sum = 0;
            for (int i = 0; i < samples.length; i++) {
                int subject = random.nextInt(samples.length);
                n += samples[subject];
                sum += more[subject];
            }
            drawn[draw] = (double) sum / n;
        }
        Arrays.sort(drawn);
        return new Difference(
                (double) IntStream.of(more).sum() / IntStream.of(samples).sum(),
                drawn[(int) (0.025 * drawn.length)],
                drawn[(int) (0.975 * drawn.length) - 1]);
    }

    /** {@return how many samples and subjects there are} */
    @Override
    public String toString() {
        return "HitTable[%d samples of %d subjects]"
                .formatted(subjects.size(), ImmutableSet.copyOf(subjects).size());
    }
}
