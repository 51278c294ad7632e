package dev.patchscopes.model;

/**
 * How a model multiplies by its weights on the CPU.
 *
 * <p>PyTorch's usual matrix library leaves cores idle where few rows meet a large matrix, as in
 * decoding and in short prompts, and on some processors it uses half of what they can do. Other
 * ways gain a factor of two to four there, but which is best differs between processors. All
 * choices give the same numbers up to rounding.
 */
public enum MatrixProducts {
    /**
     * Measured when the model is loaded, in some tenths of a second: {@link #PACKED} where that is
     * faster, else {@link #SPLIT} up to the number of rows where it stops being faster.
     */
    TUNED,
    /** One call of the usual library a product. */
    PLAIN,
    /** The usual library, in parts of the columns, for products of up to 256 rows. */
    SPLIT,
    /**
     * By oneDNN, with the blocks' matrices in its own layout; float32 on a CPU only.
     *
     * <p>The rearranged matrices take the place of the plain ones, so a model needs no more memory.
     * Gradients need plain ones: the first run that takes some makes copies of the blocks it goes
     * through, and they stay until the model is closed. The unembedding, where it is at most a
     * third of the weights, is kept twice once it has been used, since its rows are read too.
     */
    PACKED
}
