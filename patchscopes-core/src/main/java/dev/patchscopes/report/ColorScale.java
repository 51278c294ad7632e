package dev.patchscopes.report;

/**
 * How numbers become colours. Both scales tell numbers apart by lightness alone, or by blue and
 * orange, so that people with any common colour deficiency can read them, and print in grey.
 */
public enum ColorScale {
    /** From the ground to a full colour: more is stronger. */
    SEQUENTIAL,
    /** From a full colour to the ground: less is stronger, as for ranks, where 1 is best. */
    REVERSED,
    /** Orange below, the ground in the middle, blue above: for differences, around 0. */
    DIVERGING
}
