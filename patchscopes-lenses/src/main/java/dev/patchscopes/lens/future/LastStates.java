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
        return top(read(model, states, k, none));
    }

    /** The same of what the final norm makes of such states. */
    static ImmutableList<ImmutableList<TokenProbability>> topOfNormalized(
            HookedModel model, Matrix normalized, int k) {
        int[] none = new int[normalized.rows()];
        Arrays.fill(none, -1);
        try (NDManager scope = NDManager.newBaseManager(model.device(), "PyTorch")) {
            // no one asks how far it is from states of the last layer: any will do
            NDArray last = scope.zeros(new Shape(normalized.rows(), model.width()));
            NDArray tensor = tensor(scope, normalized);
            return top(
                    model.readout()
                            .ofNormalized()
                            .top(k)
                            .read(List.of(tensor), last, ImmutableIntArray.copyOf(none)));
        }
    }

    private static ImmutableList<ImmutableList<TokenProbability>> top(StateReadings readings) {
        return IntStream.range(0, readings.rows())
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
        try (NDManager scope = NDManager.newBaseManager(model.device(), "PyTorch")) {
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
