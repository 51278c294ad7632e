/**
 * Multi-hop reasoning: questions that take two facts, answered by carrying the representation of
 * the first fact's object to where the second fact is looked up.
 */
package dev.patchscopes.trace.hops;
