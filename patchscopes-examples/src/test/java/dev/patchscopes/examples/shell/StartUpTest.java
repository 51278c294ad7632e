package dev.patchscopes.examples.shell;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.reflect.ClassPath;
import dev.patchscopes.report.Viewer;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The start-up file, as users run it. */
class StartUpTest {

    @TempDir private static Path pictures;

    private static ScriptRunner runner;

    @BeforeAll
    static void open() {
        runner =
                ScriptRunner.open(
                        Duration.ofMinutes(5), "-D%s=%s".formatted(Viewer.SHOW_PROPERTY, pictures));
        runner.startUp();
    }

    @AfterAll
    static void close() {
        runner.close();
    }

    @Test
    void isTheFileThatUsersGet() throws IOException {
        assertThat(StartUp.patchscopes())
                .isEqualTo(Files.readString(Path.of("jshell", "patchscopes.jsh")));
    }

    /** A name that two packages have cannot be typed, unless one of the two is imported alone. */
    @Test
    void everyPublicTypeHasItsShortName() throws IOException {
        List<String> names =
                ClassPath.from(getClass().getClassLoader())
                        .getTopLevelClassesRecursive("dev.patchscopes")
                        .stream()
                        .filter(type -> isTyped(type.getPackageName()))
                        .map(ClassPath.ClassInfo::load)
                        .filter(type -> Modifier.isPublic(type.getModifiers()))
                        .map(Class::getSimpleName)
                        .filter(name -> !name.equals("package-info"))
                        .distinct()
                        .sorted()
                        .toList();

        assertThat(names).contains("HookedModel", "LogitLens", "CausalTracing", "AxisLabels");
        runner.runLines(
                "names",
                1,
                names.stream()
                        .map(name -> name + ".class")
                        .collect(Collectors.joining(",\n", "List.<Class<?>>of(\n", ").size()")),
                done -> {});
    }

    @Test
    @Tag("trained")
    void opensModelsOnce() {
        assertThat(values("var small = model(\"demo-small\")\nsmall == model(\"demo-small\")"))
                .containsExactly("", "true");
        assertThat(values("model().layers()\nmodel() == model(\"demo\")"))
                .containsExactly("10", "true");
        assertThat(values("models.keySet().size()")).containsExactly("2");
    }

    @Test
    void showsResultsAndPrintsTheRest() throws IOException {
        List<SnippetResult> results =
                run("show(Page.of(\"T\", Prose.of(\"words\")))\nshow(List.of(1, 2))");

        assertThat(results.get(0).output()).isEmpty();
        assertThat(pictures.resolve("001.html")).content().contains("words");
        assertThat(results.get(1).output()).isEqualTo("[1, 2]" + System.lineSeparator());
    }

    /** Users have neither internals nor programs nor what tests share. */
    private static boolean isTyped(String packageName) {
        return !packageName.contains(".internal")
                && !packageName.equals("dev.patchscopes.testing")
                && !packageName.startsWith("dev.patchscopes.examples");
    }

    private static List<String> values(String lines) {
        return run(lines).stream().map(SnippetResult::value).toList();
    }

    private static List<SnippetResult> run(String lines) {
        return runner.runLines("test", 1, lines, done -> {});
    }
}
