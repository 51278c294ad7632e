package dev.patchscopes.examples.cli;

import com.google.common.collect.ImmutableMap;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A form of a result. */
enum Format {
    /** For people, as a terminal shows it. */
    TEXT,
    /** All of it, with what is needed to repeat it. */
    JSON,
    /** Its numbers, a line each. */
    CSV,
    /** A page for a browser. */
    HTML,
    /** The page as Markdown, figures as tables. */
    MARKDOWN,
    /** A figure of the page. */
    SVG,
    /** A figure of the page, as pixels. */
    PNG;

    private static final ImmutableMap<String, Format> ENDINGS =
            ImmutableMap.<String, Format>builder()
                    .put("txt", TEXT)
                    .put("json", JSON)
                    .put("csv", CSV)
                    .put("html", HTML)
                    .put("htm", HTML)
                    .put("md", MARKDOWN)
                    .put("svg", SVG)
                    .put("png", PNG)
                    .buildOrThrow();

    /** Whether a terminal shows it as something to read. */
    boolean isReadable() {
        return this == TEXT || this == JSON || this == CSV || this == MARKDOWN;
    }

    /** Whether it is one figure of a page. */
    boolean isFigure() {
        return this == SVG || this == PNG;
    }

    /**
     * The format that a file's name tells of.
     *
     * @throws UsageException if it tells of none
     */
    static Format of(Path file) {
        String name = file.toString();
        Format format =
                ENDINGS.get(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
        if (format == null) {
            throw new UsageException(
                    "%s: its ending is none of %s; name the form with -f"
                            .formatted(file, String.join(", ", ENDINGS.keySet())));
        }
        return format;
    }

    /**
     * Checks that a result has this form.
     *
     * @param without forms that it does not have
     * @throws UsageException if it is one of these
     */
    void checkNoneOf(Format... without) {
        List<Format> missing = Arrays.asList(without);
        if (missing.contains(this)) {
            throw new UsageException(
                    "this result has no form %s: choose from %s"
                            .formatted(
                                    NameConverter.name(this),
                                    Arrays.stream(values())
                                            .filter(format -> !missing.contains(format))
                                            .map(NameConverter::name)
                                            .collect(Collectors.joining(", "))));
        }
    }
}
