package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import dev.patchscopes.model.Site;
import java.util.Optional;

/** What a run wants to see and change while the model computes. */
interface Taps {

    /** Wants nothing. */
    Taps NONE =
            new Taps() {
                @Override
                public boolean wants(Site site, int block) {
                    return false;
                }

                @Override
                public NDArray visit(Site site, int block, NDArray value) {
                    return value;
                }

                @Override
                public Optional<EdgeMask> edges(int block) {
                    return Optional.empty();
                }
            };

    /** Whether {@link #visit} must be called there. */
    boolean wants(Site site, int block);

    /**
     * Shows a value, and takes the one to go on with: the same array or another of its shape. The
     * array shown is never changed.
     */
    NDArray visit(Site site, int block, NDArray value);

    /** Shows attention scores [batch, head, query_pos, key_pos] before anything masks them. */
    default void watchScores(int block, NDArray scores) {}

    /** Attention edges cut in a block. */
    Optional<EdgeMask> edges(int block);

    /** Visits where wanted. */
    default NDArray tap(Site site, int block, NDArray value) {
        return wants(site, block) ? visit(site, block, value) : value;
    }
}
