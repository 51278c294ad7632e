package dev.patchscopes.trace.patching;

/** How much one cell patches, and so the axes of the values. */
public enum PatchGrain {
    /** A block's activation at all positions: [block]. */
    BLOCK,
    /** A block's activation at one position, all heads of it: [block, pos]. */
    POSITION,
    /** One head at all positions: [block, head]. */
    HEAD,
    /** One head at one position: [block, pos, head]. */
    POSITION_AND_HEAD,
    /** One row of a head's attention weights: [block, head, dest]. */
    DESTINATION,
    /**
     * One attention weight, the others left as they are, so that a row's sum may differ from 1:
     * [block, head, dest, src]. Weights on later positions are zero in both runs.
     */
    EDGE
}
