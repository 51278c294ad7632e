package dev.patchscopes.lens.future;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import com.google.common.collect.HashBasedTable;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableTable;
import com.google.common.collect.Table;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.model.Divergence;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Teacher;
import dev.patchscopes.text.TokenBatch;

/** Sums of KL(model || lens) of several maps for each layer and N, to choose the nearest. */
final class PenaltyChoice {
    private static final int ROWS = 2000; // that many tell penalties apart

    private final HookedModel model;
    private final ImmutableIntArray layers;
    private final int ahead;
    private final ImmutableTable<Integer, Integer, ImmutableList<AffineMap>> candidates;
    private final Table<Integer, Integer, double[]> sums = HashBasedTable.create();
    private int rows;

    PenaltyChoice(
            HookedModel model,
            ImmutableIntArray layers,
            int ahead,
            ImmutableTable<Integer, Integer, ImmutableList<AffineMap>> candidates) {
        this.model = model;
        this.layers = layers;
        this.ahead = ahead;
        this.candidates = candidates;
        candidates
                .cellSet()
                .forEach(
                        cell ->
                                sums.put(
                                        cell.getRowKey(),
                                        cell.getColumnKey(),
                                        new double[cell.getValue().size()]));
    }

    void add(TokenBatch texts) {
        if (rows >= ROWS) {
            return;
        }
        try (StatePairs pairs = new StatePairs(model, texts, layers, ahead)) {
            if (pairs.count() == 0) {
                return;
            }
            rows += pairs.count();
            for (int n = 0; n <= ahead; n++) {
                try (NDArray last = pairs.last(n);
                        Teacher teacher = model.readout().teacher(last)) {
                    for (int layer : layers.asList()) {
                        add(pairs, layer, n, teacher);
                    }
                }
            }
        }
    }

    private void add(StatePairs pairs, int layer, int n, Teacher teacher) {
        Matrix states;
        try (NDArray source = pairs.source(layer)) {
            states = LastStates.matrix(source); // [row, d_model]
        }
        ImmutableList<AffineMap> maps = candidates.get(layer, n);
        for (int i = 0; i < maps.size(); i++) {
            sums.get(layer, n)[i] += divergence(pairs, maps.get(i).applyToRows(states), teacher);
        }
    }

    private double divergence(StatePairs pairs, Matrix read, Teacher teacher) {
        try (NDArray tensor = LastStates.tensor(pairs.manager(), read)) {
            Divergence divergence = model.readout().divergence(teacher, tensor);
            divergence.gradient().close(); // only how far is asked, not which way is nearer
            return divergence.sum();
        }
    }

    /** The sum over the texts added of each map's divergence, in nats. */
    double[] sums(int layer, int n) {
        return sums.get(layer, n).clone();
    }

    /** The map of each layer and N that came nearest. */
    ImmutableTable<Integer, Integer, AffineMap> best() {
        ImmutableTable.Builder<Integer, Integer, AffineMap> out = ImmutableTable.builder();
        for (Table.Cell<Integer, Integer, ImmutableList<AffineMap>> cell : candidates.cellSet()) {
            checkArgument(
                    cell.getValue().size() == 1 || rows > 0,
                    "no text was kept aside to choose a penalty on: give more texts, or one penalty"
                            + " alone");
            double[] sum = sums.get(cell.getRowKey(), cell.getColumnKey());
            int best = 0;
            for (int i = 1; i < sum.length; i++) {
                best = sum[i] < sum[best] ? i : best;
            }
            out.put(cell.getRowKey(), cell.getColumnKey(), cell.getValue().get(best));
        }
        return out.buildOrThrow();
    }
}
