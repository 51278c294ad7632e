package dev.patchscopes.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Java in the README is what a user copies first. */
class ReadmeTest {

    private static final Pattern JAVA = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
    private static final Pattern CLASS = Pattern.compile("\\bclass (\\w+)");

    @TempDir private Path classes;

    @Test
    void itsProgramsCompile() throws IOException {
        List<String> programs =
                JAVA.matcher(Files.readString(Path.of("../README.md")))
                        .results()
                        .map((MatchResult block) -> block.group(1))
                        .toList();

        assertThat(programs).isNotEmpty().allSatisfy(this::compiles);
    }

    private void compiles(String program) {
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
                        classes.toString(),
                        "-proc:none",
                        "-Xlint:all",
                        "-Werror");
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        boolean compiled =
                compiler.getTask(messages, null, null, options, null, List.of(source)).call();

        assertThat(compiled).as(messages.toString()).isTrue();
    }
}
