package dev.patchscopes.text;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.ImmutableIntArray;

/** Tokens by index; negative indices count from the end. */
record IndexPositions(ImmutableIntArray indices) implements Positions {

    IndexPositions {
        checkArgument(
                !indices.isEmpty(), "Positions.at() names no position: give at least one index");
    }

    @Override
    public ImmutableIntArray resolve(TokenizedPrompt prompt) {
        int length = prompt.length();
        int[] absolute = new int[indices.length()];
        for (int i = 0; i < absolute.length; i++) {
            int index = indices.get(i);
            if (index < -length || index >= length) {
                throw new PositionException(
                        "Position %d is not in 0..%d (or -%d..-1 from the end) of %s. Tokens: %s."
                                .formatted(
                                        index,
                                        length - 1,
                                        length,
                                        Resolving.name(prompt),
                                        Quoting.list(prompt.tokens())));
            }
            absolute[i] = index < 0 ? index + length : index;
        }
        return Resolving.ascendingUnique(absolute);
    }

    @Override
    public String toString() {
        if (indices.length() == 1 && indices.get(0) == -1) {
            return "last";
        }
        String list = indices.toString();
        return "at(" + list.substring(1, list.length() - 1) + ")";
    }
}
