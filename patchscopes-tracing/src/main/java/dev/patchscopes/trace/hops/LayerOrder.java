package dev.patchscopes.trace.hops;

/** How the layer that is read, l, stands to the layer that is written, l*. */
public enum LayerOrder {
    /**
     * l &lt; l*: the paper's efficient pairs, whose vector is there before it is written, so that
     * one pass over the blocks serves both.
     */
    FORWARD("l < l*") {
        @Override
        public boolean holds(int sourceLayer, int targetLayer) {
            return sourceLayer < targetLayer;
        }
    },
    /** l = l*. */
    SAME("l = l*") {
        @Override
        public boolean holds(int sourceLayer, int targetLayer) {
            return sourceLayer == targetLayer;
        }
    },
    /** l &gt; l*: the vector goes back to blocks that had their turn before it was there. */
    BACKWARD("l > l*") {
        @Override
        public boolean holds(int sourceLayer, int targetLayer) {
            return sourceLayer > targetLayer;
        }
    };

    private final String formula;

    LayerOrder(String formula) {
        this.formula = formula;
    }

    /**
     * Says whether a pair of layers is of this order.
     *
     * @param sourceLayer l
     * @param targetLayer l*
     * @return whether it is
     */
    public abstract boolean holds(int sourceLayer, int targetLayer);

    /** {@return for example {@code l < l*}} */
    @Override
    public String toString() {
        return formula;
    }
}
