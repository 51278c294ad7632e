/**
 * Benchmarks: the library beside the bare matrix products that bound it, in one run.
 *
 * <p>{@code mvn -q -pl patchscopes-examples -am compile exec:exec@benchmarks} runs all of them;
 * {@code -Dbenchmarks=Forward} those whose name contains a word.
 */
package dev.patchscopes.examples.bench;
