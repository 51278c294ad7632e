/**
 * What a hidden state says of the tokens still to come: the future lens, linear and by prompts,
 * with its measurements.
 */
package dev.patchscopes.lens.future;
