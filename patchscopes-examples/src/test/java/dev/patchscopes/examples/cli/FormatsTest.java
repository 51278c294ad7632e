package dev.patchscopes.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.html.HtmlEscapers;
import dev.patchscopes.LayerGrid;
import dev.patchscopes.PatchscopeRecord;
import dev.patchscopes.lens.LensReading;
import dev.patchscopes.lens.LensReport;
import dev.patchscopes.lens.future.FutureReading;
import dev.patchscopes.report.Viewable;
import dev.patchscopes.trace.causal.CausalTrace;
import dev.patchscopes.trace.causal.TraceAverage;
import dev.patchscopes.trace.entity.EntityReport;
import dev.patchscopes.trace.knockout.KnockoutAverage;
import dev.patchscopes.trace.knockout.KnockoutResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every command gives its result in the forms it offers. */
class FormatsTest {

    /** A command, and how its result is read back. */
    record Case(Function<String, ? extends Record> fromJson, List<String> args) {

        Case(Function<String, ? extends Record> fromJson, String... args) {
            this(fromJson, List.of(args));
        }

        String[] as(String format) {
            return Stream.of(args.stream(), Stream.of("-m", "demo-small", "-f", format))
                    .flatMap(words -> words)
                    .toArray(String[]::new);
        }

        @Override
        public String toString() {
            return String.join(" ", args);
        }
    }

    private static final String[] READ = {
        "read", "--prompt", "The capital of France is", "--layers", "2..4", "--top", "2"
    };

    static List<Case> tables() {
        return List.of(
                new Case(LensReading::fromJson, READ),
                new Case(
                        FutureReading::fromJson,
                        "read",
                        "--prompt",
                        "The capital of France is",
                        "--lens",
                        "future",
                        "--layers",
                        "every:3",
                        "--positions",
                        "France"),
                new Case(
                        LayerGrid::fromJson,
                        "patch",
                        "--source",
                        "Marie Curie",
                        "--grid",
                        "--target-layer",
                        "0,2",
                        "--tokens",
                        "2"),
                new Case(
                        EntityReport::fromJson,
                        "describe",
                        "Marie Curie",
                        "--layers",
                        "1,2",
                        "--tokens",
                        "4"),
                new Case(
                        CausalTrace::fromJson,
                        "trace",
                        "--prompt",
                        "The capital of Japan is",
                        "--subject",
                        "Japan",
                        "--copies",
                        "2",
                        "--kinds",
                        "residual,mlp-out"),
                new Case(
                        TraceAverage::fromJson,
                        "trace",
                        "--facts",
                        "demo",
                        "--limit",
                        "3",
                        "--copies",
                        "1",
                        "--kinds",
                        "residual"),
                new Case(
                        KnockoutResult::fromJson,
                        "knockout",
                        "--prompt",
                        "The capital of Japan is",
                        "--subject",
                        "Japan"),
                new Case(KnockoutAverage::fromJson, "knockout", "--facts", "demo", "--limit", "3"),
                new Case(
                        LensReport::fromJson,
                        "evaluate",
                        "--lens",
                        "logit",
                        "--lens",
                        "token-identity",
                        "--texts",
                        "demo",
                        "--first",
                        "5",
                        "--layers",
                        "3",
                        "--controls"));
    }

    @ParameterizedTest
    @MethodSource("tables")
    void resultsComeInEveryForm(Case command) throws IOException {
        String json = Program.output(command.as("json"));
        Record result = command.fromJson().apply(json);

        List<CSVRecord> rows =
                CSVParser.parse(Program.output(command.as("csv")), CSVFormat.RFC4180).getRecords();
        assertThat(rows).hasSizeGreaterThan(1).allMatch(row -> row.size() == rows.get(0).size());
        assertThat(rows.get(0).size()).isGreaterThan(2);
        assertThat(Program.output(command.as("html")))
                .startsWith("<!DOCTYPE html>")
                .contains(
                        "<title>%s</title>"
                                .formatted(
                                        HtmlEscapers.htmlEscaper()
                                                .escape(((Viewable) result).page().title())));
        assertThat(Program.output(command.as("text"))).contains("demo-small");
    }

    @Test
    void aSinglePatchHasNoTable() {
        String[] args = {
            "patch",
            "-m",
            "demo-small",
            "--source",
            "Marie Curie",
            "--source-layer",
            "2",
            "--target",
            "entity-description",
            "--tokens",
            "3"
        };
        PatchscopeRecord result =
                PatchscopeRecord.fromJson(Program.output(and(args, "-f", "json")));
        assertThat(Program.output(args)).contains("layer 2 of token 3").contains("patched:");
        assertThat(result.toJson()).contains("demo-small");

        Program csv = Program.run(and(args, "-f", "csv"));
        assertThat(csv.status()).isEqualTo(ExitStatus.USAGE.code());
        assertThat(csv.err()).contains("no form csv", "text, json, html, markdown, svg, png");
    }

    @Test
    void readingsAreTheLibrarys() {
        LensReading reading =
                LensReading.fromJson(Program.output(and(READ, "-m", "demo-small", "-f", "json")));
        assertThat(reading.points()).hasSize(3);
        assertThat(reading.at(4, 5).top()).hasSize(2);
        assertThat(reading.at(4, 5).prediction().piece()).isEqualTo(" Paris");
        assertThat(Program.output(and(READ, "-m", "demo-small")).strip())
                .isEqualToNormalizingNewlines(reading.toString().strip());
        assertThat(Program.output(and(READ, "-m", "demo-small", "-f", "markdown")).strip())
                .isEqualToNormalizingNewlines(reading.page().toMarkdown().strip());
    }

    @Test
    void twoLensesAreCompared() {
        String[] args = and(READ, "-m", "demo-small", "--compare", "token-identity");
        assertThat(Program.output(args)).contains("logit lens", "less token identity");
        assertThat(Program.output(and(args, "-f", "csv")).lines().count()).isEqualTo(1 + 3 * 6);
        assertThat(Program.run(and(args, "-f", "json")).err()).contains("no form json");
    }

    @Test
    void aComparisonInAFileHasNoColoursOfTheTerminal(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("difference.txt");
        String[] args = and(READ, "-m", "demo-small", "--compare", "token-identity");
        assertThat(Program.run(true, () -> false, and(args, "-o", file.toString())).status())
                .isZero();
        assertThat(file).content().isEqualTo(Program.output(args)).doesNotContain("\u001b[");
    }

    @Test
    void aTerminalWithColoursShowsThePage() {
        Program watched = Program.run(true, () -> false, and(READ, "-m", "demo-small"));
        assertThat(watched.status()).isZero();
        assertThat(watched.out()).contains("\u001b[", "probability");
        assertThat(Program.output(and(READ, "-m", "demo-small"))).doesNotContain("\u001b[");
    }

    static String[] and(String[] args, String... more) {
        return Stream.concat(Stream.of(args), Stream.of(more)).toArray(String[]::new);
    }
}
