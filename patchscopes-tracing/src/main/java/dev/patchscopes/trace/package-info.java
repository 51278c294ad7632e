/**
 * Tracing: changes inside a model's runs, and what becomes of its answer. Causal tracing, attention
 * knockout, activation patching, entity descriptions, patching across models and multi-hop
 * reasoning each have a package below this one.
 */
package dev.patchscopes.trace;
