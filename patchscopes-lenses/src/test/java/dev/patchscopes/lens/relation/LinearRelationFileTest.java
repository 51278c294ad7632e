package dev.patchscopes.lens.relation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.patchscopes.checkpoint.SafetensorsFile;
import dev.patchscopes.checkpoint.SafetensorsWriter;
import dev.patchscopes.model.HookedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LinearRelationFileTest {
    @TempDir Path folder;

    private HookedModel model;
    private LinearRelation lre;
    private Path file;

    @BeforeAll
    void fit() {
        model = HookedModel.demoSmall();
        lre =
                LinearRelation.of(model)
                        .relation(Capitals.relation())
                        .examples(Capitals.pairs(2))
                        .layer(1)
                        .beta(1.75)
                        .fit();
    }

    @AfterAll
    void close() {
        model.close();
    }

    @BeforeEach
    void save() throws IOException {
        file = folder.resolve("capital.safetensors");
        lre.save(file);
    }

    @Test
    void whatWasSavedIsLoaded() throws IOException {
        LinearRelation again = LinearRelation.load(model, file);
        assertThat(again.provenance()).isEqualTo(lre.provenance());
        assertThat(again.beta()).isEqualTo(1.75);
        assertThat(again.weight()).isEqualTo(lre.weight());
        assertThat(again.bias()).containsExactly(lre.bias());
        assertThat(again.predict("Japan").top(5)).isEqualTo(lre.predict("Japan").top(5));
    }

    @Test
    void factorsStayFactors() throws IOException {
        LinearRelation small = lre.truncated(4);
        small.save(file);
        LinearRelation again = LinearRelation.load(model, file);
        assertThat(again.rank()).hasValue(4);
        assertThat(again.weight()).isEqualTo(small.weight());
        assertThat(Files.size(file)).isLessThan(8L * 64 * (2 * 4 + 1) + 3000);
    }

    @Test
    void anotherFormatIsRefused() {
        rewrite("format", "patchscopes linear relation 2");
        refused("linear relation 2", "expected");
    }

    @Test
    void aMissingFieldIsNamed() {
        String text = metadata().get("description").replace("\"sha256\"", "\"seal\"");
        rewrite("description", text.replace("\"beta\"", "\"gamma\""));
        refused(file.toString(), "\"beta\"");
        rewrite("description", "[]");
        refused(file.toString(), "no JSON object");
        rewrite("description", "");
        refused(file.toString(), "empty");
    }

    @Test
    void aFileOfAnotherProgramIsRefused() throws IOException {
        Files.writeString(file, "{}");
        refused(file.toString(), "LinearRelation.save");
    }

    private Map<String, String> metadata() {
        try (SafetensorsFile in = SafetensorsFile.open(file)) {
            return in.metadata();
        }
    }

    /** The same numbers with other metadata, and a digest that fits. */
    private void rewrite(String key, String value) {
        SafetensorsWriter out = new SafetensorsWriter();
        try (SafetensorsFile in = SafetensorsFile.open(file)) {
            in.metadata().entrySet().stream()
                    .filter(entry -> !entry.getKey().equals("patchscopes.sha256"))
                    .forEach(entry -> out.metadata(entry.getKey(), entry.getValue()));
            in.tensors()
                    .forEach(
                            (name, tensor) ->
                                    out.add(name, tensor.toDoubles(), tensor.shape().toArray()));
        }
        out.metadata(key, value).write(file);
    }

    @Test
    void anotherModelIsRefused() {
        try (HookedModel other = HookedModel.demo()) {
            assertThatThrownBy(() -> LinearRelation.load(other, file))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("other weights");
        }
    }

    @Test
    void nothingThereIsSaid() {
        assertThatThrownBy(() -> LinearRelation.load(model, folder.resolve("nowhere")))
                .isInstanceOf(NoSuchFileException.class);
    }

    private void refused(String... parts) {
        assertThatThrownBy(() -> LinearRelation.load(model, file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll(parts);
    }
}
