/** The tracing tools at work on the model that comes with the library. */
package dev.patchscopes.examples.trace;
