package dev.patchscopes.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.google.common.base.Ascii;
import com.google.common.base.Splitter;
import com.google.common.reflect.ClassPath;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.examples.cli.Console;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What the README names exists under that name. */
class ReadmeFactsTest {

    private static final Pattern WORD = Pattern.compile("'([^']*)'|(\\S+)");

    private final Readme readme = Readme.read();

    @Test
    void itsCommandsAreUnderstood() {
        List<String> commands = readme.find("^    mvn .*-Dexec\\.args=\"?([^\"\n]*)\"?$");

        assertThat(commands).isNotEmpty();
        for (String command : commands) {
            List<String> words = words(command);
            if (readme.find("(exec.mainClass=\\S+ .*" + Pattern.quote(words.get(0)) + ")").isEmpty()
                    && !words.get(0).equals("COMMAND")
                    && !words.get(0).startsWith("-")) {
                assertThat(helpOf(words.get(0))).as(command).contains("Usage:");
            }
        }
    }

    @Test
    void itsProgramsExist() {
        for (String program : readme.find("-Dexec\\.mainClass=([\\w.]+)")) {
            assertThatCode(() -> Class.forName(program).getMethod("main", String[].class))
                    .as(program)
                    .doesNotThrowAnyException();
        }
        for (String program : readme.find("^\\| `(\\w+Demo|LensComparison)` ")) {
            assertThat(classNames()).contains(program);
        }
    }

    @Test
    void theClassesOfItsMethodsExist() throws IOException {
        List<String> cells =
                readme.find(
                        "^\\| [A-Z][^|]*\\| [a-z][^|]*\\? \\| ([^|]*) \\| \\[(?:\\d|demo)\\].*$");

        assertThat(cells).hasSizeGreaterThan(10);
        for (String cell : cells) {
            for (String name : Splitter.on(", ").split(cell)) {
                assertThat(classNames()).contains(name.replace("`", ""));
            }
        }
    }

    @Test
    void itsLinksLeadToFilesAndHeadings() {
        List<String> links = new ArrayList<>(readme.find("\\]\\(([^)]+)\\)"));
        links.addAll(readme.find("(?:src|srcset)=\"([^\"]+)\""));

        assertThat(links).isNotEmpty();
        for (String link : links) {
            if (link.startsWith("#")) {
                assertThat(readme.find("^##+ (.*)$"))
                        .anyMatch(
                                heading ->
                                        link.equals(
                                                "#"
                                                        + Ascii.toLowerCase(heading)
                                                                .replace(' ', '-')));
            } else if (!link.startsWith("https://")) {
                assertThat(Readme.FILE.resolveSibling(link)).exists();
            }
        }
    }

    @Test
    void itsVersionsAreThoseOfTheBuild() throws IOException {
        String pom = Files.readString(Path.of("../pom.xml"));

        assertThat(readme.find("<version>([^<]+)</version>").get(0))
                .isEqualTo(LibraryVersion.current().toString());
        assertThat(readme.find("PYTORCH_VERSION=([\\d.]+)"))
                .allMatch(v -> pom.contains("<pytorch.version>%s<".formatted(v)));
    }

    private static List<String> words(String command) {
        return WORD.matcher(command)
                .results()
                .map((MatchResult w) -> w.group(1) == null ? w.group(2) : w.group(1))
                .toList();
    }

    private static String helpOf(String command) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        Patchscopes.execute(Console.of(out, out), command, "--help");
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static List<String> classNames() {
        try {
            return ClassPath.from(ReadmeFactsTest.class.getClassLoader())
                    .getTopLevelClassesRecursive("dev.patchscopes")
                    .stream()
                    .map(ClassPath.ClassInfo::getSimpleName)
                    .collect(Collectors.toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
