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
import dev.patchscopes.model.Reading;
import dev.patchscopes.trace.AnswerMetric;
import dev.patchscopes.trace.TraceModels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
        int heads = clean.axes().size() == 3 ? clean.shape(0).get(place.point().site().isPairwise() ? 0 : 1) : 1;
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
                            .filter(t -> t.grain() != PatchGrain.POSITION || !t.site().site().hasHeads())
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
                    estimates.add(
                            estimate.grid(target).mean(i) - estimate.corruptedMetric());
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
}
