package dev.patchscopes.examples.shell;

import com.google.common.collect.ImmutableList;
import com.google.common.io.Resources;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;

/** What JShell begins with. */
final class StartUp {

    /** The imports that JShell's program begins with and its programming interface does not. */
    private static final ImmutableList<String> DEFAULT =
            ImmutableList.of(
                    "java.io",
                    "java.math",
                    "java.net",
                    "java.nio.file",
                    "java.util",
                    "java.util.concurrent",
                    "java.util.function",
                    "java.util.prefs",
                    "java.util.regex",
                    "java.util.stream");

    private StartUp() {}

    static String defaultImports() {
        return DEFAULT.stream()
                .map("import %s.*;%n"::formatted)
                .collect(Collectors.joining());
    }

    /** The library's start-up file. */
    static String patchscopes() {
        try {
            return Resources.toString(
                    Resources.getResource(StartUp.class, "patchscopes.jsh"),
                    StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
