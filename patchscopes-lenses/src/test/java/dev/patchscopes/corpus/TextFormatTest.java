package dev.patchscopes.corpus;

import static dev.patchscopes.corpus.Packing.join;
import static dev.patchscopes.corpus.Packing.utf8;
import static dev.patchscopes.corpus.WatchedSource.corpus;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How documents lie in files. */
class TextFormatTest {

    private static final String MARK = "\uFEFF";

    @TempDir Path folder;

    @ParameterizedTest
    @EnumSource
    void aWholeFileIsADocument(Packing packing) {
        byte[] file = packing.pack(utf8("Paris\n\nis a city.\n"));
        assertThat(Texts.of(corpus(file))).containsExactly("Paris\n\nis a city.\n");
    }

    @ParameterizedTest
    @EnumSource
    void blankLinesSetDocumentsApart(Packing packing) {
        byte[] file = packing.pack(utf8("\n \t\none\nmore\n\n\n \ntwo\r\nmore\r\n\r\nthree"));
        assertThat(Texts.of(corpus(file).blankLines()))
                .containsExactly("one\nmore", "two\nmore", "three");
    }

    @ParameterizedTest
    @EnumSource
    void aSeparatorSetsDocumentsApart(Packing packing) {
        byte[] file = packing.pack(utf8("one<||>two\n<||><||> \n<||>drei ü<||>"));
        assertThat(Texts.of(corpus(file).separatedBy("<||>")))
                .containsExactly("one", "two\n", "drei ü");
    }

    @Test
    void aSeparatorIsFoundBehindItsOwnBeginning() {
        assertThat(Texts.of(corpus(utf8("xaabyaaab")).separatedBy("aab")))
                .containsExactly("x", "ya");
        assertThat(Texts.of(corpus(utf8("1€2€€3")).separatedBy("€")))
                .containsExactly("1", "2", "3");
    }

    @ParameterizedTest
    @EnumSource
    void jsonLinesHoldADocumentEach(Packing packing) {
        byte[] file =
                packing.pack(
                        utf8(
                                "{\"text\": \"one\\nmore \\u00fc\", \"meta\": {\"pile_set_name\":"
                                        + " \"Github\", \"n\": [1, {}]}}\r\n"
                                        + "\n"
                                        + "{\"x\": {\"text\": 1}, \"text\": \"two\"}"));
        assertThat(Texts.documents(corpus(file).jsonl()))
                .extracting(TextDocument::text, TextDocument::index, d -> d.attributes().toString())
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(
                                "one\nmore ü", 0L, "{meta.pile_set_name=Github}"),
                        org.assertj.core.groups.Tuple.tuple("two", 1L, "{}"));
    }

    @Test
    void fieldAndAttributesAreChosenByPath() {
        byte[] file =
                utf8(
                        "{\"id\": 7, \"ok\": true, \"data\": {\"body\": \"yes\", \"at\": {\"x\":"
                                + " 1.50}, \"none\": null}, \"text\": 3}");
        TextDocument document =
                Texts.documents(
                                corpus(file)
                                        .jsonl("data.body", "id", "ok", "data.at.x", "data.none"))
                        .get(0);
        assertThat(document.text()).isEqualTo("yes");
        assertThat(document.attributes()).hasToString("{id=7, ok=true, data.at.x=1.50}");
        assertThat(TextFilter.attribute("ok", "true").accepts(document)).isTrue();
        assertThat(TextFilter.attribute("ok", "false").accepts(document)).isFalse();
        assertThat(TextFilter.attribute("missing", "true").accepts(document)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text",
                "[\"text\"]",
                "{text: \"a\"}",
                "{'text': 'a'}",
                "{\"text\": \"a\"",
                "{\"text\": \"a\"} {\"text\": \"b\"}",
                "{\"text\": \"a\",}",
                "{\"text\": 1}",
                "{\"text\": null}",
                "{\"body\": \"a\"}",
                "{\"text\": {\"text\": \"a\"}}",
                "{\"text\": \"a\"} // remark"
            })
    void whatIsNotAnObjectWithTheFieldIsDamage(String line) {
        byte[] file = utf8(Texts.json("first") + line + "\n" + Texts.json("last"));
        assertThatThrownBy(() -> Texts.of(corpus(file).jsonl()))
                .isInstanceOf(DamagedTextException.class)
                .hasMessageStartingWith("test, line 2 (byte 18): ")
                .hasMessageContaining("skipDamaged()");
        try (CorpusStream<TextDocument> left = corpus(file).jsonl().skipDamaged().documents()) {
            assertThat(left.stream().map(d -> d.index() + d.text()))
                    .containsExactly("0first", "2last");
            assertThat(left.skipped()).isEqualTo(1);
            assertThat(left.damage()).extracting(Damage::line).containsExactly(2L);
        }
    }

    @Test
    void whatTheParserSaysIsToldOfTheLine() {
        assertThatThrownBy(() -> Texts.of(corpus(utf8("\n{text: 1}")).jsonl()))
                .hasMessage(
                        "test, line 2 (byte 1): not JSON: malformed JSON at column 3 path $.;"
                                + " leave such lines out with skipDamaged()");
    }

    @Test
    void aMissingFieldIsNamedAmongThoseThereAre() {
        assertThatThrownBy(() -> Texts.of(corpus(utf8("{\"body\": \"a\", \"id\": 1}")).jsonl()))
                .hasMessageContaining("no field \"text\" among [body, id]");
    }

    @ParameterizedTest
    @EnumSource
    void nothingGivesNoDocument(Packing packing) {
        for (String nothing : new String[] {"", "\n", " \r\n\t\n", MARK, MARK + "\n"}) {
            TextCorpus corpus = corpus(packing.pack(utf8(nothing)));
            assertThat(Texts.of(corpus)).isEmpty();
            assertThat(Texts.of(corpus.blankLines())).isEmpty();
            assertThat(Texts.of(corpus.separatedBy("\n"))).isEmpty();
            assertThat(Texts.of(corpus.jsonl())).isEmpty();
        }
        assertThat(Texts.of(corpus(packing.pack(utf8("{\"text\": \" \"}"))).jsonl())).isEmpty();
    }

    @Test
    void aByteOrderMarkIsDroppedAtTheBeginningOnly() {
        assertThat(Texts.of(corpus(utf8(MARK + "a" + MARK)))).containsExactly("a" + MARK);
        assertThat(Texts.of(corpus(utf8(MARK + "a\n\nb")).blankLines())).containsExactly("a", "b");
        assertThat(Texts.of(corpus(utf8(MARK + Texts.json("a"))).jsonl())).containsExactly("a");
    }

    @Test
    void lineEndsOfPlainTextAreThoseOfEveryPlatform() {
        assertThat(Texts.of(corpus(utf8("a\r\nb\rc\n")))).containsExactly("a\nb\rc\n");
        assertThat(Texts.of(corpus(utf8("{\"text\": \"a\\r\\nb\"}\r\n")).jsonl()))
                .containsExactly("a\r\nb");
    }

    @Test
    void aDocumentMayBeAsLongAsTheLimit() {
        String ten = "äääää";
        TextCorpus corpus =
                corpus(utf8(ten + "x\n\n" + ten + "\n\n" + ten + "y\ny\n\nz" + ten))
                        .maxDocumentBytes(10);
        assertThat(Texts.of(corpus.blankLines().skipDamaged())).containsExactly(ten);
        assertThat(Texts.of(corpus.separatedBy("\n\n").skipDamaged())).containsExactly(ten);
        assertThat(Texts.of(corpus.skipDamaged())).isEmpty();
        assertThat(Texts.of(corpus(utf8(ten)).maxDocumentBytes(10))).containsExactly(ten);
        assertThatThrownBy(() -> Texts.of(corpus.separatedBy("\n\n")))
                .hasMessage(
                        "test, line 1 (byte 0): the document that begins here is longer than 10"
                                + " bytes; raise maxDocumentBytes, or leave such documents out with"
                                + " skipDamaged()");
        assertThatThrownBy(
                        () ->
                                Texts.of(
                                        corpus(utf8("12345678\n123\n"))
                                                .blankLines()
                                                .maxDocumentBytes(10)))
                .hasMessageStartingWith("test, line 1 (byte 0): the document");
    }

    @Test
    void aVeryLongLineIsPassedOverWithoutHoldingIt() {
        byte[] line = new byte[3 << 20];
        java.util.Arrays.fill(line, (byte) 'x');
        byte[] file = join(utf8(Texts.json("a")), line, utf8("\n" + Texts.json("b")), line);
        TextCorpus corpus = corpus(file).jsonl().maxDocumentBytes(1000).skipDamaged();
        try (CorpusStream<TextDocument> documents = corpus.documents()) {
            assertThat(documents.stream().map(TextDocument::text)).containsExactly("a", "b");
            assertThat(documents.damage()).extracting(Damage::line).containsExactly(2L, 4L);
            assertThat(documents.damage().get(1).offset()).isEqualTo(file.length - line.length);
        }
    }

    @Test
    void aDirectoryIsReadInTheOrderOfItsNames() throws IOException {
        Files.createDirectories(folder.resolve("b/c"));
        Files.createDirectories(folder.resolve(".git"));
        Files.writeString(folder.resolve("b/c/1.txt"), "two");
        Files.writeString(folder.resolve("a.txt"), "one");
        Files.writeString(folder.resolve("c.md"), "three");
        Files.writeString(folder.resolve(".git/a.txt"), "hidden");
        Files.writeString(folder.resolve(".a.txt"), "hidden");
        assertThat(Texts.documents(TextCorpus.open(folder)))
                .extracting(d -> d.source() + d.index() + d.text())
                .containsExactly("a.txt0one", "b/c/1.txt0two", "c.md0three");
        assertThat(Texts.of(TextCorpus.open(folder, "*.txt"))).containsExactly("one", "two");
        assertThat(Texts.of(TextCorpus.open(folder.resolve("c.md"), "*.txt")))
                .containsExactly("three");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TextCorpus.open(folder, "*.gz").documents())
                .withMessageContaining("*.gz");
    }

    @Test
    void whatIsNotThereIsNamed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TextCorpus.open(folder.resolve("pile.jsonl")))
                .withMessageContaining("pile.jsonl");
    }

    @Test
    void textsInMemoryAreACorpus() {
        assertThat(Texts.documents(TextCorpus.of("one", " ", "two")))
                .extracting(d -> d.source() + d.index() + d.text())
                .containsExactly("memory0one", "memory1two");
    }
}
