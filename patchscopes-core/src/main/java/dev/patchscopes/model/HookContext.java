package dev.patchscopes.model;

/**
 * What a hook is told beside the value.
 *
 * @param point where the value stands
 * @param phase {@link Phase#PREFILL} or {@link Phase#DECODE}
 * @param firstColumn column of the batch that the value's first position is; 0 while the prompt is
 *     read
 */
public record HookContext(HookPoint point, Phase phase, int firstColumn) {}
