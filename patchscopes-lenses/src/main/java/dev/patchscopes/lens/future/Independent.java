package dev.patchscopes.lens.future;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.TokenProbability;
import java.util.stream.IntStream;

/** Cells whose tokens do not depend on each other. */
final class Independent {
    private Independent() {}

    static ImmutableList<ImmutableList<FutureCell>> cells(
            ImmutableList<FuturePredictions> predictions) {
        return predictions.stream()
                .map(Independent::cells)
                .collect(ImmutableList.toImmutableList());
    }

    private static ImmutableList<FutureCell> cells(FuturePredictions predictions) {
        return IntStream.range(0, predictions.top().get(0).size())
                .mapToObj(row -> cell(predictions, row))
                .collect(ImmutableList.toImmutableList());
    }

    private static FutureCell cell(FuturePredictions predictions, int row) {
        ImmutableList.Builder<TokenProbability> tokens = ImmutableList.builder();
        for (int ahead = 0; ahead < predictions.top().size(); ahead++) {
            tokens.add(predictions.at(ahead, row).get(0));
        }
        return new FutureCell(tokens.build());
    }
}
