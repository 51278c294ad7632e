/** Notebooks for Jupyter, run without it. */
package dev.patchscopes.examples.notebook;
