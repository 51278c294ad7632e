package dev.patchscopes.lens.future;

import ai.djl.ndarray.NDArray;
import com.google.common.collect.HashBasedTable;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableTable;
import com.google.common.collect.Table;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.linear.Moments;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.TokenBatch;

/**
 * Sums for the maps of all layers and N to logits: of h_l at t with R n at t + N. Holds native
 * memory: close it.
 */
final class VocabularyMoments implements AutoCloseable {
    private final HookedModel model;
    private final ImmutableIntArray layers;
    private final int ahead;
    private final LogitMetric metric;
    private final Table<Integer, Integer, Moments> moments = HashBasedTable.create();

    VocabularyMoments(HookedModel model, ImmutableIntArray layers, int ahead) {
        this.model = model;
        this.layers = layers;
        this.ahead = ahead;
        this.metric = LogitMetric.of(model);
        for (int layer : layers.asList()) {
            for (int n = 0; n <= ahead; n++) {
                moments.put(layer, n, Moments.of(model.width(), metric.width()));
            }
        }
    }

    void add(TokenBatch texts) {
        try (StatePairs pairs = new StatePairs(model, texts, layers, ahead)) {
            if (pairs.count() == 0) {
                return;
            }
            for (int n = 0; n <= ahead; n++) {
                try (NDArray last = pairs.last(n);
                        NDArray normalized = model.readout().normalized(last);
                        NDArray target = metric.apply(normalized)) { // [row, d_embed]
                    for (int layer : layers.asList()) {
                        try (NDArray source = pairs.source(layer)) { // [row, d_model]
                            moments.get(layer, n).add(source, target);
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
    ImmutableTable<Integer, Integer, ImmutableList<VocabularyMap>> candidates(
            int rank, ImmutableDoubleArray fractions, Steps steps) {
        ImmutableTable.Builder<Integer, Integer, ImmutableList<VocabularyMap>> out =
                ImmutableTable.builder();
        for (Table.Cell<Integer, Integer, Moments> cell : moments.cellSet()) {
            steps.check();
            Moments sums = cell.getValue();
            out.put(
                    cell.getRowKey(),
                    cell.getColumnKey(),
                    fractions.stream()
                            .mapToObj(sums::relativePenalty)
                            .map(penalty -> metric.back(sums.reducedRank(rank, penalty), rank))
                            .collect(ImmutableList.toImmutableList()));
        }
        return out.buildOrThrow();
    }

    @Override
    public void close() {
        moments.values().forEach(Moments::close);
    }
}
