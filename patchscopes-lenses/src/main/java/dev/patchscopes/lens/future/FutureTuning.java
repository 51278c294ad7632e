package dev.patchscopes.lens.future;

import ai.djl.ndarray.NDArray;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableTable;
import com.google.common.collect.Table;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.corpus.CorpusSplit;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Teacher;
import dev.patchscopes.text.TokenBatch;
import java.util.function.Function;

/** Moves the maps of all layers and N towards the model's own predictions, text by text. */
final class FutureTuning {
    private static final double RATE = 0.05; // 0.5 (1 - momentum)

    private final HookedModel model;
    private final ImmutableIntArray layers;
    private final int ahead;
    private final ImmutableTable<Integer, Integer, TunedMap> maps;

    FutureTuning(
            HookedModel model,
            ImmutableIntArray layers,
            int ahead,
            ImmutableTable<Integer, Integer, AffineMap> start) {
        this.model = model;
        this.layers = layers;
        this.ahead = ahead;
        this.maps = each(start, map -> new TunedMap(model, map, RATE));
    }

    ImmutableTable<Integer, Integer, AffineMap> run(CorpusSplit texts, int epochs) {
        check(texts);
        for (int epoch = 0; epoch < epochs; epoch++) {
            Texts.batches(model, texts.training(), ahead + 2, this::step);
            check(texts);
        }
        return each(maps, TunedMap::best);
    }

    private void step(TokenBatch texts) {
        try (StatePairs pairs = new StatePairs(model, texts, layers, ahead)) {
            if (pairs.count() == 0) {
                return;
            }
            for (int n = 0; n <= ahead; n++) {
                try (NDArray last = pairs.last(n);
                        Teacher teacher = model.readout().teacher(last)) {
                    for (int layer : layers.asList()) {
                        try (NDArray source = pairs.source(layer)) {
                            Matrix states = LastStates.matrix(source); // [row, d_model]
                            maps.get(layer, n).step(states, teacher, pairs.manager());
                        }
                    }
                }
            }
        }
    }

    private void check(CorpusSplit texts) {
        PenaltyChoice<AffineMap> keptAside =
                PenaltyChoice.ofStates(
                        model, layers, ahead, each(maps, map -> ImmutableList.of(map.current())));
        Texts.batches(model, texts.evaluation(), ahead + 2, keptAside::add);
        for (Table.Cell<Integer, Integer, TunedMap> cell : maps.cellSet()) {
            double[] sums = keptAside.sums(cell.getRowKey(), cell.getColumnKey());
            cell.getValue().checked(sums[0]);
        }
    }

    private static <A, B> ImmutableTable<Integer, Integer, B> each(
            ImmutableTable<Integer, Integer, A> table, Function<A, B> change) {
        ImmutableTable.Builder<Integer, Integer, B> out = ImmutableTable.builder();
        table.cellSet()
                .forEach(
                        cell ->
                                out.put(
                                        cell.getRowKey(),
                                        cell.getColumnKey(),
                                        change.apply(cell.getValue())));
        return out.buildOrThrow();
    }
}
