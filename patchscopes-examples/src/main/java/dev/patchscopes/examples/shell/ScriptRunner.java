package dev.patchscopes.examples.shell;

import com.google.common.collect.ImmutableList;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import jdk.jshell.JShell;
import jdk.jshell.Snippet;
import jdk.jshell.SnippetEvent;
import jdk.jshell.SourceCodeAnalysis.CompletionInfo;

/**
 * Runs scripts in a JShell of their own, with the class path of this program: what a person would
 * type, snippet by snippet. JShell goes on after an error; this does not.
 *
 * <pre>{@code
 * try (ScriptRunner runner = ScriptRunner.open(Duration.ofMinutes(1))) {
 *     runner.startUp();
 *     runner.runLines("README.md", 12, "model().topTokens(\"The capital of France is\", 3)", done -> {});
 * }
 * }</pre>
 */
public final class ScriptRunner implements AutoCloseable {

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final ScheduledExecutorService clock =
            Executors.newSingleThreadScheduledExecutor(
                    task -> {
                        Thread thread = new Thread(task, "patchscopes-script-clock");
                        thread.setDaemon(true);
                        return thread;
                    });
    private final Duration limit;
    private final JShell shell;
    private volatile boolean late;

    private ScriptRunner(Duration limit, List<String> options) {
        this.limit = limit;
        JShell.Builder builder =
                JShell.builder()
                        .out(new PrintStream(printed, true, StandardCharsets.UTF_8))
                        .err(new PrintStream(OutputStream.nullOutputStream()))
                        .remoteVMOptions(options.toArray(String[]::new))
                        .compilerOptions("-Xlint:-options");
        this.shell = builder.build();
        shell.addToClasspath(LaunchedClassPath.get());
    }

    /**
     * Opens a JShell with the imports that JShell itself begins with.
     *
     * @param limit how long each run may take; what takes longer is stopped
     * @param options further options of its JVM, such as {@code -Dpatchscopes.show=DIR}
     * @return the runner; close it
     */
    public static ScriptRunner open(Duration limit, String... options) {
        List<String> all = new ArrayList<>(RemoteVm.options());
        all.addAll(List.of(options));
        ScriptRunner runner = new ScriptRunner(limit, all);
        try {
            runner.runAll(
                    new Script("the default imports", 1, StartUp.defaultImports()),
                    runner::completeLines,
                    done -> {});
            return runner;
        } catch (RuntimeException e) {
            runner.close(); // nobody else can
            throw e;
        }
    }

    /**
     * Runs the library's start-up file.
     *
     * @throws ScriptException if a part of it is rejected
     */
    public void startUp() {
        runLines("patchscopes.jsh", 1, StartUp.patchscopes(), done -> {});
    }

    /**
     * Runs lines after all that was run before, as if they were typed: a line that is complete runs
     * at once, so an expression that goes on in the next line ends in the dot, not begins with it.
     *
     * @param script what to call it in errors
     * @param firstLine number of its first line, for errors
     * @param source any number of snippets
     * @param after called after each snippet
     * @return what each snippet did
     * @throws ScriptException if one is rejected, throws an exception or is stopped; those after it
     *     are not run
     */
    public ImmutableList<SnippetResult> runLines(
            String script, int firstLine, String source, Consumer<SnippetResult> after) {
        return run(new Script(script, firstLine, source), this::completeLines, after);
    }

    /**
     * Runs the cell of a notebook after all that was run before: a statement ends at its semicolon,
     * which the last one may lack.
     *
     * @param script what to call it in errors
     * @param firstLine number of its first line, for errors
     * @param source any number of snippets
     * @param after called after each snippet
     * @return what each snippet did
     * @throws ScriptException if one is rejected, throws an exception or is stopped; those after it
     *     are not run
     */
    public ImmutableList<SnippetResult> runCell(
            String script, int firstLine, String source, Consumer<SnippetResult> after) {
        return run(new Script(script, firstLine, source), this::analysed, after);
    }

    private ImmutableList<SnippetResult> run(
            Script script, Function<String, Cut> cutter, Consumer<SnippetResult> after) {
        Future<?> deadline = clock.schedule(this::stop, limit.toMillis(), TimeUnit.MILLISECONDS);
        try {
            return runAll(script, cutter, after);
        } finally {
            deadline.cancel(false);
        }
    }

    private ImmutableList<SnippetResult> runAll(
            Script script, Function<String, Cut> cutter, Consumer<SnippetResult> after) {
        ImmutableList.Builder<SnippetResult> results = ImmutableList.builder();
        String source = script.source();
        int start = 0;
        while (SourceText.codeStart(source, start) < source.length()) {
            int line = script.line(SourceText.codeStart(source, start));
            try {
                Cut cut = cutter.apply(source.substring(start));
                if (!cut.complete()) {
                    throw script.failed(line, "the statement is not complete", cut.text());
                }
                int end = SourceText.withComment(source, start + cut.text().length());
                SnippetResult result = run(script, line, source.substring(start, end), cut);
                results.add(result);
                after.accept(result);
                start = end;
            } catch (IllegalStateException e) {
                throw ended(script, line, e);
            }
        }
        return results.build();
    }

    /** The beginning of a source that makes a snippet. */
    private record Cut(String text, String snippet, boolean complete) {}

    private Cut analysed(String source) {
        CompletionInfo next = shell.sourceCodeAnalysis().analyzeCompletion(source);
        if (!next.completeness().isComplete()) {
            return new Cut(source, source, false);
        }
        String text = source.substring(0, source.length() - next.remaining().length());
        return new Cut(text, next.source(), true);
    }

    private Cut completeLines(String source) {
        int end = SourceText.lineEnd(source, SourceText.codeStart(source, 0));
        Cut cut = analysed(source.substring(0, end));
        while (!cut.complete() && end < source.length()) {
            end = SourceText.lineEnd(source, end);
            cut = analysed(source.substring(0, end));
        }
        return cut;
    }

    private SnippetResult run(Script script, int line, String text, Cut cut) {
        printed.reset();
        String value = "";
        for (SnippetEvent event : shell.eval(cut.snippet())) {
            Snippet snippet = event.snippet();
            if (event.exception() != null) {
                throw script.failed(line, Reasons.of(event.exception()), text);
            }
            if (event.status() != Snippet.Status.VALID
                    && event.status() != Snippet.Status.OVERWRITTEN) {
                throw script.failed(line, Reasons.of(shell, event, line), text);
            }
            if (event.causeSnippet() == null && isBareExpression(snippet)) {
                value = event.value();
            }
        }
        if (late) {
            throw ended(script, line, new IllegalStateException());
        }
        return new SnippetResult(text, line, printed.toString(StandardCharsets.UTF_8), value);
    }

    private static boolean isBareExpression(Snippet snippet) {
        return snippet.subKind() == Snippet.SubKind.TEMP_VAR_EXPRESSION_SUBKIND
                || snippet.subKind() == Snippet.SubKind.VAR_VALUE_SUBKIND;
    }

    private ScriptException ended(Script script, int line, IllegalStateException e) {
        return new ScriptException(
                script.name(),
                line,
                late
                        ? "not done after %d s, so stopped".formatted(limit.toSeconds())
                        : "its JVM ended: " + e.getMessage());
    }

    /** What is run, and what to call it in errors. */
    private record Script(String name, int firstLine, String source) {

        int line(int position) {
            return firstLine + SourceText.linesBefore(source, position);
        }

        ScriptException failed(int line, String reason, String text) {
            return new ScriptException(name, line, reason + "\n" + text.strip());
        }
    }

    /** Ends the JVM that the script runs in; what waits for it goes on. */
    private void stop() {
        late = true;
        shell.close();
    }

    /** Ends the script's JVM. */
    @Override
    public void close() {
        clock.shutdownNow();
        shell.close();
    }
}
