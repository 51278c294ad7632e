package dev.patchscopes.examples.notebook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.examples.cli.Console;
import dev.patchscopes.examples.shell.ScriptException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class NotebookTest {

    private static final Path FILE = Path.of("notebooks", "patchscopes.ipynb");
    private static final Set<String> KEYS_OF_CODE =
            Set.of("cell_type", "execution_count", "id", "metadata", "outputs", "source");

    @TempDir private Path folder;

    @Test
    @Tag("trained")
    void everyCellRunsAndShowsWhatIsStored() throws IOException {
        Notebook notebook = Notebook.read(FILE);

        Notebook run = NotebookRun.run(notebook, "notebook", folder, Duration.ofMinutes(5));

        List<String> pages = displayed(run, "text/html");
        List<String> pictures = displayed(run, "image/svg+xml");
        assertThat(pages).hasSize(1);
        assertThat(pages.get(0)).contains("class=\"patchscopes\"", "<table", "Polish chemist");
        assertThat(pictures).hasSize(3).allMatch(svg -> svg.startsWith("<svg"));
        assertThat(pictures.get(0)).contains("Paris");
        assertThat(pictures.get(2)).contains("token identity");
        assertThat(texts(run)).anyMatch(text -> text.contains("Paris\" 0.99"));
        // numbers differ in their last digits between machines, what is shown does not
        assertThat(kinds(run)).isEqualTo(kinds(notebook));
        assertThat(texts(run)).isEqualTo(texts(notebook));
    }

    @Test
    void isAValidNotebook() throws IOException {
        String text = Files.readString(FILE);
        JsonObject document = JsonParser.parseString(text).getAsJsonObject();
        List<String> ids = new ArrayList<>();

        assertThat(document.get("nbformat").getAsInt()).isEqualTo(4);
        assertThat(document.get("nbformat_minor").getAsInt()).isEqualTo(5);
        assertThat(
                        document.getAsJsonObject("metadata")
                                .getAsJsonObject("kernelspec")
                                .get("language")
                                .getAsString())
                .isEqualTo("java");
        for (JsonElement element : document.getAsJsonArray("cells")) {
            JsonObject cell = element.getAsJsonObject();
            ids.add(cell.get("id").getAsString());
            if (cell.get("cell_type").getAsString().equals("code")) {
                assertThat(cell.keySet()).isEqualTo(KEYS_OF_CODE);
            } else {
                assertThat(cell.keySet()).containsOnly("cell_type", "id", "metadata", "source");
            }
        }
        assertThat(ids).doesNotHaveDuplicates().allMatch(id -> id.matches("[A-Za-z0-9_-]{1,64}"));
        assertThat(text)
                .doesNotContain(System.getProperty("user.home") + "/", "/tmp/", "C:\\\\")
                .isEqualTo(Notebook.read(FILE).toJson());
    }

    @Test
    void asksForThisVersionOfTheLibrary() throws IOException {
        String first = Notebook.read(FILE).code().get(0).source();

        assertThat(first.lines().filter(line -> line.contains("dev.patchscopes:")))
                .hasSize(4)
                .allMatch(line -> line.endsWith(":" + LibraryVersion.current()));
        assertThat(Notebook.read(FILE).code().get(0).java())
                .doesNotContain("%maven")
                .contains("//");
    }

    @Test
    void storesWhatCellsShow() throws IOException {
        Path file =
                write(
                        "%magic\\n"
                                + "System.out.println(\\\"é\\\\n"
                                + "<b>\\\"); display(1, \\\"a/b\\\"); 1 + 2");

        int status = execute(file);

        assertThat(status).isZero();
        ImmutableList<JsonObject> outputs = Notebook.read(file).outputs().get(0);
        assertThat(kinds(Notebook.read(file)))
                .containsExactly("stream", "display_data a/b", "execute_result text/plain");
        assertThat(Notebook.text(outputs.get(0).get("text"))).isEqualTo("é\n<b>\n");
        assertThat(texts(Notebook.read(file))).containsExactly("3");
        assertThat(Files.readString(file)).contains("\"execution_count\": 1", "\"<b>\\n\"");
    }

    @Test
    void leavesTheFileAsItIsWhenACellFails() throws IOException {
        Path file = write("int a = 1;\\nint b = c;");
        String before = Files.readString(file);

        assertThat(execute(file)).isEqualTo(1);

        assertThat(file).hasContent(before);
        assertThatThrownBy(
                        () ->
                                NotebookRun.run(
                                        Notebook.read(file),
                                        "n.ipynb",
                                        folder,
                                        Duration.ofMinutes(1)))
                .isInstanceOf(ScriptException.class)
                .hasMessageContaining("n.ipynb, cell 1, line 2: cannot find symbol");
    }

    private Path write(String source) throws IOException {
        return Files.writeString(
                folder.resolve("small.ipynb"),
                """
                {"cells": [{"cell_type": "code", "execution_count": null, "id": "a", "metadata": {},
                  "outputs": [], "source": "%s"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
                """
                        .formatted(source));
    }

    private static int execute(Path file) {
        Console console = Console.of(new ByteArrayOutputStream(), new ByteArrayOutputStream());
        return new CommandLine(new NotebookCommand(console)).execute(file.toString());
    }

    private static List<JsonObject> outputs(Notebook notebook) {
        return notebook.outputs().stream().flatMap(List::stream).toList();
    }

    /** Types of outputs, and of what they hold. */
    private static List<String> kinds(Notebook notebook) {
        return outputs(notebook).stream()
                .map(
                        output ->
                                output.has("data")
                                        ? output.get("output_type").getAsString()
                                                + " "
                                                + String.join(
                                                        " ",
                                                        output.getAsJsonObject("data").keySet())
                                        : output.get("output_type").getAsString())
                .toList();
    }

    private static List<String> displayed(Notebook notebook, String type) {
        return outputs(notebook).stream()
                .filter(output -> output.has("data"))
                .map(output -> output.getAsJsonObject("data"))
                .filter(data -> data.has(type))
                .map(data -> Notebook.text(data.get(type)))
                .toList();
    }

    /** What expressions have as their values. */
    private static List<String> texts(Notebook notebook) {
        return displayed(notebook, "text/plain");
    }

    @Test
    void readsTextsStoredWholeOrInLines() {
        assertThat(Notebook.text(Notebook.lines("a\n\nb"))).isEqualTo("a\n\nb");
        assertThat(Notebook.lines("a\n\nb")).hasSize(3);
        assertThat(Notebook.text(JsonParser.parseString("\"a\\nb\""))).isEqualTo("a\nb");
    }
}
