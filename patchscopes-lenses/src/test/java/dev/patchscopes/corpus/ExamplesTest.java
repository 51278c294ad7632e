package dev.patchscopes.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.patchscopes.model.HookedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples of the Javadoc, with other paths. */
class ExamplesTest {

    @TempDir Path folder;
    private Path pile;

    @BeforeEach
    void write() throws IOException {
        pile = folder.resolve("00.jsonl.zst");
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 60; i++) {
            lines.append(Texts.json("Paris is city number " + i + " of " + "very ".repeat(i)));
        }
        Files.write(pile, Packing.ZSTANDARD.pack(Packing.utf8(lines.toString())));
    }

    @Test
    void corpus() {
        TextCorpus texts =
                TextCorpus.open(pile)
                        .jsonl("text")
                        .first(200_000)
                        .filter(TextFilter.paper())
                        .sample(12_000, 42);
        CorpusSplit split = texts.split(1.0 / 6, 42);
        try (CorpusStream<TextDocument> documents = split.evaluation().documents()) {
            assertThat(documents.stream().limit(3)).hasSize(3);
        }
    }

    @Test
    void stream() {
        try (CorpusStream<TextDocument> documents =
                TextCorpus.open(pile).jsonl().skipDamaged().documents()) {
            while (documents.hasNext()) {
                assertThat(documents.next().text().length()).isPositive();
            }
            assertThat(documents.skipped() + " damaged").isEqualTo("0 damaged");
        }
    }

    @Test
    void filters() {
        TextFilter shortEnglish =
                TextFilter.paper()
                        .and(TextFilter.attribute("meta.pile_set_name", "Wikipedia (en)"));
        TextFilter own = document -> document.text().contains("Paris");
        assertThat(Texts.of(TextCorpus.open(pile).jsonl().filter(own))).hasSize(60);
        assertThat(Texts.of(TextCorpus.open(pile).jsonl().filter(shortEnglish))).isEmpty();
    }

    @Test
    void pattern() {
        TextCorpus novels = TextCorpus.open(folder, "*.{txt,zst}").blankLines();
        assertThat(Texts.of(novels)).hasSize(1);
    }

    @Test
    @Tag("trained")
    void chunks() {
        try (HookedModel model = HookedModel.demo();
                CorpusStream<TextChunk> chunks =
                        TextCorpus.open(pile)
                                .jsonl()
                                .chunks(model.tokenizer(), Chunking.ofLength(64))) {
            while (chunks.hasNext()) {
                TextChunk chunk = chunks.next();
                assertThatCode(
                                () ->
                                        model.run(model.tokenizer().prompt(chunk.ids()))
                                                .execute()
                                                .topTokens(5))
                        .doesNotThrowAnyException();
            }
        }
    }
}
