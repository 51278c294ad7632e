/**
 * Lenses: what each layer of a model would say next, read in one pass over a prompt, each also as
 * the Patchscope it is.
 */
package dev.patchscopes.lens;
