/** Programs that show the library at work, each one short enough to read in a sitting. */
package dev.patchscopes.examples;
