package dev.patchscopes.lens.future;

/** What a prediction of later tokens is held against. */
public enum FutureTruth {
    /** The model's own greedy continuation of the text up to the state's position. */
    MODEL,
    /** The text itself. */
    TEXT
}
