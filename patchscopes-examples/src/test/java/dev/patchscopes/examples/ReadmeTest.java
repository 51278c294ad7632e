package dev.patchscopes.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.examples.shell.ScriptRunner;
import dev.patchscopes.examples.shell.SnippetResult;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.lang.reflect.Method;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Java in the README is what a user copies first. */
@Tag("trained")
class ReadmeTest {

    private static final Pattern CLASS = Pattern.compile("\\bclass (\\w+)");
    private static final Pattern NUMBER = Pattern.compile("\\d+\\.\\d+");

    /** What the README's snippets take as given. */
    private static final String GIVEN =
            """
            HookedModel model = HookedModel.demo();
            HookedModel small = HookedModel.demoSmall();
            GroundTruth truth = GroundTruth.of(DemoModel.STANDARD);
            Relation capitals = Relation.of(truth, "capital");
            Relation relation = capitals.with(capitals.samples().subList(0, 8));
            List<ProbeExample> examples = truth.facts().stream().filter(f -> f.relation().equals("continent")).limit(40).map(f -> ProbeExample.of(f.subject() + " is in", Positions.last(), f.object())).toList();
            List<HopQuestion> questions = truth.twoHop().stream().filter(GroundTruth.TwoHop::failsDirectly).limit(8).map(hops -> HopQuestions.of(truth, hops)).toList();
            List<String> texts = truth.knownPrompts().stream().limit(200).map(f -> f.prompt() + " " + f.answer() + ".").toList();
            """;

    @TempDir private Path folder;

    @Test
    void itsProgramsCompileAndRun() throws Exception {
        List<Readme.Block> programs =
                Readme.read().blocks().stream().filter(Readme.Block::isProgram).toList();

        assertThat(programs).isNotEmpty();
        for (Readme.Block program : programs) {
            assertThat(printed(compiled(program.source())))
                    .contains(" Paris", "Rome", "Polish chemist");
        }
    }

    @Test
    void itsSnippetsRunAndTheFirstPrintsWhatStandsBelowIt() throws IOException {
        List<Readme.Block> blocks = Readme.read().blocks();
        List<Readme.Block> snippets = blocks.stream().filter(Readme.Block::isSnippet).toList();
        assertThat(snippets).hasSizeGreaterThan(3);
        assertThat(blocks.get(blocks.indexOf(snippets.get(0)) + 1).language()).isEqualTo("text");
        writeTexts();

        try (ScriptRunner runner = ScriptRunner.open(Duration.ofMinutes(5))) {
            runner.startUp();
            runner.runCell("what is given", 1, "import java.util.stream.*;\n" + GIVEN, done -> {});
            for (Readme.Block snippet : snippets) {
                ImmutableList<SnippetResult> results =
                        runner.runCell(
                                "README.md", snippet.line(), inFolder(snippet.source()), d -> {});
                Readme.Block next =
                        blocks.get(Math.min(blocks.indexOf(snippet) + 1, blocks.size() - 1));
                if (next.language().equals("text")) {
                    assertSame(
                            results.stream()
                                    .map(SnippetResult::output)
                                    .collect(Collectors.joining()),
                            next.source());
                }
            }
        }
        assertThat(folder.resolve("reading.html")).isNotEmptyFile();
        assertThat(folder.resolve("grid.html")).isNotEmptyFile();
        assertThat(folder.resolve("lenses.html")).isNotEmptyFile();
        assertThat(folder.resolve("grids.csv")).isNotEmptyFile();
    }

    /** The README's file names, in a folder of this test's. */
    private String inFolder(String source) {
        return source.replace("Path.of(\"", "Path.of(\"%s/".formatted(folder));
    }

    private void writeTexts() throws IOException {
        String lines =
                IntStream.range(0, 60)
                        .mapToObj(
                                i ->
                                        "{\"text\": \"%s\"}"
                                                .formatted(
                                                        "The capital of France is Paris, says book %d. "
                                                                .formatted(i)
                                                                .repeat(10)))
                        .collect(Collectors.joining("\n"));
        Files.writeString(folder.resolve("texts.jsonl"), lines);
        Files.writeString(folder.resolve("held-out.jsonl"), lines.replace("book", "page"));
    }

    /** Numbers may differ in their last digit between processors; nothing else may. */
    private static void assertSame(String printed, String shown) {
        assertThat(shape(printed)).isEqualTo(shape(shown));
        List<Double> were = numbers(printed);
        List<Double> are = numbers(shown);
        for (int i = 0; i < were.size(); i++) {
            assertThat(are.get(i)).isCloseTo(were.get(i), within(.0015));
        }
    }

    private static String shape(String text) {
        return NUMBER.matcher(text)
                .replaceAll("#")
                .lines()
                .map(String::stripTrailing)
                .collect(Collectors.joining("\n"))
                .strip();
    }

    private static List<Double> numbers(String text) {
        return NUMBER.matcher(text)
                .results()
                .map((MatchResult number) -> Double.valueOf(number.group()))
                .toList();
    }

    /** Runs the class's main method and returns what it prints. */
    private String printed(String name) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream before = System.out;
        try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
            Method main = loader.loadClass(name).getDeclaredMethod("main", String[].class);
            main.setAccessible(true); // the class is not public
            System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
            main.invoke(null, (Object) new String[0]);
        } finally {
            System.setOut(before);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    /** Compiles a program and returns the name of its class. */
    private String compiled(String program) {
        Matcher name = CLASS.matcher(program);
        assertThat(name.find()).as("a class in:%n%s", program).isTrue();
        JavaFileObject source =
                new SimpleJavaFileObject(
                        URI.create("string:///" + name.group(1) + ".java"),
                        JavaFileObject.Kind.SOURCE) {
                    @Override
                    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                        return program;
                    }
                };
        StringWriter messages = new StringWriter();
        List<String> options =
                List.of(
                        "-classpath",
                        System.getProperty("java.class.path"),
                        "-d",
                        folder.toString(),
                        "-proc:none",
                        "-Xlint:all",
                        "-Werror");
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        boolean compiled =
                compiler.getTask(messages, null, null, options, null, List.of(source)).call();

        assertThat(compiled).as(messages.toString()).isTrue();
        return name.group(1);
    }
}
