/** Programs that trace where a model's answers come from. */
package dev.patchscopes.examples.trace;
