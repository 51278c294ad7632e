package dev.patchscopes.report;

/** Where a number lies between the ends of its scale. */
public enum Spacing {
    /** Equal steps are equal differences. */
    LINEAR,
    /** Equal steps are equal ratios; numbers are greater than 0. */
    LOGARITHMIC
}
