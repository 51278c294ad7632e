package dev.patchscopes.text;

import com.google.common.primitives.ImmutableIntArray;
import java.util.Arrays;

/**
 * One prompt of a batch in its columns.
 *
 * @param prompt the prompt
 * @param positionIds what the position embedding is asked for, {@code [pos]}
 * @param start column of the first token
 */
record BatchRow(TokenizedPrompt prompt, ImmutableIntArray positionIds, int start) {

    /** The prompt from column 0 on, positions counted from 0. */
    static BatchRow of(TokenizedPrompt prompt) {
        int[] positions = new int[prompt.length()];
        Arrays.setAll(positions, i -> i);
        return new BatchRow(prompt, ImmutableIntArray.copyOf(positions), 0);
    }

    BatchRow withPositionIds(int[] positions) {
        return new BatchRow(prompt, ImmutableIntArray.copyOf(positions), start);
    }

    BatchRow startingAt(int column) {
        return new BatchRow(prompt, positionIds, column);
    }

    int length() {
        return prompt.length();
    }
}
