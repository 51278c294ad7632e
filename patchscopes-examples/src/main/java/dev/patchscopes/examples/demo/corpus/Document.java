package dev.patchscopes.examples.demo.corpus;

/**
 * A text of the corpus, made to be read from its beginning.
 *
 * @param kind what it is for
 * @param text its text, some 20 to 100 tokens
 */
public record Document(DocumentKind kind, String text) {}
