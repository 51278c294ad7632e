package dev.patchscopes.model.internal;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;

/**
 * What was read at one point: a shape and values for each prompt, cut to its tokens.
 *
 * @param rows one a prompt
 */
public record Captured(ImmutableList<Row> rows) {

    /**
     * The values of one prompt.
     *
     * @param shape lengths of the axes after the batch
     * @param values row-major
     */
    public record Row(ImmutableIntArray shape, HostArray values) {}
}
