package dev.patchscopes.examples.demo.corpus;

import com.google.common.collect.ImmutableList;
import com.google.common.io.Resources;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The lines of a text file beside the classes, without comments and empty lines. */
final class ResourceLines {

    private static final String FOLDER = "/dev/patchscopes/examples/demo/";

    private ResourceLines() {}

    static ImmutableList<String> of(String name) {
        try {
            return Resources.readLines(
                            Resources.getResource(ResourceLines.class, FOLDER + name),
                            StandardCharsets.UTF_8)
                    .stream()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .collect(ImmutableList.toImmutableList());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the list " + name, e);
        }
    }
}
