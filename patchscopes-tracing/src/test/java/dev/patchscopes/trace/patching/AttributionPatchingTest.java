package dev.patchscopes.trace.patching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.Activation;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.Edit;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.Reading;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.AnswerMetric;
import dev.patchscopes.trace.TraceModels;
import dev.patchscopes.trace.internal.AnswerCells;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Estimates are the slope of what patching a little does. */
class AttributionPatchingTest {
    private static final PromptPair PAIR = PatchingModels.pair(5);
    private static final double STEP = 1e-5;
    private static final PatchTarget HEADS = PatchTarget.byHead(PatchedSite.Z);

    static List<String> families() {
        return TraceModels.families();
    }

    /** Moves a place the given part of the way to the clean run. */
    private static Cell moved(PatchPlace place, Activation clean, double step) {
        int heads =
                clean.axes().size() == 3
                        ? clean.shape(0).get(place.point().site().isPairwise() ? 0 : 1)
                        : 1;
        double[] all = clean.doubles(0);
        int width = all.length / (heads * PatchingModels.LENGTH);
        double[] values = new double[(place.to() - place.from()) * width];
        int head = place.head().orElse(0);
        for (int pos = place.from(); pos < place.to(); pos++) {
            int row =
                    place.point().site().isPairwise()
                            ? head * PatchingModels.LENGTH + pos
                            : pos * heads + head;
            System.arraycopy(all, row * width, values, (pos - place.from()) * width, width);
        }
        Edit edit = Intervention.interpolate(place.point(), place.positions(), step, values);
        return Cell.of(0, place.head().isPresent() ? edit.heads(head) : edit);
    }

    private static double metric(CellResult result) {
        return result.logits().get(0) - result.logits().get(1);
    }

    @ParameterizedTest
    @MethodSource("families")
    void anEstimateIsTheSlopeOfAPatch(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            PatchTarget[] targets =
                    Arrays.stream(PatchingModels.targets(model))
                            .filter(t -> t.grain() != PatchGrain.BLOCK)
                            .filter(
                                    t ->
                                            t.grain() != PatchGrain.POSITION
                                                    || !t.site().site().hasHeads())
                            .toArray(PatchTarget[]::new);
            AttributionResult estimate = AttributionPatching.of(model).pair(PAIR).run(targets);
            List<HookPoint> points = new ArrayList<>();
            for (PatchTarget target : targets) {
                points.addAll(HookPoint.blocks(target.site().site(), 0, model.layers()));
            }
            Activations clean = model.run(PAIR.clean()).capture(points).execute();
            List<PatchPlace> places = new ArrayList<>();
            List<Cell> cells = new ArrayList<>();
            List<Double> estimates = new ArrayList<>();
            for (PatchTarget target : targets) {
                List<PatchPlace> all = PatchPlace.of(model, target, PatchingModels.LENGTH);
                int stride = all.size() <= 8 ? 1 : 5; // a fifth of the finer cells is enough
                for (int i = 0; i < all.size(); i += stride) {
                    PatchPlace place = all.get(i);
                    places.add(place);
                    cells.add(moved(place, clean.get(place.point()), STEP));
                    cells.add(moved(place, clean.get(place.point()), -STEP));
                    estimates.add(estimate.grid(target).mean(i) - estimate.corruptedMetric());
                }
            }
            List<CellResult> results =
                    model.sweep(BaseRun.of(PAIR.corrupted()))
                            .cells(cells)
                            .reading(Reading.logitsOf(PAIR.answer().get(0), PAIR.other().get(0)))
                            .execute();
            for (int i = 0; i < places.size(); i++) {
                double slope =
                        (metric(results.get(2 * i)) - metric(results.get(2 * i + 1))) / (2 * STEP);
                assertThat(estimates.get(i))
                        .as(places.get(i).toString())
                        .isCloseTo(slope, within(1e-5 * Math.abs(slope) + 1e-9));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void estimatesOfPartsAddUp(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            PatchTarget fine = PatchTarget.byPositionAndHead(PatchedSite.V);
            PatchTarget heads = PatchTarget.byHead(PatchedSite.V);
            PatchTarget whole = PatchTarget.byBlock(PatchedSite.V);
            PatchTarget edges = PatchTarget.patternByEdge();
            PatchTarget pattern = PatchTarget.byHead(PatchedSite.PATTERN);
            AttributionResult result =
                    AttributionPatching.of(model)
                            .pair(PAIR)
                            .run(fine, heads, whole, edges, pattern);
            for (int block = 0; block < model.layers(); block++) {
                double all = 0;
                for (int head = 0; head < result.grid(heads).shape().get(1); head++) {
                    double sum = 0;
                    for (int pos = 0; pos < PatchingModels.LENGTH; pos++) {
                        sum += result.effect(fine, block, pos, head);
                    }
                    assertThat(result.effect(heads, block, head)).isCloseTo(sum, within(1e-9));
                    all += sum;
                }
                assertThat(result.effect(whole, block)).isCloseTo(all, within(1e-9));
                double weights = 0;
                for (int dest = 0; dest < PatchingModels.LENGTH; dest++) {
                    for (int src = 0; src < PatchingModels.LENGTH; src++) {
                        weights += result.effect(edges, block, 1, dest, src);
                    }
                }
                assertThat(result.effect(pattern, block, 1)).isCloseTo(weights, within(1e-9));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(PatchDirection.class)
    void probabilitiesOfSeveralTokensHaveSlopesToo(PatchDirection direction) {
        try (HookedModel model = TraceModels.exact("gpt2")) {
            ImmutableIntArray answer = ImmutableIntArray.of(9, 21, 9);
            PromptPair pair = PatchingModels.pair(5, answer, ImmutableIntArray.of());
            boolean denoising = direction == PatchDirection.DENOISING;
            Activations source =
                    model.run(denoising ? pair.clean() : pair.corrupted())
                            .capture(HookPoint.z(0))
                            .execute();
            AttributionResult log =
                    AttributionPatching.of(model)
                            .pair(pair)
                            .direction(direction)
                            .metric(AnswerMetric.LOG_PROBABILITY)
                            .run(HEADS);
            AttributionResult plain =
                    AttributionPatching.of(model)
                            .pair(pair)
                            .direction(direction)
                            .metric(AnswerMetric.PROBABILITY)
                            .run(HEADS);
            PatchingResult measured =
                    ActivationPatching.of(model)
                            .pair(pair)
                            .direction(direction)
                            .metric(AnswerMetric.LOG_PROBABILITY)
                            .run(HEADS);
            assertThat(log.cleanMetric()).isCloseTo(measured.cleanMetric(), within(1e-9));
            assertThat(log.corruptedMetric()).isCloseTo(measured.corruptedMetric(), within(1e-9));
            double base = Math.exp(denoising ? log.corruptedMetric() : log.cleanMetric());
            AnswerCells cells =
                    new AnswerCells(log.provenance().metric(), answer, OptionalInt.empty());
            List<TokenizedPrompt> prompts =
                    cells.prompts(denoising ? pair.corrupted() : pair.clean());
            for (int head = 0; head < model.heads(); head++) {
                PatchPlace place = PatchPlace.of(model, HEADS, PatchingModels.LENGTH).get(head);
                double[] values = new double[2];
                for (int side = 0; side < 2; side++) {
                    Cell moved = moved(place, source.get(HookPoint.z(0)), side == 0 ? STEP : -STEP);
                    values[side] =
                            cells.value(
                                    model.sweep(prompts.stream().map(BaseRun::of).toList())
                                            .cells(
                                                    IntStream.range(0, prompts.size())
                                                            .mapToObj(
                                                                    i ->
                                                                            new Cell(
                                                                                    i,
                                                                                    moved
                                                                                            .interventions(),
                                                                                    moved
                                                                                            .patches()))
                                                            .toList())
                                            .reading(cells.reading())
                                            .execute());
                }
                double slope = (values[0] - values[1]) / (2 * STEP);
                assertThat(log.effect(HEADS, 0, head))
                        .isCloseTo(slope, within(1e-5 * Math.abs(slope) + 1e-9));
                assertThat(plain.effect(HEADS, 0, head))
                        .isCloseTo(base * slope, within(1e-5 * Math.abs(base * slope) + 1e-9));
            }
        }
    }

    @Test
    void resultsSayThatTheyAreApproximate() {
        try (HookedModel model = TraceModels.exact("gpt2")) {
            AttributionPatching attribution = AttributionPatching.of(model).pair(PAIR);
            AttributionResult result = attribution.run(HEADS);
            int before = TraceModels.nativeArrays();
            assertThat(attribution.run(HEADS)).isEqualTo(result);
            assertThat(TraceModels.nativeArrays()).isEqualTo(before);
            assertThat(result.toString()).contains("approximate");
            assertThat(result.toJson()).contains("\"approximation\": \"first order");
            assertThat(AttributionResult.fromJson(result.toJson())).isEqualTo(result);
        }
    }

    @Test
    void progressCountsGradientsAndCanStop() {
        try (HookedModel model = TraceModels.exact("gpt2")) {
            ImmutableIntArray answer = ImmutableIntArray.of(9, 21, 9);
            AttributionPatching attribution =
                    AttributionPatching.of(model)
                            .pair(PatchingModels.pair(1, answer, ImmutableIntArray.of()))
                            .pair(PatchingModels.pair(2, answer, ImmutableIntArray.of()))
                            .metric(AnswerMetric.LOG_PROBABILITY);
            List<Long> heard = new ArrayList<>();
            attribution
                    .progress(
                            (done, total, elapsed) -> {
                                assertThat(total).isEqualTo(6);
                                heard.add(done);
                            })
                    .run(HEADS);
            assertThat(heard).containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
            heard.clear();
            Progress stopping =
                    new Progress() {
                        @Override
                        public void update(long done, long total, Duration elapsed) {
                            heard.add(done);
                        }

                        @Override
                        public boolean isCancelled() {
                            return heard.size() == 2;
                        }
                    };
            int before = TraceModels.nativeArrays();
            assertThatThrownBy(() -> attribution.progress(stopping).run(HEADS))
                    .isInstanceOf(CancellationException.class)
                    .hasMessageContaining("2 of 6");
            assertThat(TraceModels.nativeArrays()).isEqualTo(before);
        }
    }

    @Test
    void comparisonsAreOfTheSamePrompts() {
        try (HookedModel model = TraceModels.exact("gpt2")) {
            AttributionResult estimate = AttributionPatching.of(model).pair(PAIR).run(HEADS);
            ActivationPatching patching = ActivationPatching.of(model);
            PatchingResult measured = patching.pair(PAIR).run(HEADS);
            assertThat(estimate.correlation(measured, HEADS)).isBetween(-1.0, 1.0);
            PatchingResult other = patching.pair(PatchingModels.pair(6)).run(HEADS);
            assertThatThrownBy(() -> estimate.correlation(other, HEADS))
                    .hasMessageContaining("other prompts");
        }
    }
}
