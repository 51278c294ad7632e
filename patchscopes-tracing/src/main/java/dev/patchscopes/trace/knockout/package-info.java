/**
 * Attention knockout: which tokens a model's answer is carried from, and in which blocks, by
 * cutting attention edges; and where the answer is extracted (Geva et al., "Dissecting Recall of
 * Factual Associations in Auto-Regressive Language Models", 2023).
 */
package dev.patchscopes.trace.knockout;
