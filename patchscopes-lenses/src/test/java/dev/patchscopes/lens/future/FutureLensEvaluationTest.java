package dev.patchscopes.lens.future;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableTable;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.Layers;
import dev.patchscopes.corpus.CorpusSplit;
import dev.patchscopes.corpus.TextCorpus;
import dev.patchscopes.corpus.TextDocument;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.lens.CountedParts;
import dev.patchscopes.lens.StopAfter;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.TokenDistribution;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Metrics on tables made by hand, and evaluations whose outcome is known. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FutureLensEvaluationTest {
    static final TextCorpus TEXTS =
            TextCorpus.of(
                    "The capital of France is Paris. The capital of Italy is Rome.",
                    "Marie Curie was a Polish chemist. She lived in Paris.",
                    "The currency of Japan is the yen.",
                    "The language of Brazil is Portuguese.");

    private HookedModel model;

    @BeforeAll
    void load() {
        model = HookedModel.demoSmall();
    }

    @AfterAll
    void close() {
        model.close();
    }

    private LinearFutureLens identity() {
        return identity(model);
    }

    /** That reads two layers as the model reads its last. */
    static LinearFutureLens identity(HookedModel model) {
        AffineMap identity = AffineMap.identity(model.width());
        return LinearFutureLens.of(
                model,
                ImmutableTable.<Integer, Integer, AffineMap>builder()
                        .put(2, 0, identity)
                        .put(model.layers(), 0, identity)
                        .buildOrThrow());
    }

    private static FutureExamples.Both examples(
            FutureExamples.Choice choice, TextCorpus corpus, int most) {
        return choice.of(choice.texts(corpus), most, new Steps(Progress.none(), "a test", 1));
    }

    @Test
    void hitsAreCountedUpToEachK() {
        List<ImmutableIntArray> ranked =
                List.of(
                        ImmutableIntArray.of(4, 5, 6),
                        ImmutableIntArray.of(5, 4, 6),
                        ImmutableIntArray.of(6, 5, 4),
                        ImmutableIntArray.of(7, 8, 9));
        assertThat(FutureScore.hits(ranked, new int[] {4, 4, 4, 4}, 3))
                .isEqualTo(ImmutableIntArray.of(1, 2, 3));
        FutureScore score =
                FutureScore.of(
                        "a",
                        OptionalInt.of(1),
                        FutureTruth.TEXT,
                        0,
                        ImmutableIntArray.of(1, 2, 3),
                        new double[] {1, 2, 3, 6},
                        ImmutableIntArray.of(0, 1, 2, 3));
        assertThat(score.precision(2)).isEqualTo(0.5);
        assertThat(score.surprisalOfPrediction()).isEqualTo(3);
        // deviations -2 -1 0 3: variance 14 / 3, of the mean 14 / 12
        assertThat(score.surprisalError()).isCloseTo(Math.sqrt(14.0 / 12), within(1e-12));
        assertThatThrownBy(() -> score.precision(4)).isInstanceOf(OutOfRangeException.class);
    }

    @Test
    void positionsOfOneTextAreNotIndependent() {
        // two texts, three positions of one and one of the other
        FutureScore score = score(new double[] {1, 2, 6, 3}, 4, 4, 4, 9);
        assertThat(score.texts()).isEqualTo(2);
        assertThat(score.surprisalOfPrediction()).isEqualTo(3);
        // deviations by text -2 -1 3 = 0 and 0: texts do not differ, though positions do
        assertThat(score.surprisalError()).isZero();
        // deviations by text -3 and 3, over 4 positions: sqrt(2 / 1 * 18) / 4
        assertThat(score(new double[] {1, 2, 3, 6}, 0, 0, 1, 1).surprisalError())
                .isCloseTo(6.0 / 4, within(1e-12));
        // copies of a position tell no more than one of each
        assertThat(score(new double[] {1, 1, 1, 5, 5, 5}, 0, 0, 0, 1, 1, 1).surprisalError())
                .isCloseTo(score(new double[] {1, 5}, 0, 1).surprisalError(), within(1e-12));
        assertThat(score(new double[] {1, 2}, 7, 7).surprisalError()).isNaN();
        // 4 of 8 positions are right: of 2 texts, as of 1 of 2 texts with a position each
        double[] eight = new double[8];
        FutureScore half = score(eight, 0, 0, 0, 0, 1, 1, 1, 1);
        assertThat(half.rate(1)).isEqualTo(new Rate(4, 8, 2));
        assertThat(half.rate(1).low()).isCloseTo(new Rate(1, 2, 2).low(), within(1e-12));
    }

    /** Half of the predictions are right. */
    private static FutureScore score(double[] surprisals, int... texts) {
        return FutureScore.of(
                "a",
                OptionalInt.of(1),
                FutureTruth.TEXT,
                0,
                ImmutableIntArray.of(surprisals.length / 2),
                surprisals,
                ImmutableIntArray.copyOf(texts));
    }

    @Test
    void examplesKnowTheirTexts() {
        FutureExamples examples =
                examples(
                                new FutureExamples.Choice(model, ImmutableIntArray.of(1), 1, 3, 5),
                                TEXTS,
                                11)
                        .text();
        assertThat(examples.texts())
                .isEqualTo(ImmutableIntArray.of(0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3));
        TextCorpus many = // of two batches
                TextCorpus.of(IntStream.range(0, 20).mapToObj(i -> "It is number " + i).toList());
        assertThat(
                        examples(
                                        new FutureExamples.Choice(
                                                model, ImmutableIntArray.of(1), 0, 1, 5),
                                        many,
                                        20)
                                .model()
                                .texts())
                .isEqualTo(ImmutableIntArray.copyOf(IntStream.range(0, 20)));
        FutureLensReport report =
                FutureLensEvaluation.of(model)
                        .predictors(identity())
                        .on(TEXTS)
                        .examples(30)
                        .positionsPerText(3)
                        .run();
        FutureScore score = report.at("linear", 2, FutureTruth.MODEL, 0);
        assertThat(score.examples()).isEqualTo(12);
        assertThat(score.texts()).isEqualTo(4);
        assertThat(report.toCsv()).contains(",model,0,12,4,");
    }

    @Test
    void twoOfAKindAreToldApartByName() {
        LinearFutureLens one = identity();
        FutureLens prompt = FutureLens.fixedPrompt(model, FuturePrompts.first());
        FutureLensReport report =
                FutureLensEvaluation.of(model)
                        .predictors(one, one.named("again"), prompt, prompt.named("prompt"))
                        .on(TEXTS)
                        .layers(Layers.at(2))
                        .examples(4)
                        .run();
        assertThat(report.predictors()).contains("linear", "again", "prompt").hasSize(4);
        assertThat(report.at("again", 2, FutureTruth.TEXT, 0).hits())
                .isEqualTo(report.at("linear", 2, FutureTruth.TEXT, 0).hits());
        assertThat(one.named("again").layers()).isEqualTo(one.layers());
        assertThat(one.name()).isEqualTo("linear");
        assertThatThrownBy(() -> one.named(" "))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("name");
    }

    @Test
    void intervalsAreWilsons() {
        // Wilson (1927), 81 of 263: 0.2553 to 0.3662 without continuity correction (Newcombe, 1998)
        FutureScore score = score(81, 263);
        assertThat(score.rate(1).low()).isCloseTo(0.2553, within(5e-5));
        assertThat(score.rate(1).high()).isCloseTo(0.3662, within(5e-5));
        assertThat(score(0, 20).rate(1).low()).isZero();
        assertThat(score(20, 20).rate(1).high()).isOne();
    }

    private static FutureScore score(int hits, int examples) {
        return new FutureScore(
                "a",
                OptionalInt.empty(),
                FutureTruth.MODEL,
                0,
                examples,
                examples,
                ImmutableIntArray.of(hits),
                0,
                0);
    }

    @Test
    void theModelItselfIsAlwaysRightAboutItself() {
        FutureLensReport report =
                FutureLensEvaluation.of(model)
                        .predictors(identity())
                        .on(TEXTS)
                        .examples(30)
                        .positionsPerText(6)
                        .run();
        FutureScore own = report.at("linear", model.layers(), FutureTruth.MODEL, 0);
        assertThat(own.precision(1)).isEqualTo(1);
        assertThat(own.examples()).isEqualTo(report.examples()).isGreaterThan(15);
        FutureScore text = report.at("linear", model.layers(), FutureTruth.TEXT, 0);
        assertThat(text.surprisalOfPrediction())
                .isCloseTo(own.surprisalOfPrediction(), within(1e-6)); // the same prefixes
        assertThat(report.best("linear", FutureTruth.MODEL, 0)).isEqualTo(own);
        assertThat(report.scores()).hasSize(2 * 2);
        assertThatThrownBy(() -> report.at("linear", 3, FutureTruth.MODEL, 0))
                .isInstanceOf(OutOfRangeException.class)
                .hasMessageContaining("linear at layer 3");
        assertThat(FutureLensReport.fromJson(report.toJson())).isEqualTo(report);
        assertThat(report.toCsv().lines()).hasSize(1 + 4);
        assertThat(report.toString()).contains("100.0").contains("linear");
    }

    @Test
    void examplesAreStatesOfTheTextAndTokensOfTheTruth() {
        FutureExamples.Both both =
                examples(
                        new FutureExamples.Choice(model, ImmutableIntArray.of(2), 3, 2, 5),
                        TEXTS,
                        6);
        FutureExamples own = both.model();
        FutureExamples text = both.text();
        assertThat(own.rows()).isEqualTo(6);
        assertThat(own.states().get(0).states()).isEqualTo(text.states().get(0).states());
        for (int row = 0; row < own.rows(); row++) {
            ImmutableIntArray ids = text.states().get(0).tokens().get(row);
            assertThat(ids.length()).isEqualTo(5);
            assertThat(own.states().get(0).tokens().get(row).get(0)).isEqualTo(ids.get(0));
            for (int n = 0; n <= 3; n++) {
                // the model's own most probable token is the truth of its continuation
                TokenDistribution next = model.unembed(own.last().get(n).row(row));
                assertThat(own.truth(n)[row]).isEqualTo(next.argMax());
                assertThat(text.truth(n)[row]).isEqualTo(ids.get(n + 1));
            }
        }
        assertFoundInText(text);
    }

    /** Each row's tokens stand in a text, and its states are those of the text there. */
    private void assertFoundInText(FutureExamples text) {
        HookPoint point = HookPoint.residual(2);
        List<TokenizedPrompt> prompts =
                TEXTS.documents().stream().map(d -> model.tokenize(d.text())).toList();
        for (int row = 0; row < text.rows(); row++) {
            ImmutableIntArray ids = text.states().get(0).tokens().get(row);
            double[] state = text.states().get(0).states().row(row);
            boolean found = false;
            for (TokenizedPrompt prompt : prompts) {
                for (int t = 1; t + 4 < prompt.length(); t++) {
                    if (prompt.ids().subArray(t, t + 5).equals(ids)) {
                        double[] there =
                                model.run(prompt)
                                        .capture(point)
                                        .execute()
                                        .get(point)
                                        .vectorDoubles(0, t);
                        found |=
                                IntStream.range(0, state.length)
                                        .allMatch(i -> Math.abs(state[i] - there[i]) < 1e-4);
                    }
                }
            }
            assertThat(found).as("row %s", row).isTrue();
        }
    }

    @Test
    void partsOfACorpusShareNoText() {
        TextCorpus corpus =
                TextCorpus.of(IntStream.range(0, 100).mapToObj(i -> "text number " + i).toList());
        CorpusSplit split = corpus.split(0.3, 4);
        List<String> training =
                split.training().documents().stream().map(TextDocument::text).toList();
        List<String> kept =
                split.evaluation().documents().stream().map(TextDocument::text).toList();
        assertThat(training).doesNotContainAnyElementsOf(kept);
        assertThat(training.size() + kept.size()).isEqualTo(100);
        assertThat(kept).isNotEmpty();
    }

    @Test
    void bigramsPredictWhatFollowedMostOften() {
        TextCorpus corpus = TextCorpus.of(" a b a b a c", " a b");
        BigramBaseline bigrams = BigramBaseline.of(model, corpus);
        ImmutableIntArray ids = model.tokenizer().tokenize(" a b c", false).ids();
        assertThat(ids.length()).isEqualTo(3);
        int a = ids.get(0);
        int b = ids.get(1);
        int c = ids.get(2);
        assertThat(bigrams.after(a, 2)).extracting(t -> t.id()).containsExactly(b, c);
        assertThat(bigrams.after(a, 2).get(0).probability()).isEqualTo(0.75);
        assertThat(bigrams.after(b, 1).get(0).id()).isEqualTo(a);
        // c was never followed: the most frequent token
        assertThat(bigrams.after(c, 1).get(0).probability()).isLessThan(0.6);
        assertThat(bigrams.after(b, 4)).hasSize(4);

        FutureStates states =
                new FutureStates(
                        0,
                        Matrix.of(1, model.width(), new double[model.width()]),
                        ImmutableList.of(ImmutableIntArray.of(a, b, a, b)));
        FuturePredictions predictions = bigrams.predict(List.of(states), 1).get(0);
        assertThat(predictions.at(0, 0).get(0).id()).isEqualTo(b);
        assertThat(predictions.at(1, 0).get(0).id()).isEqualTo(a);
        assertThat(predictions.at(2, 0).get(0).id()).isEqualTo(b);
    }

    @Test
    void baselinesHaveNoLayer() {
        FutureLensReport report =
                FutureLensEvaluation.of(model)
                        .predictors(
                                BigramBaseline.of(model, TEXTS),
                                FutureLens.fixedPrompt(model, FuturePrompts.first()),
                                FutureLens.unpatched(model, FuturePrompts.first()))
                        .on(TEXTS)
                        .layers(Layers.at(3))
                        .examples(3)
                        .top(4)
                        .run();
        assertThat(report.baseline("bigram", FutureTruth.TEXT, 3).hits().length()).isEqualTo(4);
        assertThat(report.predictors()).hasSize(3);
        assertThat(report.scores()).hasSize(3 * 2 * 4);
        assertThatThrownBy(() -> report.baseline("bigrams", FutureTruth.TEXT, 3))
                .isInstanceOf(OutOfRangeException.class)
                .hasMessageContaining("bigram");
        assertThatThrownBy(() -> FutureLensEvaluation.of(model).predictors(identity(), identity()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("same name")
                .hasMessageContaining("named");
    }

    @Test
    void partsAreCountedAndTheWorkCanBeStopped() {
        FutureLensEvaluation evaluation =
                FutureLensEvaluation.of(model)
                        .predictors(identity(), BigramBaseline.of(model, TEXTS))
                        .on(TEXTS)
                        .layers(Layers.at(2));
        CountedParts parts = new CountedParts();
        evaluation.progress(parts).run();
        parts.assertAll(4 + 2 * 2); // texts, predictors under two truths
        for (long before : new long[] {0, 1, 5, 7}) {
            assertThatThrownBy(() -> evaluation.progress(new StopAfter(before)).run())
                    .isInstanceOf(CancellationException.class)
                    .hasMessageContaining("evaluation of future lenses was stopped");
        }
        CountedParts texts = new CountedParts();
        BigramBaseline.of(model, TEXTS, texts);
        texts.assertAll(4);
        assertThatThrownBy(() -> BigramBaseline.of(model, TEXTS, new StopAfter(1)))
                .isInstanceOf(CancellationException.class)
                .hasMessageContaining("count of bigrams was stopped");
    }

    @Test
    void predictorsOfAnotherModelAreRefused() {
        FutureLensEvaluation evaluation = FutureLensEvaluation.of(model);
        try (HookedModel again = HookedModel.demoSmall()) {
            for (FuturePredictor predictor :
                    List.of(
                            BigramBaseline.of(again, TEXTS),
                            FutureLens.fixedPrompt(again, FuturePrompts.first()),
                            FutureLens.unpatched(again, FuturePrompts.first()))) {
                assertThat(predictor.model()).isSameAs(again);
                assertThatThrownBy(() -> evaluation.predictors(identity(), predictor))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("evaluate each model by itself");
            }
        }
    }

    @Test
    void noMoreTextsAreReadThanExamplesNeed() {
        AtomicInteger read = new AtomicInteger();
        TextCorpus many =
                TextCorpus.of(
                                IntStream.range(0, 100)
                                        .mapToObj(i -> "Paris is the capital of France, " + i)
                                        .toList())
                        .filter(text -> read.incrementAndGet() > 0);
        FutureLensEvaluation evaluation =
                FutureLensEvaluation.of(model)
                        .predictors(identity())
                        .on(many)
                        .layers(Layers.at(2))
                        .examples(18);
        FutureLensReport report = evaluation.run();
        assertThat(report.examples()).isEqualTo(18);
        assertThat(read.get()).isBetween(32, 33); // two batches, and whether there are more

        read.set(0);
        List<Long> heard = new ArrayList<>();
        FutureLensReport same =
                evaluation
                        .progress(
                                (done, total, elapsed) -> {
                                    assertThat(total).isEqualTo(100 + 2);
                                    heard.add(done);
                                })
                        .run();
        assertThat(same).isEqualTo(report);
        assertThat(read.get()).isBetween(132, 133); // all of them once, to count
        assertThat(heard.subList(31, heard.size())).containsExactly(32L, 100L, 101L, 102L);
    }
}
