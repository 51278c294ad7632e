/** The tracing tools at work, on the model that comes with the library or one of yours. */
package dev.patchscopes.examples.trace;
