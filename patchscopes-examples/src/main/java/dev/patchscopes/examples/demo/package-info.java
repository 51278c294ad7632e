/** Measures what the bundled demonstration model knows, and what layers tell of it. */
package dev.patchscopes.examples.demo;
