package dev.patchscopes.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.examples.cli.Console;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Without a command the program is the quick start. */
class PatchscopesTest {

    @Test
    @Tag("trained")
    void withoutArgumentsItIsTheTour() {
        assertThat(program()).isEqualTo(quickStart()).contains("Marie Curie");
    }

    @Test
    void withAPromptItLooksAtIt() {
        String[] args = {"--prompt", "The capital of France is", "--tokens", "3"};
        assertThat(program(args)).isEqualTo(quickStart(args)).contains("Continuation");
        // Maven drops the '' of an empty prompt.
        assertThat(program("--tokens", "2", "--prompt"))
                .isEqualTo(quickStart("--tokens", "2", "--prompt"));
    }

    @Test
    void itsOptionsAreChecked() {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Console console = Console.of(new ByteArrayOutputStream(), err);
        assertThat(Patchscopes.execute(console, "--tokens", "3")).isEqualTo(2);
        assertThat(Patchscopes.execute(console, "--prompt", "x", "--tokens", "many")).isEqualTo(2);
        assertThat(err.toString(StandardCharsets.UTF_8))
                .contains("--prompt is missing", "--tokens \"many\" is not a number");
    }

    private static String program(String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int status = Patchscopes.execute(Console.of(out, err), args);
        assertThat(status).as(err.toString(StandardCharsets.UTF_8)).isZero();
        return out.toString(StandardCharsets.UTF_8);
    }

    private static String quickStart(String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
        assertThat(new QuickStart(stream, stream).run(List.of(args))).isZero();
        return out.toString(StandardCharsets.UTF_8);
    }
}
