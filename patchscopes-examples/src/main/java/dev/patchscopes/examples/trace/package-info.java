/** Runnable examples of tracing: changes inside a model's runs, and what becomes of its answer. */
package dev.patchscopes.examples.trace;
