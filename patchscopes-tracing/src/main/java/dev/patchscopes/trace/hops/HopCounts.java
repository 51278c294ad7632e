package dev.patchscopes.trace.hops;

/**
 * How many questions passed which filter, under one scoring.
 *
 * @param asked all questions
 * @param knownHops those both of whose hops the model answers by themselves
 * @param failing those of them that it fails when asked directly
 * @param counted those that rates are of
 */
public record HopCounts(int asked, int knownHops, int failing, int counted) {

    /** {@return the four numbers in words} */
    @Override
    public String toString() {
        return "%d asked, %d with known hops, %d of these failed directly, %d counted"
                .formatted(asked, knownHops, failing, counted);
    }
}
