/**
 * The text that the bundled demonstration model is trained on, and the facts it states: written by
 * a generator from lists of public facts, endless, the same for the same seed.
 */
package dev.patchscopes.examples.demo.corpus;
