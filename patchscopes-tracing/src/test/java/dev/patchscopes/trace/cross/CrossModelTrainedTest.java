package dev.patchscopes.trace.cross;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.LayerGrid;
import dev.patchscopes.Layers;
import dev.patchscopes.Mapping;
import dev.patchscopes.Patchscope;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.facts.Entity;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.Generation;
import dev.patchscopes.model.HookedModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The small bundled model read by means of the large one, six blocks 64 wide into ten blocks 128
 * wide, about entities that no text of the fit names.
 */
@Tag("trained")
class CrossModelTrainedTest {
    private static final int TESTED = 120;
    private static final int NEW_TOKENS = 8;
    private static final Layers FROM = Layers.range(1, 3);
    private static final Layers TO = Layers.at(3, 4);

    private static HookedModel small;
    private static HookedModel large;
    private static GroundTruth truth;
    private static List<Entity> tested;

    @BeforeAll
    static void load() {
        small = HookedModel.demoSmall();
        large = HookedModel.demo();
        truth = GroundTruth.of(DemoModel.STANDARD);
        List<Entity> all = new ArrayList<>(truth.entities());
        Collections.shuffle(all, new Random(1));
        tested = all.subList(0, TESTED);
    }

    @AfterAll
    static void close() {
        small.close();
        large.close();
    }

    /** What fig. 10 of the paper shows: agreement far above chance, best where depths are alike. */
    @Test
    void mappedStatesAreGoneOnWithAsTheSourceDoes() {
        CrossModelMap map =
                CrossModelMap.between(small, large)
                        .pairs(new LayerPair(2, 2), new LayerPair(4, 8), new LayerPair(6, 10))
                        .texts(FitTexts.of(truth, tested, 1).subList(0, 500))
                        .heldOut(0.2)
                        .fit();
        System.out.println(map.report() + "\n" + map.scores().orElseThrow());
        CrossModelScores scores = map.scores().orElseThrow();
        for (LayerPair pair : map.pairs()) {
            CrossModelScores.PairScores at = scores.at(pair.source(), pair.target());
            assertThat(at.mapped().withSource().low())
                    .as("%s: %s", pair, at.mapped())
                    .isGreaterThan(at.randomVector().withSource().high())
                    .isGreaterThan(0.4);
            assertThat(at.mapped().surprisal().high())
                    .isLessThan(at.randomVector().surprisal().low());
            assertThat(map.report().at(pair.source(), pair.target()).overMean())
                    .isGreaterThan(0.25);
        }
        assertThat(scores.unpatched().withSource().share()).isGreaterThan(0.75);
    }

    @Test
    void theLargeModelDescribesEntitiesFromStatesOfTheSmallOne() {
        List<Entity> known = known(large, known(small, tested));
        assertThat(known).hasSizeGreaterThan(TESTED * 9 / 10);
        CrossModelMap map =
                CrossModelMap.between(small, large)
                        .layers(FROM, TO)
                        .prompts(
                                FitTexts.names(truth, tested).stream()
                                        .map(name -> AlignedPrompts.of(small, large, name).last())
                                        .toList())
                        .skipFirst(0) // names of one token stand for themselves
                        .patched(0)
                        .fit();
        Map<LayerPair, List<Boolean>> named = new HashMap<>();
        Map<LayerPair, List<Boolean>> random = new HashMap<>();
        for (LayerPair pair : map.pairs()) {
            named.put(pair, described(known, pair, map.mapping(pair.source(), pair.target())));
        }
        LayerPair best = best(named);
        random.put(
                best,
                described(
                        known,
                        best,
                        map.mapping(best.source(), best.target())
                                .andThen(Mapping.of("random", randomVectors()))));
        Rate scored = rate(named.get(best), 1);
        Rate control = rate(random.get(best), 1);
        System.out.println(best + " " + rate(named.get(best), 0) + " " + scored + " " + control);
        named.forEach((k, v) -> System.out.println(k + " " + rate(v, 0) + " " + rate(v, 1)));
        assertThat(scored.share()).as("%s at %s", scored, best).isGreaterThanOrEqualTo(0.6);
        assertThat(control.high()).as("random vectors").isLessThan(scored.low());
        Rate unpatched = rate(unpatched(known), 1);
        System.out.println("unpatched " + unpatched);
        assertThat(unpatched.high()).as("unpatched").isLessThan(scored.low());
    }

    private static UnaryOperator<double[]> randomVectors() {
        Random random = new Random(1);
        return h -> {
            double norm = Math.sqrt(Arrays.stream(h).map(x -> x * x).sum());
            double[] out = random.doubles(h.length).map(x -> x - 0.5).toArray();
            double own = Math.sqrt(Arrays.stream(out).map(x -> x * x).sum());
            return Arrays.stream(out).map(x -> x * norm / own).toArray();
        };
    }

    private static Patchscope scope(List<Entity> entities, LayerPair layers, Mapping f) {
        return Patchscope.on(small)
                .sourcePrompt(entities.get(0).name())
                .sourceLayer(layers.source())
                .mapping(f)
                .targetModel(large)
                .targetPrompt(TargetPrompt.entityDescription())
                .targetLayer(layers.target())
                .maxNewTokens(NEW_TOKENS)
                .stopAt(",", "\n")
                .build();
    }

    private static List<LayerGrid> grids(List<Entity> entities, LayerPair layers, Mapping f) {
        return scope(entities, layers, f)
                .sweep()
                .layers(Layers.at(layers.source()), Layers.at(layers.target()))
                .sourcePrompts(entities.stream().map(Entity::name).toArray(String[]::new))
                .reading(1)
                .run();
    }

    private static List<Boolean> described(List<Entity> entities, LayerPair layers, Mapping f) {
        List<LayerGrid> grids = grids(entities, layers, f);
        List<Boolean> out = new ArrayList<>();
        for (int i = 0; i < entities.size(); i++) {
            Generation said =
                    grids.get(i).at(layers.source(), layers.target()).generation().orElseThrow();
            out.add(names(said, entities.get(i)));
        }
        return out;
    }

    private static List<Boolean> unpatched(List<Entity> entities) {
        Generation said =
                large.generation(TargetPrompt.entityDescription().text())
                        .maxNewTokens(NEW_TOKENS)
                        .stopAt(",", "\n")
                        .run()
                        .all()
                        .get(0);
        return entities.stream().map(entity -> names(said, entity)).toList();
    }

    private static List<Entity> known(HookedModel model, List<Entity> entities) {
        String prompt = TargetPrompt.entityDescription().text();
        String examples = prompt.substring(0, prompt.length() - 1);
        List<Generation> said =
                model.generation(entities.stream().map(e -> examples + e.name()).toList())
                        .maxNewTokens(NEW_TOKENS)
                        .stopAt(",", "\n")
                        .run()
                        .all();
        List<Entity> known = new ArrayList<>();
        for (int i = 0; i < entities.size(); i++) {
            if (names(said.get(i), entities.get(i))) {
                known.add(entities.get(i));
            }
        }
        return known;
    }

    private static boolean names(Generation said, Entity entity) {
        return Pattern.compile(
                        "\\b" + Pattern.quote(entity.category().toLowerCase(Locale.ROOT)) + "\\b")
                .matcher(said.text().toLowerCase(Locale.ROOT))
                .find();
    }

    /** The pair that names most of the first half, every other entity. */
    private static LayerPair best(Map<LayerPair, List<Boolean>> named) {
        return named.keySet().stream()
                .sorted((a, b) -> a.toString().compareTo(b.toString()))
                .reduce(
                        (a, b) ->
                                rate(named.get(b), 0).hits() > rate(named.get(a), 0).hits() ? b : a)
                .orElseThrow();
    }

    private static Rate rate(List<Boolean> all, int half) {
        List<Boolean> some = new ArrayList<>();
        for (int i = half; i < all.size(); i += 2) {
            some.add(all.get(i));
        }
        int hits = (int) some.stream().filter(b -> b).count();
        return new Rate(hits, some.size(), some.size());
    }
}
