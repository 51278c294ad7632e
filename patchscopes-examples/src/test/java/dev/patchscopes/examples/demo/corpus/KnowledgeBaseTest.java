package dev.patchscopes.examples.demo.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableSet;
import dev.patchscopes.facts.Entity;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.facts.Question;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KnowledgeBaseTest {

    private final KnowledgeBase knowledge = KnowledgeBase.load(1);

    @TempDir private Path directory;

    @Test
    void hasOneAnswerToEachQuestion() {
        assertThat(knowledge.facts().stream().map(f -> List.of(f.relation().name(), f.subject())))
                .doesNotHaveDuplicates();
        assertThat(knowledge.facts().stream().map(Fact::phrase)).doesNotHaveDuplicates();
        assertThat(knowledge.twoHop().stream().map(TwoHopQuestion::phrase)).doesNotHaveDuplicates();
    }

    @Test
    void describesEachEntityOnceByItsCategory() {
        assertThat(knowledge.entities().stream().map(Entity::name)).doesNotHaveDuplicates();
        assertThat(knowledge.entities())
                .hasSizeGreaterThan(500)
                .allSatisfy(
                        entity -> {
                            assertThat(entity.description().toLowerCase(Locale.ROOT))
                                    .contains(entity.category());
                            assertThat(entity.description()).doesNotContain(",", "null");
                        });
    }

    @Test
    void knowsSomePublicFacts() {
        assertThat(knowledge.fact("capital", "Japan").map(Fact::object)).contains("Tokyo");
        assertThat(knowledge.fact("country of currency", "yen").map(Fact::object))
                .contains("Japan");
        // The euro is the currency of many.
        assertThat(knowledge.fact("country of currency", "euro")).isEmpty();
        assertThat(knowledge.twoHop().stream().map(TwoHopQuestion::phrase))
                .contains(
                        "the capital of the country whose currency is the yen",
                        "the currency of the country where Chopin was born",
                        "the founder of the company that makes the iPhone")
                .doesNotContain("the capital of the country whose capital is Tokyo");
    }

    @Test
    void theSeedChoosesWhichTwoHopQuestionsAreHeldOut() {
        assertThat(KnowledgeBase.load(1)).isEqualTo(knowledge);
        KnowledgeBase other = KnowledgeBase.load(2);
        assertThat(other.facts()).isEqualTo(knowledge.facts());
        assertThat(other.twoHop()).hasSameSizeAs(knowledge.twoHop());
        assertThat(other.twoHop()).isNotEqualTo(knowledge.twoHop());
    }

    @Test
    void asksForFactsInHeldOutPhrasingsAndForBothHops() {
        GroundTruth truth = TaughtFacts.of(knowledge);
        assertThat(truth.questions())
                .contains(
                        new Question(
                                "The capital of the country whose currency is the yen is", "Tokyo"),
                        new Question("The country whose currency is the yen is", "Japan"),
                        new Question("The capital of Japan is", "Tokyo"),
                        new Question("The government of Japan sits in its capital,", "Tokyo"),
                        new Question("People in Japan pay with the", "yen"));
    }

    @Test
    void writesAndReadsTheGroundTruthWithItsAnswers() throws IOException {
        GroundTruth truth = TaughtFacts.of(knowledge);
        assertThat(truth.factsAnswered()).isEmpty();
        ImmutableSet<Question> even =
                truth.questions().stream()
                        .filter(question -> question.answer().length() % 2 == 0)
                        .collect(ImmutableSet.toImmutableSet());
        GroundTruth answered = truth.answered(even);
        assertThat(answered.factsAnswered().orElseThrow()).isBetween(0.3, 0.7);
        assertThat(answered.twoHopAnswered(true).orElseThrow()).isBetween(0.2, 0.8);

        for (GroundTruth written : List.of(truth, answered)) {
            written.write(directory.resolve("facts.json"));
            assertThat(GroundTruth.read(directory.resolve("facts.json"))).isEqualTo(written);
        }
    }

    @Test
    void anAnswerIsWholeWords() {
        Question question = new Question("The capital of Japan is", "Tokyo");
        assertThat(question.isAnsweredBy(" Tokyo. The")).isTrue();
        assertThat(question.isAnsweredBy(" Tokyo")).isTrue();
        assertThat(question.isAnsweredBy(" Tokyoite")).isFalse();
        assertThat(question.isAnsweredBy(" Kyoto")).isFalse();
    }
}
