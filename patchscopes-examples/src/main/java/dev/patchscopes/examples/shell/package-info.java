/** JShell with the library in it: opened to type in, and driven by a program. */
package dev.patchscopes.examples.shell;
