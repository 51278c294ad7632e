package dev.patchscopes.report;

/** The ground that a picture stands on. Pages for a browser hold both and follow its setting. */
public enum Theme {
    /** Dark ink on white. */
    LIGHT,
    /** Light ink on near-black. */
    DARK
}
