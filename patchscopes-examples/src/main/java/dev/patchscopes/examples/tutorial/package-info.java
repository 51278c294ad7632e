/** The tutorial: scripts for JShell, and the program that runs them and makes pages of them. */
package dev.patchscopes.examples.tutorial;
