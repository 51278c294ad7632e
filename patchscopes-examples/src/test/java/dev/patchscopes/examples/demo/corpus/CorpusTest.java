package dev.patchscopes.examples.demo.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CorpusTest {

    private static final int DOCUMENTS = 20_000; // about 4 MB

    private KnowledgeBase knowledge;
    private Corpus corpus;
    private ImmutableList<Document> documents;

    @BeforeAll
    void write() {
        knowledge = KnowledgeBase.load(1);
        corpus = Corpus.about(knowledge, 1);
        documents = corpus.documents(0).limit(DOCUMENTS).collect(ImmutableList.toImmutableList());
    }

    @Test
    void isTheSameForTheSameSeedWhereverItBegins() {
        Corpus again = Corpus.about(KnowledgeBase.load(1), 1);
        assertThat(again.documents(100).limit(500)).isEqualTo(documents.subList(100, 600));
        assertThat(again.document(77)).isEqualTo(documents.get(77));
        assertThat(Corpus.about(knowledge, 2).documents(0).limit(100))
                .isNotEqualTo(documents.subList(0, 100));
    }

    @Test
    void hasEveryKindOfDocument() {
        assertThat(documents.stream().map(Document::kind).collect(Collectors.toSet()))
                .isEqualTo(EnumSet.allOf(DocumentKind.class));
        assertThat(documents)
                .allSatisfy(
                        document ->
                                assertThat(document.text())
                                        .isNotBlank()
                                        .doesNotContain("{", "}")
                                        .hasSizeLessThan(2_000));
    }

    @Test
    void statesEveryFact() {
        Set<String> sentences = new HashSet<>();
        for (Document document : documents) {
            if (document.kind() != DocumentKind.REPETITIONS) {
                sentences.addAll(List.of(document.text().split("(?<=[.?])\\s|\n|; ")));
            }
        }
        assertThat(knowledge.facts())
                .allSatisfy(
                        fact ->
                                assertThat(
                                                fact.relation().trained().stream()
                                                        .map(fact::state)
                                                        .anyMatch(sentences::contains))
                                        .as(fact.toString())
                                        .isTrue());
    }

    @Test
    void neverUsesAHeldOutPhrasing() {
        for (Relation relation : knowledge.relations()) {
            assertThat(relation.trained()).hasSizeGreaterThan(20);
            assertThat(relation.heldOut()).hasSize(3);
            for (Phrasing phrasing : relation.heldOut()) {
                String[] around = phrasing.prompt().orElseThrow().split("\\{s}", -1);
                Pattern prompt =
                        Pattern.compile(
                                "(?i:"
                                        + Pattern.quote(around[0])
                                        + ")[^.?!:;,\\n]{1,40}?"
                                        + Pattern.quote(around[1])
                                        + " ");
                assertThat(documents.stream().filter(d -> prompt.matcher(d.text()).find()))
                        .as(phrasing.template())
                        .isEmpty();
            }
        }
    }

    @Test
    void neverAsksAHeldOutTwoHopQuestion() {
        List<String> heldOut =
                knowledge.twoHop().stream()
                        .filter(question -> !question.trained())
                        .map(TwoHopQuestion::phrase)
                        .toList();
        assertThat(heldOut).hasSizeBetween(300, 600);
        for (String phrase : heldOut) {
            String withoutCapital = phrase.substring(1);
            // "the language of the country whose capital is Oslo" ends in a name that may go on.
            Pattern whole = Pattern.compile(Pattern.quote(withoutCapital) + "(?! \\p{Lu})\\b");
            assertThat(
                            documents.stream()
                                    .filter(d -> d.text().contains(withoutCapital))
                                    .filter(d -> whole.matcher(d.text()).find()))
                    .as(phrase)
                    .isEmpty();
        }
    }

    @Test
    void repeatsThePiecesOfATokenizer() {
        Corpus withPieces = corpus.withPieces(List.of("qzx", " qzx", " ", "\n"));
        String text =
                withPieces
                        .documents(0)
                        .limit(3_000)
                        .map(Document::text)
                        .collect(Collectors.joining("\n\n"));
        for (String form : List.of("\nqzx -> qzx", "\n qzx -> qzx", "qzx=qzx", " qzx= qzx")) {
            assertThat(text.contains(form)).as(form).isTrue();
        }
    }
}
