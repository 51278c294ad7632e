package dev.patchscopes.lens.future;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableTable;
import com.google.common.collect.Table;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.ModelException;
import dev.patchscopes.model.Teacher;
import dev.patchscopes.text.TokenBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Moves the maps of all layers and N towards the model's own predictions, text by text. Holds
 * native memory: close it.
 */
final class FutureTuning implements AutoCloseable {
    private static final double RATE = 0.05; // 0.5 (1 - momentum)

    private final HookedModel model;
    private final ImmutableIntArray layers;
    private final int ahead;
    private final ImmutableTable<Integer, Integer, TunedMap> maps;
    private final int slice;

    FutureTuning(
            HookedModel model,
            ImmutableIntArray layers,
            int ahead,
            ImmutableTable<Integer, Integer, AffineMap> start) {
        this(model, layers, ahead, start, StatePairs.slice(model));
    }

    /**
     * @param slice how many rows a teacher is of at most
     */
    FutureTuning(
            HookedModel model,
            ImmutableIntArray layers,
            int ahead,
            ImmutableTable<Integer, Integer, AffineMap> start,
            int slice) {
        this.model = model;
        this.layers = layers;
        this.ahead = ahead;
        this.slice = slice;
        this.maps = tuned(model, start);
    }

    private static ImmutableTable<Integer, Integer, TunedMap> tuned(
            HookedModel model, ImmutableTable<Integer, Integer, AffineMap> start) {
        List<TunedMap> made = new ArrayList<>();
        try {
            return each(
                    start,
                    map -> {
                        TunedMap next = new TunedMap(model, map, RATE);
                        made.add(next);
                        return next;
                    });
        } catch (RuntimeException | Error e) {
            made.forEach(TunedMap::close);
            throw e;
        }
    }

    /** How many texts are read, those of a corpus once for each time. */
    static long parts(long training, long evaluation, int epochs) {
        return epochs * training + (epochs + 1) * evaluation;
    }

    /**
     * @param training stepped on
     * @param evaluation kept aside
     * @param steps each text read is a part
     */
    ImmutableTable<Integer, Integer, AffineMap> run(
            Texts training, Texts evaluation, int epochs, Steps steps) {
        check(evaluation, steps, 0);
        for (int epoch = 0; epoch < epochs; epoch++) {
            training.read(steps, this::step);
            check(evaluation, steps, epoch + 1);
        }
        return each(maps, TunedMap::best);
    }

    private void step(TokenBatch texts) {
        try (StatePairs pairs = new StatePairs(model, texts, layers, ahead)) {
            if (pairs.count() == 0) {
                return;
            }
            for (int n = 0; n <= ahead; n++) {
                double[][] gradients = gradients(pairs, n);
                for (int i = 0; i < layers.length(); i++) {
                    maps.get(layers.get(i), n).step(gradients[i]);
                }
            }
        }
    }

    /** Of the mean over all rows, by layer. */
    private double[][] gradients(StatePairs pairs, int n) {
        int width = model.width();
        double[][] sums = new double[layers.length()][width * width + width];
        for (int from = 0; from < pairs.count(); from += slice) {
            int to = Math.min(pairs.count(), from + slice);
            try (NDArray last = pairs.last(n, from, to);
                    Teacher teacher = model.readout().teacher(last)) { // once, for all layers
                for (int i = 0; i < layers.length(); i++) {
                    try (NDArray source = pairs.source(layers.get(i), from, to)) {
                        Matrix states = LastStates.matrix(source); // [row, d_model]
                        double[] part =
                                maps.get(layers.get(i), n)
                                        .gradient(states, teacher, pairs.manager());
                        add(sums[i], part, (double) (to - from) / pairs.count());
                    }
                }
            }
        }
        return sums;
    }

    private static void add(double[] sum, double[] part, double share) {
        for (int i = 0; i < sum.length; i++) {
            sum[i] += share * part[i];
        }
    }

    private void check(Texts evaluation, Steps steps, int epochs) {
        PenaltyChoice<AffineMap> keptAside =
                PenaltyChoice.ofStates(
                        model, layers, ahead, each(maps, map -> ImmutableList.of(map.current())));
        evaluation.read(steps, keptAside::isEnough, keptAside::add);
        checkArgument(
                !keptAside.isEmpty(),
                "no text of %s tokens or more was kept aside, and nothing would tell whether a step"
                        + " of gradient tuning helps: give more texts, a larger share by"
                        + " validation(...), or leave out fineTune",
                evaluation.shortest());
        for (Table.Cell<Integer, Integer, TunedMap> cell : maps.cellSet()) {
            double[] sums = keptAside.sums(cell.getRowKey(), cell.getColumnKey());
            if (!Double.isFinite(sums[0])) {
                throw new ModelException(
                        "the loss of layer %d for N = %d is %s after %d epochs: take a smaller learning rate, or load the model in float32"
                                .formatted(cell.getRowKey(), cell.getColumnKey(), sums[0], epochs));
            }
            cell.getValue().checked(sums[0]);
        }
    }

    @Override
    public void close() {
        maps.values().forEach(TunedMap::close);
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
