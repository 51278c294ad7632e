package dev.patchscopes.lens.future;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.StateReadings;
import dev.patchscopes.model.TokenProbability;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** States of the last layer as matrices, read as the model reads its own. */
final class LastStates {
    private LastStates() {}

    /** The most probable tokens of each row of states [row, d_model]. */
    static ImmutableList<ImmutableList<TokenProbability>> top(
            HookedModel model, Matrix states, int k) {
        int[] none = new int[states.rows()];
        Arrays.fill(none, -1);
        StateReadings readings = read(model, states, k, none);
        return IntStream.range(0, states.rows())
                .mapToObj(row -> readings.at(0, row).top())
                .collect(ImmutableList.toImmutableList());
    }

    /** -log p of a token of each row, in nats, under what states [row, d_model] say. */
    static double[] surprisals(HookedModel model, Matrix states, int[] tokens) {
        StateReadings readings = read(model, states, 1, tokens);
        return IntStream.range(0, states.rows())
                .mapToDouble(row -> -readings.logProbabilityOfNext(0, row))
                .toArray();
    }

    private static StateReadings read(HookedModel model, Matrix states, int k, int[] next) {
        try (NDManager scope = NDManager.newBaseManager(model.device())) {
            NDArray tensor = tensor(scope, states);
            return model.readout()
                    .top(k)
                    .read(List.of(tensor), tensor, ImmutableIntArray.copyOf(next));
        }
    }

    static NDArray tensor(NDManager owner, Matrix states) {
        return owner.create(states.values(), new Shape(states.rows(), states.columns()));
    }

    static Matrix matrix(NDArray tensor) {
        try (NDArray wide = tensor.toType(DataType.FLOAT64, true)) {
            return Matrix.of(
                    (int) wide.getShape().get(0),
                    (int) wide.getShape().get(1),
                    wide.toDoubleArray());
        }
    }
}
