package dev.patchscopes.lens.relation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.model.HookedModel;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RelationContextTest {
    private static final ImmutableList<Relation.Sample> PAIRS =
            ImmutableList.of(
                    Relation.Sample.of("France", "Paris"),
                    Relation.Sample.of("Japan", "Tokyo"),
                    Relation.Sample.of("Italy", "Rome"));

    private HookedModel model;

    @BeforeAll
    void load() {
        model = HookedModel.demoSmall();
    }

    @AfterAll
    void close() {
        model.close();
    }

    private RelationPrompt ask(String template, String subject) {
        return new RelationContext(template, "", PAIRS).ask(model, subject);
    }

    @Test
    void pairsStandBeforeTheQuestionALineEach() {
        assertThat(ask("The capital of {} is", "Spain").tokens().text())
                .isEqualTo(
                        """
                        The capital of France is Paris
                        The capital of Japan is Tokyo
                        The capital of Italy is Rome
                        The capital of Spain is\
                        """);
    }

    @Test
    void aQuestionNeverContainsItsOwnPair() {
        for (Relation.Sample pair : PAIRS) {
            RelationPrompt prompt = ask("The capital of {} is", pair.subject());
            assertThat(prompt.tokens().text()).doesNotContain(pair.object());
            assertThat(prompt.tokens().text()).containsOnlyOnce(pair.subject());
            assertThat(prompt.tokens().text().split("\n")).hasSize(PAIRS.size());
        }
    }

    @Test
    void theSubjectIsReadInTheQuestionWhereverElseItStands() {
        // "Paris" is an object of the context, and "is" of the template is a part of it.
        RelationPrompt prompt = ask("What is {} known for? It is", "Paris");
        String text = prompt.tokens().text();
        int end = text.lastIndexOf("Paris") + "Paris".length();
        assertThat(text.indexOf("Paris")).isLessThan(end - "Paris".length());
        assertThat(prompt.tokens().token(prompt.subjectPosition()).span().orElseThrow().end())
                .isEqualTo(end);
    }

    @Test
    void theLastTokenOfALongSubjectIsRead() {
        RelationPrompt prompt = ask("The profession of {} is", "Albert Einstein");
        int start = prompt.tokens().text().lastIndexOf("Einstein");
        assertThat(prompt.tokens().token(prompt.subjectPosition()).span().orElseThrow().end())
                .isEqualTo(start + "Einstein".length());
    }

    @Test
    void aSubjectAtTheEndOfTheTemplateIsTheLastToken() {
        RelationPrompt prompt = ask("This is the capital of {}", "Spain");
        assertThat(prompt.subjectPosition()).isEqualTo(prompt.tokens().length() - 1);
    }

    @Test
    void aPrefixStandsBeforeEverything() {
        RelationContext context =
                new RelationContext("The capital of {} is", "Facts: ", ImmutableList.of());
        assertThat(context.ask(model, "Spain").tokens().text())
                .isEqualTo("Facts: The capital of Spain is");
    }

    @Test
    void templatesWithoutASubjectAndBlankSubjectsAreRefused() {
        assertThatThrownBy(() -> ask("The capital is", "Spain"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("{}");
        assertThatThrownBy(() -> ask("The capital of {} is", " "))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("blank");
    }
}
