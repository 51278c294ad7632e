/**
 * Linear probes: which of a few labels a state of the residual stream stands for, layer by layer,
 * beside what luck, imbalance and memory alone would reach. Start at {@link
 * dev.patchscopes.lens.probe.ProbeTraining}.
 */
package dev.patchscopes.lens.probe;
