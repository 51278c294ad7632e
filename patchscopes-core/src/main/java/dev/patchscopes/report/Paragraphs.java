package dev.patchscopes.report;

import com.google.common.collect.ImmutableList;
import java.util.Arrays;

/** Plain text as its paragraphs, which empty lines part; other line breaks are but spaces. */
final class Paragraphs {

    private Paragraphs() {}

    static ImmutableList<String> of(String text) {
        return Arrays.stream(text.split("\\R[ \\t]*\\R"))
                .map(paragraph -> paragraph.replaceAll("[ \\t]*\\R[ \\t]*", " ").strip())
                .filter(paragraph -> !paragraph.isEmpty())
                .collect(ImmutableList.toImmutableList());
    }
}
