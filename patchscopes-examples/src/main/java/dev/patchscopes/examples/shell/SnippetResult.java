package dev.patchscopes.examples.shell;

/**
 * What one snippet of a script did.
 *
 * @param source the snippet as it stands in the script, with the comments before it
 * @param line number of its first line in the script
 * @param output what it printed
 * @param value the value of an expression of which nothing is done with the value, as JShell shows
 *     it; empty for any other snippet
 */
public record SnippetResult(String source, int line, String output, String value) {}
