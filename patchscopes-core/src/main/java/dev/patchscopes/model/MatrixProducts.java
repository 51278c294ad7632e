package dev.patchscopes.model;

/**
 * How a model multiplies by its weights on the CPU.
 *
 * <p>PyTorch's usual matrix library leaves cores idle where few rows meet a large matrix, as in
 * decoding and in short prompts, and on some processors it uses half of what they can do. Other
 * ways gain up to a factor of four there, but which is best differs between processors. All choices
 * give the same numbers up to rounding.
 */
public enum MatrixProducts {
    /**
     * {@link #PLAIN} or {@link #SPLIT}, as measured for each number of rows when the model is
     * loaded, in some tenths of a second.
     */
    TUNED,
    /** One call of the usual library a product. */
    PLAIN,
    /** The usual library, in parts of the columns, for products of up to 256 rows. */
    SPLIT,
    /**
     * By oneDNN, with the blocks' matrices in its own layout; float32 on a CPU only. Usually the
     * fastest where there is memory to spare.
     *
     * <p>The rearranged matrices take the place of the plain ones once the model is loaded; loading
     * itself takes more memory at its peak than otherwise. Gradients need plain ones: the first run
     * that takes some makes copies of the blocks it goes through, and they stay until the model is
     * closed. The unembedding, where it is at most a third of the weights, is kept twice once it
     * has been used, since its rows are read too.
     */
    PACKED
}
