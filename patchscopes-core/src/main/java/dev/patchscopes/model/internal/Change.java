package dev.patchscopes.model.internal;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.Edit;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.Patch;

/** A change of some of a cell's rows at one point of a sweep's pass. */
sealed interface Change {

    /** Where. */
    HookPoint point();

    /** First token changed. */
    int firstToken();

    /** Last token changed. */
    int lastToken();

    /** Whether the change happens to the residual stream at a layer. */
    default boolean isAtLayer(int layer) {
        return point().layer().filter(l -> l == layer).isPresent();
    }

    /** An edit whose values are known. */
    record Given(RunPlan.Step step) implements Change {
        Edit edit() {
            return (Edit) step.intervention();
        }

        ImmutableIntArray positions() {
            return step.positions().get(0).indices();
        }

        @Override
        public HookPoint point() {
            return edit().point();
        }

        @Override
        public int firstToken() {
            return positions().get(0);
        }

        @Override
        public int lastToken() {
            return positions().get(positions().length() - 1);
        }
    }

    /**
     * A patch with its positions resolved.
     *
     * @param read token indices of the source, ascending
     * @param written token indices of the cell, ascending
     */
    record Taken(Patch patch, ImmutableIntArray read, ImmutableIntArray written) implements Change {
        @Override
        public HookPoint point() {
            return patch.to();
        }

        @Override
        public int firstToken() {
            return written.get(0);
        }

        @Override
        public int lastToken() {
            return written.get(written.length() - 1);
        }

        /** The token whose vector goes to the i-th token written. */
        int readFor(int i) {
            return read.get(read.length() == 1 ? 0 : i);
        }

        /** Whether the vector is known by the time the cell wants it, in one and the same pass. */
        boolean isInTime() {
            return patch.from().equals(patch.to())
                    || CellPlan.readyLayer(patch.from())
                            <= CellPlan.startLayer(patch.to()).orElseThrow();
        }
    }
}
