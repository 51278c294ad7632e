/**
 * Texts to train and evaluate on: read as a stream from plain or compressed files, filtered,
 * sampled, split and cut into tokens, the same way in every run.
 *
 * <p>Nothing here runs a model; only cutting into tokens needs a tokenizer.
 */
package dev.patchscopes.corpus;
