/**
 * The tokenizer of the bundled demonstration model: byte-level byte pair encoding, learned from a
 * text and written as a {@code tokenizer.json} that any reader of such files can load.
 */
package dev.patchscopes.examples.demo.tokenizer;
