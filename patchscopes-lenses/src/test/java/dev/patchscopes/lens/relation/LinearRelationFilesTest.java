package dev.patchscopes.lens.relation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.patchscopes.model.HookedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LinearRelationFilesTest {
    @TempDir Path folder;

    private HookedModel model;
    private LinearRelation lre;
    private Path json;
    private Path numbers;

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
        lre.save(folder);
        json = folder.resolve("relation.json");
        numbers = folder.resolve("relation.safetensors");
    }

    @Test
    void whatWasSavedIsLoaded() throws IOException {
        LinearRelation again = LinearRelation.load(model, folder);
        assertThat(again.provenance()).isEqualTo(lre.provenance());
        assertThat(again.beta()).isEqualTo(1.75);
        assertThat(again.weight()).isEqualTo(lre.weight());
        assertThat(again.bias()).containsExactly(lre.bias());
        assertThat(again.predict("Japan").top(5)).isEqualTo(lre.predict("Japan").top(5));
    }

    @Test
    void factorsStayFactors() throws IOException {
        LinearRelation small = lre.truncated(4);
        small.save(folder);
        LinearRelation again = LinearRelation.load(model, folder);
        assertThat(again.rank()).hasValue(4);
        assertThat(again.weight()).isEqualTo(small.weight());
        assertThat(Files.size(numbers)).isLessThan(8L * 64 * (2 * 4 + 1) + 1000);
    }

    @Test
    void aChangedNumberIsNoticed() throws IOException {
        byte[] bytes = Files.readAllBytes(numbers);
        bytes[bytes.length - 3] ^= 1;
        Files.write(numbers, bytes);
        refused("relation.safetensors", "damaged or replaced");
    }

    @Test
    void aTruncatedFileIsRefused() throws IOException {
        byte[] bytes = Files.readAllBytes(numbers);
        Files.write(numbers, Arrays.copyOf(bytes, bytes.length - 8));
        refused("relation.safetensors");
    }

    @Test
    void numbersOfAnotherRelationAreRefused() throws IOException {
        Path other = folder.resolve("other");
        lre.truncated(4).save(other);
        Files.copy(
                other.resolve("relation.safetensors"),
                numbers,
                StandardCopyOption.REPLACE_EXISTING);
        refused("weight");
    }

    @Test
    void aMissingFieldIsNamed() throws IOException {
        String text = Files.readString(json);
        Files.writeString(json, text.replace("\"beta\"", "\"gamma\""));
        refused("relation.json", "\"beta\"");
        Files.writeString(json, text.substring(0, text.length() / 2));
        refused("relation.json");
        Files.writeString(json, "[]");
        refused("relation.json", "no JSON object");
        Files.writeString(json, "");
        refused("relation.json", "empty");
    }

    @Test
    void anotherFormatIsRefused() throws IOException {
        Files.writeString(
                json, Files.readString(json).replace("linear relation 1", "linear relation 2"));
        refused("linear relation 2");
    }

    @Test
    void anotherModelIsRefused() {
        try (HookedModel other = HookedModel.demo()) {
            assertThatThrownBy(() -> LinearRelation.load(other, folder))
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
        assertThatThrownBy(() -> LinearRelation.load(model, folder))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll(parts);
    }
}
