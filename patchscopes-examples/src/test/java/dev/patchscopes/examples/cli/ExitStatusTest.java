package dev.patchscopes.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.LibraryVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the program says of mistakes, and how it ends. */
class ExitStatusTest {

    @TempDir private Path folder;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "read | Missing required option: '--prompt=TEXT'",
                "read --promtp x | Unknown option: '--promtp'",
                "read --promtp x | Possible solutions: --products, --prompt",
                "red --prompt x | Did you mean: patchscopes read?",
                "--modle x | Possible solutions: --model",
                "read --prompt x --lens logti | \"logti\" is none of logit, tuned, token-identity",
                "read --prompt x --lens tuned | --lens tuned needs --lens-dir DIR",
                "read --prompt x --lens future --top 3 | --top is for lenses of the next token",
                "read --prompt x --lens future --compare logit | choose among logit, tuned",
                "read --prompt x --layers 3..1 | layers 3..1 are none",
                "read --prompt x --layers foo | write all, 4, 2..8, 0,4..6,10 or every:2",
                "read --prompt x --layers 99 | layer 99 is not in 0..6 (demo-small has 6 blocks)",
                "read --prompt x --top many | 'many' is not an int",
                "read --prompt x --positions zz | Text \"zz\" does not occur in \"x\"",
                "read --prompt x_x --positions x | Choose one by its number: TEXT#1 to TEXT#2.",
                "read --prompt x_x --positions x#3 | so there is no #3 (allowed: #1 to #2)",
                "read --prompt x --positions 77 | Position 77 is not in 0..1",
                "read --prompt x --format pgn | \"pgn\" is none of text, json, csv, html",
                "read --prompt x --device tpu | \"tpu\" is no device: there are cpu, gpu, gpu:0",
                "patch --source x | --source-layer is missing: name one layer",
                "patch --source x --source-layer 0..2 | --source-layer names 3 layers: name one",
                "patch --source x --source-position 0..1 --source-layer 2 | position 0..1 is 2"
                        + " tokens",
                "patch --source x --source-layer 2 --top 3 | --top and --resume are for --grid",
                "patch --source x --source-layer 1 --target-model demo | choose a --target-model"
                        + " of",
                "trace --prompt x | give --prompt and --subject, or --facts FILE",
                "trace --facts demo --prompt x | leave out --prompt, --subject and --answer",
                "trace --facts nowhere.json | nowhere.json does not exist",
                "trace --facts demo --limit 0 | --limit 0 leaves no fact",
                "trace --prompt a --subject a --limit 3 | --limit is for --facts",
                "trace --prompt a --subject a --noise 1 --replacement b | exclude each other",
                "knockout --prompt a --subject b | Text \"b\" does not occur in \"a\"",
                "evaluate --texts nowhere | there is no file or directory nowhere",
                "train-lens --texts demo --first 9 --tokens 100 -o lens-of-nothing | take --tokens"
                        + " 128",
                "train-lens --texts demo --first 1 -o lens-of-nothing | read them again with"
                        + " --repeating",
                "train-lens --texts demo --resume -o lens-of-nothing | there is no"
                        + " lens-of-nothing.snapshot",
                "train-lens --texts demo -o src | src is there and is no lens",
                "train-lens --texts demo -o lens-of-nothing --history a.json | no form json",
                "describe | Missing required parameter: 'NAME'",
            })
    void mistakesAreSaidWithTheWayOut(String line, String said) {
        String[] words = line.split(" ", -1);
        boolean needsModel = !line.startsWith("--") && !line.startsWith("red");
        Program run = Program.run(needsModel ? withModel(words) : words);

        assertThat(run.status()).as(run.err()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .startsWith("error: ")
                .contains(said)
                .contains("--help says more")
                .doesNotContain("dev.patchscopes", "java.", "Exception", "\tat ");
    }

    private static String[] withModel(String[] words) {
        return FormatsTest.and(words, "-m", "demo-small");
    }

    @Test
    void modelsThatCannotBeLoadedHaveAStatusOfTheirOwn() throws IOException {
        Program nowhere = Program.run("read", "--prompt", "x", "-m", "./nowhere");
        assertThat(nowhere.status()).isEqualTo(3);
        assertThat(nowhere.err()).startsWith("error: ./nowhere: there is no such directory");

        Path strange = Files.createDirectory(folder.resolve("strange"));
        Files.writeString(strange.resolve("config.json"), "{\"model_type\": \"abacus\"}");
        Program unsupported = Program.run("describe", "x", "-m", strange.toString());
        assertThat(unsupported.status()).as(unsupported.err()).isEqualTo(3);

        assertThat(Program.run("--model", "./nowhere", "--prompt", "x").status()).isEqualTo(3);
        assertThat(
                        Program.run(
                                        "read",
                                        "-m",
                                        "demo-small",
                                        "--prompt",
                                        "x",
                                        "--lens",
                                        "tuned:" + folder)
                                .status())
                .isEqualTo(3);
        Program device =
                Program.run("read", "-m", "demo-small", "--prompt", "x", "--device", "gpu:99");
        assertThat(device.status()).isEqualTo(3);
        assertThat(device.err()).contains("--device cpu");
    }

    @Test
    void whereAnUnexpectedErrorHappenedIsForDebugging() {
        ByteArrayOutputStream shown = new ByteArrayOutputStream();
        ErrorReport report = new ErrorReport(new PrintStream(shown, true, StandardCharsets.UTF_8));

        assertThat(report.report(new IllegalStateException("odd"), "read", false)).isEqualTo(1);
        assertThat(shown.toString(StandardCharsets.UTF_8))
                .contains("unexpected error: ", "odd", "--debug shows where it happened")
                .doesNotContain("\tat ");
        report.report(new IllegalStateException("odd"), "read", true);
        assertThat(shown.toString(StandardCharsets.UTF_8)).contains("\tat dev.patchscopes");
        assertThat(Program.run("read", "--prompt", "x", "-m", "./nowhere", "--debug").err())
                .contains("\tat dev.patchscopes");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"read", "patch", "describe", "trace", "knockout", "evaluate", "train-lens"})
    void commandsExplainThemselves(String command) {
        assertThat(Program.output(command, "--help"))
                .startsWith("Usage: patchscopes " + command)
                .contains("Example: ", "\n  " + command + " ");
        assertThat(Program.output("--help")).containsPattern("(?m)^  " + command + " +\\S");
        assertThat(Program.output(command, "--version")).contains(LibraryVersion.current().value());
    }

    @Test
    void helpListsEveryStatus() {
        String help = Program.output("--help");
        for (ExitStatus status : ExitStatus.values()) {
            assertThat(help).containsPattern("(?m)^  " + status.code() + " +\\w");
        }
        assertThat(Program.output("--version"))
                .isEqualToIgnoringNewLines("Patchscopes for the JVM " + LibraryVersion.current());
    }

    @Test
    void statusesHaveTheUsualNumbers() {
        assertThat(ExitStatus.values())
                .extracting(status -> Map.entry(status, status.code()))
                .containsExactly(
                        Map.entry(ExitStatus.OK, 0),
                        Map.entry(ExitStatus.UNEXPECTED, 1),
                        Map.entry(ExitStatus.USAGE, 2),
                        Map.entry(ExitStatus.MODEL, 3),
                        Map.entry(ExitStatus.CANCELLED, 130));
    }
}
