package dev.patchscopes.model;

/**
 * How a model multiplies by its weights on the CPU.
 *
 * <p>PyTorch's matrix library leaves cores idle where few rows meet a large matrix, as in decoding
 * and in short prompts. Computing the columns in several parts at once keeps all of them busy, but
 * how much that gains, and up to how many rows, differs between processors. All choices give the
 * same numbers up to rounding.
 */
public enum MatrixProducts {
    /** Measured when the model is loaded, in some tenths of a second. */
    TUNED,
    /** One call of the library a product. */
    PLAIN,
    /** In parts, for products of up to 256 rows. */
    SPLIT
}
