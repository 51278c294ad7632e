package dev.patchscopes.fuzz;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a run of the fuzzer did.
 *
 * @param executions inputs read
 * @param perSecond inputs read a second
 * @param firstCoverage edges of the control flow that the seeds reach
 * @param coverage edges reached in the end
 * @param corpus inputs kept because they reached something new
 * @param exit the exit status, -1 if the process did not end by itself
 * @param log all that the fuzzer said
 * @param finding the input at which it stopped
 */
record FuzzReport(
        Target target,
        long executions,
        long perSecond,
        long firstCoverage,
        long coverage,
        long corpus,
        int exit,
        Path log,
        Optional<Path> finding) {

    private static final Pattern EXECUTIONS =
            Pattern.compile("stat::number_of_executed_units:\\s+(\\d+)");
    private static final Pattern PER_SECOND =
            Pattern.compile("stat::average_exec_per_sec:\\s+(\\d+)");
    private static final Pattern COVERAGE =
            Pattern.compile("#\\d+\\s+\\w+\\s+cov: (\\d+) ft: \\d+ corp: (\\d+)/");

    static FuzzReport of(Target target, int exit, Path log, Optional<Path> finding)
            throws IOException {
        // Inputs are in it byte by byte.
        String text = Files.readString(log, StandardCharsets.ISO_8859_1);
        Optional<MatchResult> last = COVERAGE.matcher(text).results().reduce((a, b) -> b);
        Matcher first = Pattern.compile("INITED\\s+cov: (\\d+)").matcher(text);
        return new FuzzReport(
                target,
                number(EXECUTIONS, text),
                number(PER_SECOND, text),
                first.find() ? Long.parseLong(first.group(1)) : 0,
                last.map(m -> Long.parseLong(m.group(1))).orElse(0L),
                last.map(m -> Long.parseLong(m.group(2))).orElse(0L),
                exit,
                log,
                finding);
    }

    /** What is wrong, and how to see it again; empty if nothing is. */
    Optional<String> failure() throws IOException {
        if (finding.isPresent()) {
            return Optional.of(
                    """
                    %s: the input %s breaks the target's property.
                    To replay it, copy it to %s and run SeedsTest; %s has the stack trace:
                    %s"""
                            .formatted(target, finding.get(), target.seeds(), log, trace()));
        }
        if (exit != 0 || executions == 0) {
            return Optional.of(
                    "%s: the fuzzer ended with status %d after %d executions; see %s:%n%s"
                            .formatted(target, exit, executions, log, trace()));
        }
        return Optional.empty();
    }

    /** The fuzzer's message with some of what follows it. */
    private String trace() throws IOException {
        String text = Files.readString(log, StandardCharsets.ISO_8859_1);
        Matcher start = Pattern.compile("== Java Exception|panicked at|ERROR: ").matcher(text);
        String from = text.substring(start.find() ? start.start() : 0);
        return from.lines().limit(40).reduce("", (a, b) -> a + b + "\n");
    }

    private static long number(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
    }

    /** {@code torch: 90893 executions, 2216/s, coverage 480 -> 720, 237 inputs kept}. */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%s: %d executions, %d/s, coverage %d -> %d, %d inputs kept%s",
                target,
                executions,
                perSecond,
                firstCoverage,
                coverage,
                corpus,
                finding.map(path -> ", stopped at " + path).orElse(""));
    }
}
