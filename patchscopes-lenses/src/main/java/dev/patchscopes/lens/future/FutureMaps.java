package dev.patchscopes.lens.future;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableTable;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.model.TokenProbability;
import java.util.List;

/**
 * Maps of states, by layer and by N; every layer has the same N, from 0 on.
 *
 * @param <M> what a map is
 */
record FutureMaps<M>(ImmutableTable<Integer, Integer, M> table) {

    FutureMaps {
        checkArgument(
                !table.isEmpty(), "there are no maps; give at least that of a layer to N = 0");
        int ahead = table.columnKeySet().size();
        for (int n : table.columnKeySet()) {
            checkArgument(n >= 0 && n < ahead, "N = %s leaves a gap from 0 on", n);
        }
        checkArgument(
                table.size() == table.rowKeySet().size() * ahead,
                "%s maps for %s layers and N = 0..%s: one is missing",
                table.size(),
                table.rowKeySet().size(),
                ahead - 1);
    }

    /** Most probable tokens of each state, by what a map makes of them. */
    interface Reader<M> {
        ImmutableList<ImmutableList<TokenProbability>> read(M map, Matrix states);
    }

    /**
     * @throws OutOfRangeException if there is none
     */
    M get(int layer, int ahead) {
        M map = table.get(layer, ahead);
        if (map == null) {
            throw new OutOfRangeException(
                    "there is no map from layer %d for N = %d: layers are %s, N is 0..%d"
                            .formatted(layer, ahead, table.rowKeySet(), ahead()));
        }
        return map;
    }

    /** The largest N. */
    int ahead() {
        return table.columnKeySet().size() - 1;
    }

    ImmutableIntArray layers() {
        return ImmutableIntArray.copyOf(
                table.rowKeySet().stream().mapToInt(Integer::intValue).sorted());
    }

    ImmutableList<FuturePredictions> predict(List<FutureStates> states, Reader<M> reader) {
        return states.stream()
                .map(some -> predict(some, reader))
                .collect(ImmutableList.toImmutableList());
    }

    private FuturePredictions predict(FutureStates states, Reader<M> reader) {
        checkArgument(
                table.containsRow(states.layer()),
                "layer %s has no map; layers are %s",
                states.layer(),
                table.rowKeySet());
        ImmutableList.Builder<ImmutableList<ImmutableList<TokenProbability>>> out =
                ImmutableList.builder();
        for (int ahead = 0; ahead <= ahead(); ahead++) {
            out.add(reader.read(get(states.layer(), ahead), states.states()));
        }
        return new FuturePredictions(out.build());
    }
}
