package dev.patchscopes.examples.tutorial;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.examples.shell.ScriptRunner;
import dev.patchscopes.examples.shell.SnippetResult;
import dev.patchscopes.report.Viewer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Runs one script and gathers what its page shows. */
final class SectionRun {

    private static final String CLOCK =
            "ProcessHandle.current().info().totalCpuDuration().map(java.time.Duration::toMillis).orElse(0L)";

    private final LiterateScript script;
    private final Path pictures;
    private final List<PageElement> elements = new ArrayList<>();
    private final StringBuilder code = new StringBuilder();
    private int seen;

    private SectionRun(LiterateScript script, Path pictures) {
        this.script = script;
        this.pictures = pictures;
    }

    /**
     * Runs a script.
     *
     * @param script the script
     * @param pictures an empty folder for its pictures
     * @param limit how long each block of its code may take
     * @throws dev.patchscopes.examples.shell.ScriptException if it does not run to its end
     * @throws IOException if its pictures cannot be read
     */
    static Section run(LiterateScript script, Path pictures, Duration limit) throws IOException {
        return new SectionRun(script, pictures).run(limit);
    }

    private Section run(Duration limit) throws IOException {
        Duration took;
        Duration computed;
        try (ScriptRunner runner =
                ScriptRunner.open(
                        limit,
                        "-D%s=%s".formatted(Viewer.SHOW_PROPERTY, pictures.toAbsolutePath()))) {
            runner.startUp();
            long start = System.nanoTime();
            for (LiterateScript.Part part : script.parts()) {
                if (part.kind() == LiterateScript.Part.Kind.PROSE) {
                    elements.add(new PageElement.Prose(part.text()));
                } else {
                    runner.runLines(script.name() + ".jsh", part.line(), part.text(), this::add);
                    endCode();
                }
            }
            took = Duration.ofNanos(System.nanoTime() - start);
            computed = Duration.ofMillis(computedMillis(runner));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return new Section(script, ImmutableList.copyOf(elements), cover(), took, computed);
    }

    /** Asks the script's JVM itself; 0 where the system does not tell. */
    private static long computedMillis(ScriptRunner runner) {
        String value = runner.runLines("the clock", 1, CLOCK, done -> {}).get(0).value();
        return Long.parseLong(value);
    }

    /** Code goes on in one block until something came of it. */
    private void add(SnippetResult result) {
        code.append(result.source());
        String said = result.output();
        if (!result.value().isEmpty()) {
            said += (said.isEmpty() || said.endsWith("\n") ? "" : "\n") + result.value();
        }
        List<PageElement> shown = shown();
        if (said.isBlank() && shown.isEmpty()) {
            return;
        }
        endCode();
        if (!said.isBlank()) {
            elements.add(new PageElement.Output(said.stripTrailing()));
        }
        elements.addAll(shown);
    }

    private void endCode() {
        // blank lines around it go, the first line's indent stays
        String block = code.toString().replaceFirst("^(\\s*\\n)+", "").stripTrailing();
        code.setLength(0);
        if (!block.isEmpty()) {
            elements.add(new PageElement.Code(block));
        }
    }

    /** What was shown since the last time. */
    private List<PageElement> shown() {
        List<PageElement> shown = new ArrayList<>();
        try {
            for (Path next = picture("%03d.html");
                    Files.exists(next);
                    next = picture("%03d.html")) {
                shown.add(new PageElement.Picture(Files.readString(next)));
                seen++;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return shown;
    }

    private Path picture(String name) {
        return pictures.resolve(String.format(Locale.ROOT, name, seen + 1));
    }

    private Optional<String> cover() throws IOException {
        if (!Files.isDirectory(pictures)) {
            return Optional.empty();
        }
        try (Stream<Path> files = Files.list(pictures)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.matches("\\d+\\.svg"))
                    .min(Comparator.naturalOrder());
        }
    }
}
