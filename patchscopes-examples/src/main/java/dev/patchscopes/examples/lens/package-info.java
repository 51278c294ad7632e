/** Programs that run the lenses on the model that comes with the library. */
package dev.patchscopes.examples.lens;
