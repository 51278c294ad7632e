package dev.patchscopes.lens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.patchscopes.Layers;
import dev.patchscopes.corpus.TextCorpus;
import dev.patchscopes.measure.Estimate;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.StateReading;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CancellationException;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Evaluations are means over readings. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LensEvaluationTest {
    private static final List<String> TEXTS =
            List.of(
                    "The capital of France is Paris.",
                    "Marie Curie was a Polish chemist",
                    "The currency of Japan is the yen. Tea is a drink.",
                    "one two one two one");
    private HookedModel model;
    private LogitLens logit;

    @BeforeAll
    void load() {
        model = LensCells.exactModel();
        logit = LogitLens.of(model);
    }

    @AfterAll
    void close() {
        model.close();
    }

    private List<StateReading> cells(Lens lens, int layer, int skipped) {
        List<StateReading> out = new ArrayList<>();
        for (String text : TEXTS) {
            LensReading reading = lens.reader().top(10).read(text);
            for (int p = skipped; p < reading.prompt().length(); p++) {
                out.add(reading.at(layer, p));
            }
        }
        return out;
    }

    private static double mean(List<StateReading> cells, ToDoubleFunction<StateReading> of) {
        return cells.stream().mapToDouble(of).average().orElseThrow();
    }

    @Test
    void everyMetricIsTheMeanOfItsCells() {
        LensReport report = LensEvaluation.of(logit).texts(TEXTS).skipFirst(1).run();
        LensReport.LensScores scores = report.of("logit lens");
        for (int layer = 0; layer <= model.layers(); layer++) {
            List<StateReading> cells = cells(logit, layer, 1);
            List<StateReading> followed = cells.stream().filter(c -> c.next().isPresent()).toList();
            assertThat(scores.at(layer, LensMetric.KL_FROM_MODEL).mean())
                    .isCloseTo(mean(cells, StateReading::divergence), within(1e-9));
            assertThat(scores.at(layer, LensMetric.ENTROPY).mean())
                    .isCloseTo(mean(cells, StateReading::entropy), within(1e-9));
            assertThat(scores.at(layer, LensMetric.SURPRISAL_OF_LENS_PREDICTION).mean())
                    .isCloseTo(mean(cells, StateReading::surprisalUnderFinal), within(1e-9));
            assertThat(scores.at(layer, LensMetric.SURPRISAL_OF_MODEL_PREDICTION).mean())
                    .isCloseTo(mean(cells, c -> c.finalPrediction().surprisal()), within(1e-9));
            assertThat(scores.at(layer, LensMetric.SURPRISAL_OF_NEXT_TOKEN).mean())
                    .isCloseTo(mean(followed, c -> c.next().get().surprisal()), within(1e-9));
            assertThat(scores.at(layer, LensMetric.SURPRISAL_OF_NEXT_TOKEN).count())
                    .isEqualTo(followed.size());
            for (int k : new int[] {1, 5, 10}) {
                LensMetric metric = LensMetric.valueOf("PRECISION_AT_" + k);
                assertThat(scores.at(layer, metric).mean())
                        .isCloseTo(
                                mean(
                                        cells,
                                        c ->
                                                c.top().subList(0, k).stream()
                                                                .anyMatch(
                                                                        t ->
                                                                                t.id()
                                                                                        == c.finalPrediction()
                                                                                                .id())
                                                        ? 1
                                                        : 0),
                                within(1e-9));
            }
        }
        assertThat(report.setup().states()).isEqualTo(cells(logit, 0, 1).size());
        assertThat(report.setup().positions()).isEqualTo("all positions, the first 1 left out");
    }

    @Test
    void theLastLayerIsTheModel() {
        LensReport report =
                LensEvaluation.of(logit, TokenIdentityLens.of(model))
                        .texts(TextCorpus.of(TEXTS))
                        .onePositionPerText()
                        .run();
        for (String lens : List.of("logit lens", "token identity")) {
            LensReport.LensScores scores = report.of(lens);
            int last = model.layers();
            assertThat(scores.at(last, LensMetric.PRECISION_AT_1).mean()).isEqualTo(1);
            assertThat(scores.at(last, LensMetric.KL_FROM_MODEL).mean()).isCloseTo(0, within(1e-9));
            assertThat(scores.at(last, LensMetric.PRECISION_AT_1).count()).isEqualTo(4);
        }
    }

    @Test
    void oneSeedIsOneResult() {
        LensEvaluation evaluation =
                LensEvaluation.of(logit).texts(TEXTS).onePositionPerText().controls().seed(5);
        assertThat(evaluation.run()).isEqualTo(evaluation.run());
        assertThat(evaluation.seed(6).run()).isNotEqualTo(evaluation.run());
    }

    @Test
    void controlsStandBesideTheirLenses() {
        LensReport report =
                LensEvaluation.of(logit, TokenIdentityLens.of(model))
                        .texts(TEXTS)
                        .layers(Layers.at(2, 6))
                        .maxTokens(6)
                        .controls()
                        .run();
        assertThat(report.lenses())
                .extracting(LensReport.LensScores::lens)
                .containsExactly(
                        "logit lens",
                        "token identity",
                        "logit lens, random vector",
                        "token identity, random vector",
                        "token identity, unpatched");
        // at the last layer the lenses are right, and their controls are not
        assertThat(report.of("token identity").at(6, LensMetric.PRECISION_AT_1).mean())
                .isEqualTo(1);
        assertThat(report.of("logit lens, random vector").at(6, LensMetric.PRECISION_AT_1).mean())
                .isLessThan(0.3);
        assertThat(report.of("token identity, unpatched").at(6, LensMetric.PRECISION_AT_1).mean())
                .isLessThan(0.5);
    }

    @Test
    void bitsPerByteCountTheBytesOfTheTexts() {
        LensReport report = LensEvaluation.of(logit).texts(List.of("Zürich is", "Bern is")).run();
        // without the token that begins each text, of which there are no bytes
        assertThat(model.tokenize("Bern is").token(0).span()).isEmpty();
        long tokens =
                model.tokenize("Zürich is").length()
                        + (long) model.tokenize("Bern is").length()
                        - 2;
        assertThat(report.setup().bytes()).isEqualTo(10 + 7);
        assertThat(report.setup().tokens()).isEqualTo(tokens);
        Estimate nats = report.of("logit lens").at(3, LensMetric.SURPRISAL_OF_NEXT_TOKEN);
        assertThat(report.bitsPerByte("logit lens", 3).mean())
                .isCloseTo(nats.mean() * tokens / 17.0 / Math.log(2), within(1e-12));
    }

    @Test
    void reportsGoThroughJsonAndCsv() {
        LensReport report =
                LensEvaluation.of(logit).texts(TEXTS).layers(Layers.at(0, 6)).controls().run();
        assertThat(LensReport.fromJson(report.toJson())).isEqualTo(report);
        assertThat(report.toCsv().lines().toList())
                .hasSize(1 + 2 * 2 * (LensMetric.values().length + 1))
                .first()
                .isEqualTo("lens,layer,metric,mean,low,high,states");
        assertThat(report.toString())
                .contains("\nlogit lens\nlayer  P@1")
                .contains("intervals of 95 % in brackets");
    }

    @Test
    void whatCannotBeEvaluatedIsRefused() {
        assertThatThrownBy(() -> LensEvaluation.of(logit, LogitLens.of(model)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("two lenses have the same name");
        assertThatThrownBy(() -> LensEvaluation.of(List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no lens is given");
        assertThatThrownBy(() -> LensEvaluation.of(logit).texts(TEXTS).skipFirst(99).run())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("none of 4 texts has more than 99 tokens");
        LensReport report = LensEvaluation.of(logit).texts(TEXTS).layers(Layers.at(1)).run();
        assertThatThrownBy(() -> report.of("tuned lens"))
                .isInstanceOf(NoSuchElementException.class)
                .hasMessageContaining("there are [logit lens]");
        assertThatThrownBy(() -> report.of("logit lens").at(2, LensMetric.ENTROPY))
                .hasMessageContaining("layer 2 was not evaluated: layers are [1]");
    }

    @Test
    void anEvaluationCanBeStopped() {
        assertThatThrownBy(
                        () ->
                                LensEvaluation.of(logit)
                                        .texts(TEXTS)
                                        .progress(new StopAfter(2))
                                        .run())
                .isInstanceOf(CancellationException.class)
                .hasMessage("the evaluation was stopped by its listener after 2 of 4 parts");
    }

    /** Of a coin thrown n times the standard error is known. */
    @Test
    void intervalsAreThoseOfTheMean() {
        TextSums sums = new TextSums(2);
        for (int i = 0; i < 400; i++) {
            TextSums.Text text = sums.text();
            text.add(0, i % 4 == 0 ? 1 : 0);
            if (i < 10) {
                text.add(1, 3);
            }
            text.done();
        }
        Estimate[] estimates = sums.estimates(2000, 0.95, 1);
        assertThat(estimates[0].mean()).isEqualTo(0.25);
        double error = 1.96 * Math.sqrt(0.25 * 0.75 / 400);
        assertThat(estimates[0].low()).isCloseTo(0.25 - error, within(0.006));
        assertThat(estimates[0].high()).isCloseTo(0.25 + error, within(0.006));
        assertThat(estimates[1]).isEqualTo(new Estimate(3, 3, 3, 10));
    }

    /** States of one text are alike: an interval that took them for independent would be narrow. */
    @Test
    void textsAreDrawnWhole() {
        TextSums sums = new TextSums(1);
        for (int i = 0; i < 100; i++) {
            TextSums.Text text = sums.text();
            for (int state = 0; state < 50; state++) {
                text.add(0, i % 2);
            }
            text.done();
        }
        Estimate estimate = sums.estimates(2000, 0.95, 1)[0];
        assertThat(estimate.high() - estimate.low()).isCloseTo(2 * 1.96 * 0.05, within(0.02));
    }
}
