package dev.patchscopes.lens.future;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.model.TokenProbability;

/**
 * What was predicted of the tokens after some positions.
 *
 * @param top most probable tokens, by N, then by row: those of row r at position t + 1 + N
 */
public record FuturePredictions(ImmutableList<ImmutableList<ImmutableList<TokenProbability>>> top) {

    /**
     * Returns what is predicted of a token.
     *
     * @param ahead N: 0 for the next token
     * @param row which state
     * @return most probable tokens, best first
     * @throws OutOfRangeException if that was not predicted
     */
    public ImmutableList<TokenProbability> at(int ahead, int row) {
        if (ahead < 0 || ahead >= top.size() || row < 0 || row >= top.get(ahead).size()) {
            throw new OutOfRangeException(
                    "N = %d of row %d was not predicted: N is 0..%d, rows are 0..%d"
                            .formatted(
                                    ahead,
                                    row,
                                    top.size() - 1,
                                    top.isEmpty() ? -1 : top.get(0).size() - 1));
        }
        return top.get(ahead).get(row);
    }

    /** {@return how much was predicted} */
    @Override
    public String toString() {
        return "FuturePredictions[N up to %d, %d rows]"
                .formatted(top.size() - 1, top.isEmpty() ? 0 : top.get(0).size());
    }
}
