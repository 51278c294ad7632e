package dev.patchscopes.examples.notebook;

import com.google.common.collect.ImmutableList;
import com.google.gson.JsonObject;
import dev.patchscopes.examples.shell.ScriptRunner;
import dev.patchscopes.examples.shell.SnippetResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs the cells of a notebook as a kernel would. Commands of a kernel, which begin with a percent
 * sign, are left out: the library is there already.
 */
final class NotebookRun {

    /** What JJava has under this name: {@code display(content, mimeType)}. */
    private static final String DISPLAY =
            """
            String display(Object content, String... types) {
                Path folder = Path.of(System.getProperty("notebook.displayed"));
                int number = folder.toFile().list().length / 2 + 1;
                try {
                    Files.writeString(folder.resolve(number + ".type"), types[0]);
                    Files.writeString(folder.resolve(number + ".content"), content.toString());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                return "display-" + number;
            }
            """;

    private final Path displayed;
    private int seen;

    private NotebookRun(Path displayed) {
        this.displayed = displayed;
    }

    /**
     * Runs all cells of code in order.
     *
     * @param notebook the notebook
     * @param name what to call it in errors
     * @param displayed an empty folder
     * @param limit how long each cell may take
     * @return the notebook with what came of its cells
     * @throws dev.patchscopes.examples.shell.ScriptException if a cell is rejected or throws an
     *     exception
     */
    static Notebook run(Notebook notebook, String name, Path displayed, Duration limit) {
        return new NotebookRun(displayed).run(notebook, name, limit);
    }

    private Notebook run(Notebook notebook, String name, Duration limit) {
        List<List<JsonObject>> outputs = new ArrayList<>();
        try (ScriptRunner runner =
                ScriptRunner.open(limit, "-Dnotebook.displayed=" + displayed.toAbsolutePath())) {
            runner.runCell("display", 1, DISPLAY, done -> {});
            for (Notebook.CodeCell cell : notebook.code()) {
                List<JsonObject> shown = new ArrayList<>();
                String place = "%s, cell %d".formatted(name, cell.number());
                ImmutableList<SnippetResult> results =
                        runner.runCell(place, 1, cell.java(), result -> gather(result, shown));
                if (!results.isEmpty()) {
                    String value = results.get(results.size() - 1).value();
                    if (!value.isEmpty()) {
                        shown.add(value(value, outputs.size() + 1));
                    }
                }
                outputs.add(shown);
            }
        }
        return notebook.withOutputs(outputs);
    }

    private void gather(SnippetResult result, List<JsonObject> shown) {
        if (!result.output().isEmpty()) {
            JsonObject stream = output("stream");
            stream.addProperty("name", "stdout");
            stream.add("text", Notebook.lines(result.output()));
            shown.add(stream);
        }
        try {
            while (Files.exists(displayed.resolve((seen + 1) + ".content"))) {
                seen++;
                shown.add(
                        display(
                                Files.readString(displayed.resolve(seen + ".type")),
                                Files.readString(
                                        displayed.resolve(seen + ".content"),
                                        StandardCharsets.UTF_8)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonObject display(String type, String content) {
        JsonObject data = new JsonObject();
        data.add(type, Notebook.lines(content));
        JsonObject display = output("display_data");
        display.add("data", data);
        display.add("metadata", new JsonObject());
        return display;
    }

    private static JsonObject value(String text, int count) {
        JsonObject data = new JsonObject();
        data.add("text/plain", Notebook.lines(text));
        JsonObject result = output("execute_result");
        result.addProperty("execution_count", count);
        result.add("data", data);
        result.add("metadata", new JsonObject());
        return result;
    }

    private static JsonObject output(String type) {
        JsonObject output = new JsonObject();
        output.addProperty("output_type", type);
        return output;
    }
}
