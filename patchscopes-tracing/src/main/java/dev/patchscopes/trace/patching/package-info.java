/**
 * Activation patching: which activations, taken from a run on one prompt into a run on another,
 * bring the other's answer with them; and attribution patching, its first-order approximation.
 */
package dev.patchscopes.trace.patching;
