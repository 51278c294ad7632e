package dev.patchscopes.trace.internal;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * Blocks around a centre c: [max(0, c - w/2), min(L, c + ceil(w/2))), as in the code of Meng et al.
 * (2022) and Geva et al. (2023). Near the ends it is shorter than its width.
 *
 * @param from first block
 * @param to block after the last one
 */
public record BlockWindow(int from, int to) {

    /**
     * The window around a block.
     *
     * @param centre c, a block 0..L-1
     * @param width w, at least 1
     * @param blocks L
     * @return the window
     */
    public static BlockWindow around(int centre, int width, int blocks) {
        checkArgument(width >= 1, "a window of %s blocks is none: give at least 1", width);
        checkArgument(
                centre >= 0 && centre < blocks, "block %s is not in 0..%s", centre, blocks - 1);
        return new BlockWindow(
                Math.max(0, centre - width / 2), Math.min(blocks, centre + (width + 1) / 2));
    }
}
