/** The command line: one class for each subcommand, and what they have in common. */
package dev.patchscopes.examples.cli;
