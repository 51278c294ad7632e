package dev.patchscopes.model.internal;

/**
 * Where blocks get their parameters when they run.
 *
 * <p>A lease is valid until closed; nothing may assume that a block's parameters lie at the same
 * place the next time. Thread-safe.
 */
interface WeightSource extends AutoCloseable {

    /** The parameters outside the blocks; valid until the source is closed. */
    Weights.Ends ends();

    /** The unembedding for products whose graph is not recorded; valid until closed. */
    Weights.Linear unembedding();

    /**
     * Borrows the parameters of a block.
     *
     * @param differentiable whether a graph is recorded, which packed matrices cannot take part in
     */
    Lease block(int index, boolean differentiable);

    /** Bytes of all parameters in the compute type. */
    long bytes();

    @Override
    void close();

    /** Parameters on loan. */
    interface Lease extends AutoCloseable {

        /** Parameters that nobody has to return. */
        static Lease of(Weights.Block weights) {
            return new Lease() {
                @Override
                public Weights.Block weights() {
                    return weights;
                }

                @Override
                public void close() {
                    // they belong to the source
                }
            };
        }

        /** The block's parameters. */
        Weights.Block weights();

        @Override
        void close();
    }
}
