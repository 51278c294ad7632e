package dev.patchscopes.report;

/**
 * Something to look at.
 *
 * <pre>{@code
 * lens.read("The capital of France is").page().writeHtml(Path.of("reading.html"));
 * }</pre>
 */
@FunctionalInterface
public interface Viewable {

    /** {@return what there is to see, most important first} */
    Page page();
}
