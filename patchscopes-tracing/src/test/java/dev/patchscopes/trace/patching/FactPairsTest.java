package dev.patchscopes.trace.patching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.trace.AnswerMetric;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Pairs from texts. */
class FactPairsTest {
    private static final PatchTarget HEADS = PatchTarget.byHead(PatchedSite.Z);

    private static HookedModel model;

    @BeforeAll
    static void load() {
        model = HookedModel.demo();
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static List<FactPrompt> facts(String template, String... subjectsAndAnswers) {
        return Stream.iterate(0, i -> i < subjectsAndAnswers.length, i -> i + 2)
                .map(i -> FactPrompt.of(template, subjectsAndAnswers[i], subjectsAndAnswers[i + 1]))
                .toList();
    }

    @Test
    void factsGoTwoByTwoWithTheNextThatHasAnotherAnswer() {
        List<FactPrompt> facts =
                facts(
                        "The continent of {} is",
                        "Japan",
                        "Asia",
                        "China",
                        "Asia",
                        "France",
                        "Europe",
                        "the United States",
                        "North America");
        List<FactPairs> all = FactPairs.of(model, facts);
        assertThat(all).hasSize(1); // one subject has more tokens than the others
        FactPairs pairs = all.get(0);
        assertThat(pairs.template()).isEqualTo("The continent of {} is");
        assertThat(pairs.pairs()).hasSize(2); // China is left without a partner
        assertThat(pairs.pairs().get(0).clean())
                .isEqualTo(model.tokenize("The continent of Japan is"));
        assertThat(pairs.pairs().get(0).corrupted())
                .isEqualTo(model.tokenize("The continent of France is"));
        assertThat(pairs.pairs().get(1).clean()).isEqualTo(pairs.pairs().get(0).corrupted());
        assertThat(pairs.pairs().get(1).corrupted()).isEqualTo(pairs.pairs().get(0).clean());
        assertThat(pairs.pairs().get(0).about()).containsExactly("Japan", "France");
        assertThat(pairs.pairs()).allMatch(p -> p.firstDifference() == pairs.subjectFrom());
        assertThat(pairs.pairs().get(0).clean().token(pairs.subjectFrom()).piece())
                .isEqualTo(" Japan");
    }

    @Test
    void partnersStayTogetherInOtherWordsWhereTheyCan() {
        List<FactPrompt> facts = new ArrayList<>();
        facts.addAll(
                facts(
                        "The continent of {} is",
                        "Japan",
                        "Asia",
                        "China",
                        "Asia",
                        "France",
                        "Europe"));
        facts.addAll(
                facts(
                        "The capital of {} is",
                        "Japan",
                        "Tokyo",
                        "China",
                        "Beijing",
                        "France",
                        "Paris",
                        "Italy",
                        "Rome"));
        List<FactPairs> all = FactPairs.of(model, facts);
        assertThat(all).hasSize(2);
        assertThat(all.get(0).pairs())
                .extracting(PromptPair::about)
                .containsExactly(
                        ImmutableList.of("Japan", "France"),
                        ImmutableList.of("China", "Italy"),
                        ImmutableList.of("France", "Japan"),
                        ImmutableList.of("Italy", "China"));
    }

    @Test
    void aPairMayBeStatedPieceByPiece() {
        String clean = "The capital of Japan is";
        String corrupted = "The capital of France is";
        ActivationPatching pieces =
                ActivationPatching.of(model)
                        .clean(clean)
                        .corrupted(corrupted)
                        .answer("Tokyo")
                        .against(" Paris");
        PatchingResult result = pieces.run(HEADS);
        assertThat(
                        ActivationPatching.of(model)
                                .pair(clean, corrupted, " Tokyo", "Paris")
                                .run(HEADS))
                .isEqualTo(result);
        assertThat(
                        pieces.answer(result.pairs().get(0).answer().get(0))
                                .against(result.pairs().get(0).other().get(0))
                                .run(HEADS))
                .isEqualTo(result);
        assertThat(result.cleanMetric()).isPositive();
        assertThat(result.corruptedMetric()).isNegative();
        assertThat(result.pairs().get(0).clean()).contains(" Japan");
        assertThatThrownBy(() -> pieces.corrupted("The capital of South Korea is now").run(HEADS))
                .hasMessageContaining("\" South\"")
                .hasMessageContaining("\" Japan\"");
    }

    @Test
    void onlyLogitDifferencesNeedAnotherAnswer() {
        ActivationPatching one =
                ActivationPatching.of(model)
                        .clean("The capital of Japan is")
                        .corrupted("The capital of France is")
                        .answer("Tokyo");
        assertThatThrownBy(() -> one.answer(new int[0])).hasMessageContaining("has no token");
        assertThatThrownBy(() -> one.answer(" ")).hasMessageContaining("blank");
        assertThatThrownBy(() -> one.run(HEADS))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("another token")
                .hasMessageContaining("add against(...)");
        PatchingResult result = one.metric(AnswerMetric.PROBABILITY).run(HEADS);
        assertThat(result.cleanMetric()).isGreaterThan(result.corruptedMetric());
    }
}
