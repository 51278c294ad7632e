package dev.patchscopes.trace.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.text.Tokenizer;
import dev.patchscopes.trace.AnswerMetric;
import dev.patchscopes.trace.TraceModels;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is read of cells is the metric of a plain run. */
class AnswerCellsTest {
    private static final ImmutableIntArray ANSWER = ImmutableIntArray.of(7, 9, 7);
    private static final TokenizedPrompt PROMPT = TraceModels.prompt(1, 5);

    static List<String> families() {
        return TraceModels.families();
    }

    private static double read(HookedModel model, AnswerCells cells) {
        List<TokenizedPrompt> prompts = cells.prompts(PROMPT);
        return cells.value(
                model.sweep(prompts.stream().map(BaseRun::of).toList())
                        .cells(IntStream.range(0, prompts.size()).mapToObj(Cell::of).toList())
                        .reading(cells.reading())
                        .execute());
    }

    @ParameterizedTest
    @MethodSource("families")
    void anAnswerOfSeveralTokensFollowsTheChainRule(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            double log = 0;
            int[] ids = PROMPT.ids().toArray();
            for (int token : ANSWER.asList()) {
                log += model.run(TokenizedPrompt.ofIds(ids)).execute().next().logProbability(token);
                ids = IntStream.concat(IntStream.of(ids), IntStream.of(token)).toArray();
            }
            double p =
                    read(
                            model,
                            new AnswerCells(AnswerMetric.PROBABILITY, ANSWER, OptionalInt.empty()));
            double logP =
                    read(
                            model,
                            new AnswerCells(
                                    AnswerMetric.LOG_PROBABILITY, ANSWER, OptionalInt.empty()));
            assertThat(Math.log(p)).isCloseTo(log, within(1e-9));
            assertThat(logP).isCloseTo(log, within(1e-9));
        }
    }

    @Test
    void aLogitDifferenceIsThatOfTwoTokens() {
        try (HookedModel model = TraceModels.exact("gpt2")) {
            AnswerCells cells =
                    new AnswerCells(
                            AnswerMetric.LOGIT_DIFFERENCE,
                            ImmutableIntArray.of(7),
                            OptionalInt.of(11));
            var next = model.run(PROMPT).execute().next();
            assertThat(read(model, cells))
                    .isCloseTo(next.logProbability(7) - next.logProbability(11), within(1e-9));
        }
    }

    /** By itself a text begins with a space of its own on this tokenizer. */
    @Test
    void theTokensOfAnAnswerAreThoseThatFollowAWord() throws Exception {
        Path directory =
                Path.of(
                                AnswerCellsTest.class
                                        .getResource(
                                                "/dev/patchscopes/text/metaspace/tokenizer.json")
                                        .toURI())
                        .getParent();
        try (Tokenizer tokenizer = Tokenizer.load(directory)) {
            ImmutableIntArray both = tokenizer.tokenize("is the cat", false).ids();
            ImmutableIntArray answer = AnswerCells.tokens(tokenizer, "the cat");
            int before = both.length() - answer.length();
            assertThat(both.subArray(before, both.length())).isEqualTo(answer);
            assertThat(tokenizer.tokenize("is", false).ids()).isEqualTo(both.subArray(0, before));
            assertThat(AnswerCells.tokens(tokenizer, " the cat")).isEqualTo(answer);
            assertThat(tokenizer.tokenize(" the cat", false).ids()).isNotEqualTo(answer);
        }
    }

    @Test
    void whatCannotBeMeasuredIsRefused() {
        assertThatThrownBy(
                        () ->
                                new AnswerCells(
                                        AnswerMetric.LOGIT_DIFFERENCE,
                                        ImmutableIntArray.of(7),
                                        OptionalInt.empty()))
                .hasMessageContaining("another token");
        assertThatThrownBy(
                        () ->
                                new AnswerCells(
                                        AnswerMetric.LOGIT_DIFFERENCE,
                                        ImmutableIntArray.of(7),
                                        OptionalInt.of(7)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("both token 7");
        assertThatThrownBy(
                        () ->
                                new AnswerCells(
                                        AnswerMetric.LOGIT_DIFFERENCE, ANSWER, OptionalInt.of(3)))
                .hasMessageContaining("the answer has 3");
        assertThatThrownBy(
                        () ->
                                new AnswerCells(
                                        AnswerMetric.PROBABILITY,
                                        ImmutableIntArray.of(),
                                        OptionalInt.empty()))
                .hasMessageContaining("no token");
    }
}
