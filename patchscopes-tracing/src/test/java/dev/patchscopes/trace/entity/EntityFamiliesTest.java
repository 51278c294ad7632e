package dev.patchscopes.trace.entity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.Layers;
import dev.patchscopes.Mapping;
import dev.patchscopes.Patchscope;
import dev.patchscopes.TokenRelevance;
import dev.patchscopes.internal.RandomVector;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.Generation;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.Phase;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.LayerMaps;
import dev.patchscopes.trace.TraceModels;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds of descriptions whatever the weights, in models of every family. */
class EntityFamiliesTest {

    private static final double SAME = 1e-9;
    private static final TokenizedPrompt TARGET = TraceModels.prompt(1, 6);
    private static final EntityInput FIRST = input("first", 2);
    private static final EntityInput SECOND = input("second", 3);

    static List<String> families() {
        return TraceModels.families();
    }

    private static EntityInput input(String name, int seed) {
        return new EntityInput(
                name, TraceModels.prompt(seed, 3), 1, TraceModels.prompt(10 + seed, 7));
    }

    private static EntityDescription descriptions(HookedModel model) {
        return EntityDescription.of(model).stopAt().maxNewTokens(2);
    }

    private static void same(EntityText a, EntityText b) {
        assertThat(a.ids()).isEqualTo(b.ids());
        for (int i = 0; i < a.ids().size(); i++) {
            assertThat(a.probabilities().get(i)).isCloseTo(b.probabilities().get(i), within(SAME));
        }
        assertThat(a.first().id()).isEqualTo(b.first().id());
        assertThat(a.first().patched()).isCloseTo(b.first().patched(), within(SAME));
        assertThat(a.first().unpatched()).isCloseTo(b.first().unpatched(), within(SAME));
    }

    private static void same(List<Description> a, List<Description> b) {
        assertThat(a).hasSameSizeAs(b);
        for (int i = 0; i < a.size(); i++) {
            assertThat(a.get(i).sourceLayer()).isEqualTo(b.get(i).sourceLayer());
            assertThat(a.get(i).targetLayer()).isEqualTo(b.get(i).targetLayer());
            same(a.get(i).said(), b.get(i).said());
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void exactIsNaive(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            EntityDescription d =
                    descriptions(model)
                            .seed(7)
                            .layers(Layers.everyNth(2), Layers.at(0, model.layers()));
            EntityReport exact = d.describe(List.of(FIRST, SECOND), TARGET, 4, true);
            EntityReport naive =
                    d.execution(Execution.NAIVE).describe(List.of(FIRST, SECOND), TARGET, 4, true);
            same(exact.unpatched(), naive.unpatched());
            for (int i = 0; i < 2; i++) {
                same(exact.entities().get(i).direct(), naive.entities().get(i).direct());
                same(exact.entities().get(i).patched(), naive.entities().get(i).patched());
                same(exact.entities().get(i).random(), naive.entities().get(i).random());
            }
        }
    }

    /** Each cell, patched or random, is a Patchscope by itself. */
    @ParameterizedTest
    @MethodSource("families")
    void everyCellIsAPatchscope(String name) {
        LayerMaps maps = EntityFamiliesTest::scaled;
        try (HookedModel model = TraceModels.exact(name)) {
            DescribedEntity entity =
                    descriptions(model)
                            .mapping(maps)
                            .seed(5)
                            .describe(List.of(FIRST, SECOND), TARGET, 4, true)
                            .entities()
                            .get(1);
            int last = model.layers();
            isPatchscope(model, model, maps.between(1, 1), entity.patched().get(1));
            isPatchscope(model, model, maps.between(last, last), entity.patched().get(last));
            isPatchscope(
                    model,
                    model,
                    maps.between(2, 2).andThen(Mapping.of(new RandomVector(5, 1, 2))),
                    entity.random().get(2));
        }
    }

    private static Mapping scaled(int l, int to) {
        return Mapping.of(
                "scaled", h -> Arrays.stream(h).map(v -> v * (1 + 0.1 * l - 0.05 * to)).toArray());
    }

    private static void isPatchscope(
            HookedModel source, HookedModel target, Mapping map, Description cell) {
        Generation alone =
                Patchscope.on(source)
                        .targetModel(target)
                        .sourcePrompt(SECOND.source())
                        .sourcePosition(Positions.at(SECOND.position()))
                        .sourceLayer(cell.sourceLayer())
                        .mapping(map)
                        .targetPrompt(TARGET)
                        .targetPosition(Positions.at(4))
                        .targetLayer(cell.targetLayer())
                        .maxNewTokens(2)
                        .build()
                        .run()
                        .patched()
                        .generation();
        assertThat(cell.said().ids()).isEqualTo(alone.ids().asList());
        for (int i = 0; i < alone.ids().length(); i++) {
            assertThat(cell.said().probabilities().get(i))
                    .isCloseTo(alone.tokens().get(i).probability(), within(SAME));
        }
    }

    /** Between models of different widths and tokens, with a map for each pair of layers. */
    @Test
    void everyCellBetweenTwoModelsIsAPatchscope() {
        try (HookedModel source = TraceModels.exact("gpt2");
                HookedModel target = TraceModels.exact("gpt_neox_parallel")) {
            LayerMaps maps = (l, to) -> widened(target.width(), l, to);
            EntityReport report =
                    descriptions(source)
                            .targetModel(target)
                            .mapping(maps)
                            .seed(5)
                            .layers(Layers.all(), Layers.at(1, 3))
                            .describe(List.of(FIRST, SECOND), TARGET, 4, true);
            DescribedEntity entity = report.entities().get(1);
            assertThat(entity.patched()).hasSize(8);
            for (int i = 0; i < 8; i++) {
                Description cell = entity.patched().get(i);
                Mapping map = maps.between(cell.sourceLayer(), cell.targetLayer());
                isPatchscope(source, target, map, cell);
                isPatchscope(
                        source,
                        target,
                        map.andThen(Mapping.of(new RandomVector(5, 1, cell.sourceLayer()))),
                        entity.random().get(i));
            }
            assertThat(report.provenance().mappings()).contains("widened 2 -> 3");
            assertThat(report.provenance().target().name()).isEqualTo(target.name());
        }
    }

    private static Mapping widened(int width, int l, int to) {
        return Mapping.of(
                "widened %d -> %d".formatted(l, to),
                h -> {
                    double[] out = Arrays.copyOf(h, width);
                    out[width - 1] = l - to;
                    return out;
                });
    }

    /**
     * With the placeholder hidden below l*, its token makes no difference, be it the last one or
     * not; without, what comes after it still sees it.
     */
    @ParameterizedTest
    @MethodSource("families")
    void aHiddenPlaceholderCanBeAnyToken(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            for (int at : new int[] {0, 5}) {
                List<Description> seen = List.of();
                List<Description> hidden = List.of();
                boolean differs = false;
                for (int token : new int[] {11, 77}) {
                    int[] ids = TARGET.ids().toArray();
                    ids[at] = token;
                    TokenizedPrompt target = TokenizedPrompt.ofIds(ImmutableIntArray.copyOf(ids));
                    EntityDescription plain = descriptions(model);
                    List<Description> now = patched(plain, target, at);
                    List<Description> hiding = patched(plain.hidingPlaceholder(), target, at);
                    if (!hidden.isEmpty()) {
                        same(hiding, hidden);
                        same(now.subList(0, 1), seen.subList(0, 1)); // l* = 0: all is replaced
                        differs = differ(now, seen);
                    }
                    seen = now;
                    hidden = hiding;
                }
                assertThat(differs).as("placeholder at %s", at).isTrue();
            }
        }
    }

    /** A hidden cell by itself, exactly and naively; what it says is of the entity alone. */
    @ParameterizedTest
    @MethodSource("families")
    void aHiddenCellIsARunWithAttentionCut(String name) {
        int at = 2;
        int layer = 2;
        try (HookedModel model = TraceModels.exact(name)) {
            EntityDescription d =
                    descriptions(model)
                            .seed(7)
                            .layers(Layers.at(1), Layers.at(layer, model.layers()))
                            .hidingPlaceholder();
            EntityReport exact = d.describe(List.of(FIRST, SECOND), TARGET, at, true);
            EntityReport naive =
                    d.execution(Execution.NAIVE).describe(List.of(FIRST, SECOND), TARGET, at, true);
            for (int i = 0; i < 2; i++) {
                DescribedEntity entity = exact.entities().get(i);
                same(entity.patched(), naive.entities().get(i).patched());
                same(entity.random(), naive.entities().get(i).random());
                assertThat(entity.patched())
                        .allSatisfy(
                                c ->
                                        assertThat(c.said().probabilities())
                                                .allSatisfy(
                                                        p -> assertThat(p).isBetween(0.0, 1.0)));
            }
            Generation alone =
                    model.generation(TARGET)
                            .intervene(
                                    Intervention.replace(
                                            HookPoint.residual(layer),
                                            Positions.at(at),
                                            read(model, SECOND, 1)),
                                    Intervention.cutAttention(
                                                    Positions.all(), Positions.at(at), 0, layer)
                                            .during(Phase.ALL))
                            .maxNewTokens(2)
                            .run()
                            .first();
            EntityText cell = exact.entities().get(1).patched().get(0).said();
            assertThat(cell.ids()).isEqualTo(alone.ids().asList());
            for (int i = 0; i < alone.ids().length(); i++) {
                assertThat(cell.probabilities().get(i))
                        .isCloseTo(alone.tokens().get(i).probability(), within(SAME));
            }
            EntityText other = exact.entities().get(0).patched().get(0).said();
            assertThat(Math.abs(cell.probabilities().get(0) - other.probabilities().get(0)))
                    .isGreaterThan(1e-6);
        }
    }

    private static double[] read(HookedModel model, EntityInput entity, int layer) {
        return model.run(TokenBatch.of(List.of(entity.source())))
                .capture(Set.of(HookPoint.residual(layer)))
                .execute()
                .get(HookPoint.residual(layer))
                .vectorDoubles(0, entity.position());
    }

    private static List<Description> patched(EntityDescription d, TokenizedPrompt target, int at) {
        // relevance compares with the unpatched prompt, which does depend on its token
        return d.describe(List.of(FIRST), target, at, false).entities().get(0).patched().stream()
                .map(
                        c ->
                                new Description(
                                        c.sourceLayer(),
                                        c.targetLayer(),
                                        new EntityText(
                                                "",
                                                c.said().ids(),
                                                c.said().probabilities(),
                                                new TokenRelevance(
                                                        c.said().first().id(),
                                                        "",
                                                        c.said().first().patched(),
                                                        0))))
                .toList();
    }

    private static boolean differ(List<Description> a, List<Description> b) {
        for (int i = 1; i < a.size(); i++) {
            EntityText x = a.get(i).said();
            EntityText y = b.get(i).said();
            if (!x.ids().equals(y.ids())) {
                return true;
            }
            for (int t = 0; t < x.ids().size(); t++) {
                if (Math.abs(x.probabilities().get(t) - y.probabilities().get(t)) > 1e-6) {
                    return true;
                }
            }
        }
        return false;
    }

    @Test
    void leavesNothingNativeBehind() {
        try (HookedModel model = TraceModels.exact("gpt2")) {
            EntityDescription d = descriptions(model).hidingPlaceholder();
            d.describe(List.of(FIRST), TARGET, 4, true);
            int before = TraceModels.nativeArrays();
            d.describe(List.of(FIRST, SECOND), TARGET, 4, true);
            assertThat(TraceModels.nativeArrays()).isEqualTo(before);
        }
    }
}
