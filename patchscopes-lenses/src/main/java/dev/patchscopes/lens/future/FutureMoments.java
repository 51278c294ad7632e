package dev.patchscopes.lens.future;

import ai.djl.ndarray.NDArray;
import com.google.common.collect.HashBasedTable;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableTable;
import com.google.common.collect.Table;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.linear.Moments;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.TokenBatch;
import java.util.List;

/** Sums for the maps of all layers and N. Holds native memory: close it. */
final class FutureMoments implements AutoCloseable {
    private final HookedModel model;
    private final ImmutableIntArray layers;
    private final int ahead;
    private final Table<Integer, Integer, Moments> moments = HashBasedTable.create();

    FutureMoments(HookedModel model, ImmutableIntArray layers, int ahead) {
        this.model = model;
        this.layers = layers;
        this.ahead = ahead;
        for (int layer : layers.asList()) {
            for (int n = 0; n <= ahead; n++) {
                moments.put(layer, n, Moments.of(model.width(), model.width()));
            }
        }
    }

    void add(TokenBatch texts) {
        try (StatePairs pairs = new StatePairs(model, texts, layers, ahead)) {
            if (pairs.count() == 0) {
                return;
            }
            for (int n = 0; n <= ahead; n++) {
                try (NDArray last = pairs.last(n)) { // [row, d_model]
                    for (int layer : layers.asList()) {
                        try (NDArray source = pairs.source(layer)) { // [row, d_model]
                            moments.get(layer, n).add(source, last);
                        }
                    }
                }
            }
        }
    }

    long rows() {
        return moments.values().iterator().next().rows();
    }

    /**
     * The map of each layer and N under each penalty.
     *
     * @param steps asked before each layer and N
     */
    ImmutableTable<Integer, Integer, ImmutableList<AffineMap>> candidates(
            ImmutableDoubleArray fractions, Steps steps) {
        ImmutableTable.Builder<Integer, Integer, ImmutableList<AffineMap>> out =
                ImmutableTable.builder();
        for (Table.Cell<Integer, Integer, Moments> cell : moments.cellSet()) {
            steps.check();
            Moments sums = cell.getValue();
            List<Double> penalties = fractions.stream().mapToObj(sums::relativePenalty).toList();
            out.put(
                    cell.getRowKey(),
                    cell.getColumnKey(),
                    ImmutableList.copyOf(
                            cell.getColumnKey() == 0
                                    ? sums.residualRidge(penalties)
                                    : sums.ridge(penalties)));
        }
        return out.buildOrThrow();
    }

    @Override
    public void close() {
        moments.values().forEach(Moments::close);
    }
}
