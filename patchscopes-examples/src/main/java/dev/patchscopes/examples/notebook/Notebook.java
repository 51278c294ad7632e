package dev.patchscopes.examples.notebook;

import com.google.common.collect.ImmutableList;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** A notebook of Jupyter, format 4: cells of Markdown and of code, and what came of the code. */
final class Notebook {

    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

    private final JsonObject document;

    private Notebook(JsonObject document) {
        this.document = document;
    }

    /**
     * A cell of code.
     *
     * @param number its place among all cells, from 1, as errors name it
     * @param source its lines
     */
    record CodeCell(int number, String source) {

        /** Its Java, line by line where it stands: commands of a kernel become empty lines. */
        String java() {
            return source.lines()
                    .map(line -> line.startsWith("%") ? "" : line)
                    .collect(Collectors.joining("\n", "", "\n"));
        }
    }

    /**
     * Reads a notebook.
     *
     * @param file a file of Jupyter
     * @return the notebook
     * @throws IOException if it cannot be read
     */
    static Notebook read(Path file) throws IOException {
        return new Notebook(
                JsonParser.parseString(Files.readString(file, StandardCharsets.UTF_8))
                        .getAsJsonObject());
    }

    /** Its cells of code, from the top. */
    ImmutableList<CodeCell> code() {
        ImmutableList.Builder<CodeCell> code = ImmutableList.builder();
        List<JsonObject> cells = cells();
        for (int i = 0; i < cells.size(); i++) {
            if (isCode(cells.get(i))) {
                code.add(new CodeCell(i + 1, text(cells.get(i).get("source"))));
            }
        }
        return code.build();
    }

    /** What came of its cells of code, cell by cell, as it is stored. */
    ImmutableList<ImmutableList<JsonObject>> outputs() {
        return cells().stream()
                .filter(Notebook::isCode)
                .map(cell -> objects(cell.getAsJsonArray("outputs")))
                .collect(ImmutableList.toImmutableList());
    }

    /**
     * The same notebook with other outputs.
     *
     * @param outputs for each cell of code what came of it
     */
    Notebook withOutputs(List<? extends List<JsonObject>> outputs) {
        JsonObject copy = document.deepCopy();
        int next = 0;
        for (JsonElement element : copy.getAsJsonArray("cells")) {
            JsonObject cell = element.getAsJsonObject();
            if (isCode(cell)) {
                JsonArray shown = new JsonArray();
                outputs.get(next).forEach(shown::add);
                next++;
                cell.addProperty("execution_count", next);
                cell.add("outputs", shown);
            }
        }
        return new Notebook(copy);
    }

    /** The file's text, indented as Jupyter does. */
    String toJson() {
        StringWriter text = new StringWriter();
        JsonWriter writer = new JsonWriter(text);
        writer.setIndent(" ");
        writer.setHtmlSafe(false);
        GSON.toJson(document, writer);
        return text + "\n";
    }

    /** Lines as Jupyter stores a text: each with its end. */
    static JsonArray lines(String text) {
        JsonArray lines = new JsonArray();
        int start = 0;
        while (start < text.length()) {
            int end = text.indexOf('\n', start);
            end = end < 0 ? text.length() : end + 1;
            lines.add(text.substring(start, end));
            start = end;
        }
        return lines;
    }

    /** A text that is stored whole or line by line. */
    static String text(JsonElement stored) {
        return stored.isJsonArray()
                ? StreamSupport.stream(stored.getAsJsonArray().spliterator(), false)
                        .map(JsonElement::getAsString)
                        .collect(Collectors.joining())
                : stored.getAsString();
    }

    private List<JsonObject> cells() {
        return objects(document.getAsJsonArray("cells"));
    }

    private static ImmutableList<JsonObject> objects(JsonArray array) {
        List<JsonObject> objects = new ArrayList<>();
        array.forEach(element -> objects.add(element.getAsJsonObject()));
        return ImmutableList.copyOf(objects);
    }

    private static boolean isCode(JsonObject cell) {
        return cell.get("cell_type").getAsString().equals("code");
    }
}
