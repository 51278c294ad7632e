package com.example.downstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.patchscopes.PatchscopeResult;
import dev.patchscopes.corpus.CorpusStream;
import dev.patchscopes.corpus.TextCorpus;
import dev.patchscopes.corpus.TextDocument;
import dev.patchscopes.lens.LensReading;
import dev.patchscopes.lens.LogitLens;
import dev.patchscopes.model.HookedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reaches for everything that the library needs of others: tensors, tokens, JSON, pixels, archives. */
class DownstreamTest {

    private static HookedModel model;

    @TempDir private Path folder;

    @BeforeAll
    static void load() {
        model = HookedModel.demo();
    }

    @AfterAll
    static void close() {
        model.close();
    }

    @Test
    void aLayerHoldsWhoSomebodyIs() {
        PatchscopeResult result = Downstream.describe(model, "Marie Curie", 3);

        assertTrue(result.text().contains("chemist"), result.text());
        assertFalse(result.unpatched().text().contains("chemist"));
        assertTrue(result.toJson().contains("\"library\""));
    }

    @Test
    void aReadingIsAPicture() throws IOException {
        LensReading reading = LogitLens.of(model).read("The capital of France is");
        Path picture = folder.resolve("reading.png");

        reading.heatmap().writePng(picture);

        assertTrue(reading.toString().contains("Paris"));
        assertTrue(Files.size(picture) > 1000);
    }

    @Test
    void textsAreReadFromArchives() throws IOException {
        Path archive = folder.resolve("texts.txt.zst");
        Files.write(archive, Base64.getDecoder().decode("KLUv/QRYKQAAaGVsbG+jbZ+I"));

        try (CorpusStream<TextDocument> texts = TextCorpus.open(archive).documents()) {
            assertEquals("hello", texts.next().text());
        }
    }
}
