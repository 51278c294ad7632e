package dev.patchscopes.trace.cross;

import dev.patchscopes.trace.LayerPair;

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
import java.util.List;
import java.util.Locale;
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

    /**
     * What figure 10 of the paper shows: agreement with the source far above chance. Of 51 texts
     * 0.73 at 2 -> 2, 0.69 at 4 -> 8, 0.71 at 6 -> 10, random vectors 0.10 at most, unpatched 0.90;
     * in the paper 0.2 to 0.8.
     */
    @Test
    void mappedStatesAreGoneOnWithAsTheSourceDoes() {
        CrossModelMap map =
                CrossModelMap.between(small, large)
                        .pairs(new LayerPair(2, 2), new LayerPair(4, 8), new LayerPair(6, 10))
                        .texts(FitTexts.of(truth, tested, 1).subList(0, 500))
                        .heldOut(0.2)
                        .fit();
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

    /**
     * Kind of map and l are chosen on every other entity, and scored on the rest: 35 of 59 are
     * named rightly, 0.59 [0.47, 0.71], by ridge maps of l = 1, where random vectors reach 0.08 and
     * the prompt without a patch 0.20. All six candidates lie between 0.59 and 0.69 there, and
     * between 0.55 and 0.60 on the choosing half: about six of ten, and no more can be claimed.
     * Read by its own model, the small one's states reach 0.73 at their best layer, and the large
     * one's 0.86 at l* = 4, which is why that one is written to. Maps fitted to running text
     * instead of names reach 0.56.
     */
    @Test
    void theLargeModelDescribesEntitiesFromStatesOfTheSmallOne() {
        List<Entity> known = known(large, known(small, tested));
        assertThat(known).hasSizeGreaterThan(TESTED * 9 / 10);
        List<Candidate> candidates = new ArrayList<>();
        for (MapKind kind : List.of(MapKind.affine(), MapKind.lowRank(24))) {
            CrossModelMap map = mapOfNames(kind);
            for (LayerPair pair : map.pairs()) {
                Mapping f = map.mapping(pair.source(), pair.target());
                candidates.add(new Candidate(pair, f, described(known, pair, f)));
            }
        }
        Candidate best = candidates.get(0); // of equals the first
        for (Candidate other : candidates) {
            best = rate(other.named, 0).hits() > rate(best.named, 0).hits() ? other : best;
        }
        Rate scored = rate(best.named, 1);
        Mapping random = best.f.andThen(Mapping.of("random", randomVectors()));
        Rate control = rate(described(known, best.pair, random), 1);
        Rate unpatched = rate(unpatched(known), 1);
        String all =
                "%s %s: %s, random vectors %s, unpatched %s"
                        .formatted(best.pair, best.f.name(), scored, control, unpatched);
        assertThat(scored.low()).as(all).isGreaterThan(0.4);
        assertThat(control.high()).as(all).isLessThan(scored.low());
        assertThat(unpatched.high()).as(all).isLessThan(scored.low());
    }

    private record Candidate(LayerPair pair, Mapping f, List<Boolean> named) {}

    /** Fitted to the states at the ends of names that are not tested, read alone. */
    private static CrossModelMap mapOfNames(MapKind kind) {
        return CrossModelMap.between(small, large)
                .layers(Layers.range(1, 3), Layers.at(4))
                .kind(kind)
                .prompts(
                        FitTexts.names(truth, tested).stream()
                                .map(name -> AlignedPrompts.of(small, large, name).last())
                                .toList())
                .heldOut(0.2)
                .skipFirst(0) // a name of one token stands for itself
                .patched(0)
                .fit();
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

    private static Rate rate(List<Boolean> all, int half) {
        List<Boolean> some = new ArrayList<>();
        for (int i = half; i < all.size(); i += 2) {
            some.add(all.get(i));
        }
        int hits = (int) some.stream().filter(b -> b).count();
        return new Rate(hits, some.size(), some.size());
    }
}
