package dev.patchscopes.examples.tutorial;

/** What a page is made of, from the top. */
sealed interface PageElement {

    /** Markdown. */
    record Prose(String markdown) implements PageElement {}

    /** Java, without blank lines around it. */
    record Code(String java) implements PageElement {}

    /** What the code before it printed, or the value it has. */
    record Output(String text) implements PageElement {}

    /** An HTML fragment of what the code before it showed. */
    record Picture(String fragment) implements PageElement {}
}
