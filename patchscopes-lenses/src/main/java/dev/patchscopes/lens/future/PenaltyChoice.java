package dev.patchscopes.lens.future;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import com.google.common.collect.HashBasedTable;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableTable;
import com.google.common.collect.Table;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.model.Divergence;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Readout;
import dev.patchscopes.model.Teacher;
import dev.patchscopes.text.TokenBatch;
import java.util.List;
import java.util.function.BiFunction;

/** Sums of KL(model || lens) of several maps for each layer and N, to choose the nearest. */
final class PenaltyChoice<M> {
    private static final int ROWS = 2000; // that many tell penalties apart

    private final HookedModel model;
    private final ImmutableIntArray layers;
    private final int ahead;
    private final Readout readout;
    private final BiFunction<M, Matrix, Matrix> apply;
    private final ImmutableTable<Integer, Integer, ImmutableList<M>> candidates;
    private final int slice;
    private final Table<Integer, Integer, double[]> sums = HashBasedTable.create();
    private int rows;

    private PenaltyChoice(
            HookedModel model,
            ImmutableIntArray layers,
            int ahead,
            Readout readout,
            BiFunction<M, Matrix, Matrix> apply,
            ImmutableTable<Integer, Integer, ImmutableList<M>> candidates,
            int slice) {
        this.model = model;
        this.layers = layers;
        this.ahead = ahead;
        this.readout = readout;
        this.apply = apply;
        this.candidates = candidates;
        this.slice = slice;
        candidates
                .cellSet()
                .forEach(
                        cell ->
                                sums.put(
                                        cell.getRowKey(),
                                        cell.getColumnKey(),
                                        new double[cell.getValue().size()]));
    }

    /** Of maps to states of the last layer. */
    static PenaltyChoice<AffineMap> ofStates(
            HookedModel model,
            ImmutableIntArray layers,
            int ahead,
            ImmutableTable<Integer, Integer, ImmutableList<AffineMap>> candidates) {
        return new PenaltyChoice<>(
                model,
                layers,
                ahead,
                model.readout(),
                AffineMap::applyToRows,
                candidates,
                StatePairs.slice(model));
    }

    /** Of maps to what the final norm makes of those. */
    static PenaltyChoice<VocabularyMap> ofNormalized(
            HookedModel model,
            ImmutableIntArray layers,
            int ahead,
            ImmutableTable<Integer, Integer, ImmutableList<VocabularyMap>> candidates) {
        return new PenaltyChoice<>(
                model,
                layers,
                ahead,
                model.readout().ofNormalized(),
                VocabularyMap::applyToRows,
                candidates,
                StatePairs.slice(model));
    }

    /** A fresh choice whose teachers are of so many rows at most. */
    PenaltyChoice<M> inSlicesOf(int most) {
        return new PenaltyChoice<>(model, layers, ahead, readout, apply, candidates, most);
    }

    /** Whether there are as many rows as tell penalties apart; more are not added. */
    boolean isEnough() {
        return rows >= ROWS;
    }

    /** Whether no text added had a row. */
    boolean isEmpty() {
        return rows == 0;
    }

    void add(TokenBatch texts) {
        if (isEnough()) {
            return;
        }
        try (StatePairs pairs = new StatePairs(model, texts, layers, ahead, ROWS - rows)) {
            rows += pairs.count();
            for (int from = 0; from < pairs.count(); from += slice) {
                add(pairs, from, Math.min(pairs.count(), from + slice));
            }
        }
    }

    private void add(StatePairs pairs, int from, int to) {
        for (int n = 0; n <= ahead; n++) {
            try (NDArray last = pairs.last(n, from, to);
                    Teacher teacher = model.readout().teacher(last)) { // once, for all layers
                for (int layer : layers.asList()) {
                    try (NDArray source = pairs.source(layer, from, to)) {
                        add(pairs, source, layer, n, teacher);
                    }
                }
            }
        }
    }

    private void add(StatePairs pairs, NDArray source, int layer, int n, Teacher teacher) {
        Matrix states = LastStates.matrix(source); // [row, d_model]
        ImmutableList<M> maps = candidates.get(layer, n);
        for (int i = 0; i < maps.size(); i++) {
            sums.get(layer, n)[i] += divergence(pairs, apply.apply(maps.get(i), states), teacher);
        }
    }

    private double divergence(StatePairs pairs, Matrix read, Teacher teacher) {
        try (NDArray tensor = LastStates.tensor(pairs.manager(), read)) {
            Divergence divergence = readout.divergence(teacher, tensor);
            divergence.gradient().close(); // only how far is asked, not which way is nearer
            return divergence.sum();
        }
    }

    /** The sum over the texts added of each map's divergence, in nats. */
    double[] sums(int layer, int n) {
        return sums.get(layer, n).clone();
    }

    /** The map of each layer and N that came nearest. */
    ImmutableTable<Integer, Integer, M> best() {
        return nearest(candidates::get);
    }

    /** The penalty of each of those. */
    ImmutableTable<Integer, Integer, Double> penalties(ImmutableDoubleArray tried) {
        return nearest((layer, n) -> tried.asList());
    }

    private <T> ImmutableTable<Integer, Integer, T> nearest(
            BiFunction<Integer, Integer, List<T>> of) {
        ImmutableTable.Builder<Integer, Integer, T> out = ImmutableTable.builder();
        for (Table.Cell<Integer, Integer, ImmutableList<M>> cell : candidates.cellSet()) {
            checkArgument(
                    cell.getValue().size() == 1 || rows > 0,
                    "no text was kept aside to choose a penalty on: give more texts, or one penalty"
                            + " alone");
            double[] sum = sums.get(cell.getRowKey(), cell.getColumnKey());
            int best = 0;
            for (int i = 1; i < sum.length; i++) {
                best = sum[i] < sum[best] ? i : best;
            }
            out.put(
                    cell.getRowKey(),
                    cell.getColumnKey(),
                    of.apply(cell.getRowKey(), cell.getColumnKey()).get(best));
        }
        return out.buildOrThrow();
    }
}
