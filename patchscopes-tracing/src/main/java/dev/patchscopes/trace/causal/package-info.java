/**
 * Causal tracing: which states of a run carry a fact (Meng et al., "Locating and Editing Factual
 * Associations in GPT", 2022, section 2). {@link dev.patchscopes.trace.causal.CausalTracing} is the
 * way in.
 */
package dev.patchscopes.trace.causal;
