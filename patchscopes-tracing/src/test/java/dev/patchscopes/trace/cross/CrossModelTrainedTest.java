package dev.patchscopes.trace.cross;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.LayerGrid;
import dev.patchscopes.Layers;
import dev.patchscopes.Mapping;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.internal.RandomVector;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.Generation;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.CharSpan;
import dev.patchscopes.text.Positions;
import dev.patchscopes.trace.LayerMaps;
import dev.patchscopes.trace.LayerPair;
import dev.patchscopes.trace.entity.EntityDescription;
import dev.patchscopes.trace.entity.EntityReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The small bundled model read by means of the large one, six blocks 64 wide into ten blocks 128
 * wide.
 */
@Tag("trained")
class CrossModelTrainedTest {
    private static final TargetPrompt PROMPT = TargetPrompt.entityDescription();
    private static final int NEW_TOKENS = 8;

    /** l*, where the large model describes states of its own best. */
    private static final int WRITTEN = 4;

    private static HookedModel small;
    private static HookedModel large;
    private static GroundTruth truth;

    @BeforeAll
    static void load() {
        small = HookedModel.demoSmall();
        large = HookedModel.demo();
        truth = GroundTruth.of(DemoModel.STANDARD);
    }

    @AfterAll
    static void close() {
        small.close();
        large.close();
    }

    /**
     * What figure 10 of the paper shows: agreement with the source far above chance. Of 46 texts
     * 0.85 at 2 -> 2, 0.61 at 4 -> 8, 0.65 at 6 -> 10, random vectors 0.13 at most, unpatched 0.96;
     * in the paper 0.2 to 0.8.
     */
    @Test
    void mappedStatesAreGoneOnWithAsTheSourceDoes() {
        CrossModelMap map =
                CrossModelMap.between(small, large)
                        .pairs(new LayerPair(2, 2), new LayerPair(4, 8), new LayerPair(6, 10))
                        .texts(FitTexts.of(truth, 1).subList(0, 500))
                        .heldOut(0.2)
                        .fit();
        CrossModelScores scores = map.scores().orElseThrow();
        for (LayerPair pair : map.pairs()) {
            CrossModelScores.PairScores at = scores.at(pair.source(), pair.target());
            assertThat(at.mapped().withSource().low())
                    .as("%s: %s", pair, at.mapped())
                    .isGreaterThan(at.randomVector().withSource().high())
                    .isGreaterThan(0.4);
            assertThat(at.mapped().surprisalOfPatchedPrediction().high())
                    .isLessThan(at.randomVector().surprisalOfPatchedPrediction().low());
            assertThat(map.report().at(pair.source(), pair.target()).overMean())
                    .isGreaterThan(0.25);
        }
        assertThat(scores.unpatched().withSource().share()).isGreaterThan(0.75);
    }

    /**
     * The right category for six of ten entities that both models know, which are 735 of 740: 0.66
     * [0.62, 0.69], where random vectors reach 0.07 and the prompt without a patch 0.16. Each half
     * of the entities is scored with ridge maps fitted to the names of the other half, the target's
     * states taken where the names stand in place of x ({@link AlignedPrompts#inPlace}); l is
     * chosen within that other half too, and is 6 for the one and 4 for the other.
     *
     * <p>With l* from 1 to 6 and maps of rank 24 among the choices as well, it is 0.67 [0.63,
     * 0.70]; the same with both states taken at the end of the bare name 0.65 [0.62, 0.69], and
     * with 400 sentences fitted to beside the names in place 0.56 [0.53, 0.60]. From l* = 5 on no
     * map names more than 0.27 of the entities it was chosen on.
     */
    @Test
    void theLargeModelDescribesEntitiesFromStatesOfTheSmallOne() {
        List<EntityReference> entities =
                new ArrayList<>(truth.entities().stream().map(EntityReference::of).toList());
        Collections.shuffle(entities, new Random(0));
        Set<EntityReference> known = new HashSet<>(known(small, entities));
        known.retainAll(known(large, entities));
        List<EntityReference> one = entities.subList(0, entities.size() / 2);
        List<EntityReference> other = entities.subList(entities.size() / 2, entities.size());
        List<Outcome> outcomes = new ArrayList<>(outcomes(one, other, known));
        outcomes.addAll(outcomes(other, one, known));

        Rate named = Rate.of(outcomes, Outcome::named, Outcome::name);
        Rate random = Rate.of(outcomes, Outcome::byRandom, Outcome::name);
        Rate unpatched = Rate.of(outcomes, Outcome::unpatched, Outcome::name);
        String all = "%s, random %s, unpatched %s".formatted(named, random, unpatched);
        assertThat(named.subjects()).as(all).isGreaterThan(entities.size() * 95 / 100);
        assertThat(named.share()).as(all).isGreaterThanOrEqualTo(0.6);
        assertThat(random.high()).as(all).isLessThan(named.low());
        assertThat(unpatched.high()).as(all).isLessThan(named.low());
    }

    /** Whether an entity's category was named: from its state, a random vector, and no vector. */
    private record Outcome(String name, boolean named, boolean byRandom, boolean unpatched) {}

    /** Chooses l and fits on some entities, and scores all others that both models know. */
    private static List<Outcome> outcomes(
            List<EntityReference> fitted,
            List<EntityReference> others,
            Set<EntityReference> known) {
        int layer = chosenLayer(fitted, known);
        List<EntityReference> scored = others.stream().filter(known::contains).toList();
        CrossModelMap map = mapOfNames(fitted, Layers.at(layer));
        Mapping random =
                map.mapping(layer, WRITTEN)
                        .andThen(Mapping.of("random", CrossModelTrainedTest::randomVector));
        List<Boolean> named = described(scored, layer, map::mapping);
        List<Boolean> byRandom = described(scored, layer, (l, to) -> random);
        String unpatched = said(large, List.of(PROMPT.text())).get(0);
        return IntStream.range(0, scored.size())
                .mapToObj(
                        i ->
                                new Outcome(
                                        scored.get(i).name(),
                                        named.get(i),
                                        byRandom.get(i),
                                        scored.get(i).isNamedBy(unpatched)))
                .toList();
    }

    /**
     * The l whose map, fitted to three quarters, names most of the last one; of equals the first.
     */
    private static int chosenLayer(List<EntityReference> entities, Set<EntityReference> known) {
        int fitted = entities.size() * 3 / 4;
        List<EntityReference> choosing =
                entities.subList(fitted, entities.size()).stream().filter(known::contains).toList();
        CrossModelMap map = mapOfNames(entities.subList(0, fitted), Layers.all());
        int best = 0;
        int most = -1;
        for (int l = 0; l <= small.layers(); l++) {
            int named = Collections.frequency(described(choosing, l, map::mapping), true);
            if (named > most) {
                most = named;
                best = l;
            }
        }
        return best;
    }

    /** Fitted to the states at the ends of names, bare and in place of x. */
    private static CrossModelMap mapOfNames(List<EntityReference> entities, Layers read) {
        return CrossModelMap.between(small, large)
                .layers(read, Layers.at(WRITTEN))
                .prompts(
                        entities.stream()
                                .map(e -> AlignedPrompts.inPlace(small, large, e.name(), PROMPT))
                                .toList())
                .heldOut(0.15)
                .skipFirst(0) // a name of one token stands for itself
                .patched(0)
                .fit();
    }

    /** Of each entity whether its category is named from its state. */
    private static List<Boolean> described(
            List<EntityReference> entities, int layer, LayerMaps maps) {
        List<LayerGrid> grids =
                EntityDescription.of(small)
                        .targetModel(large)
                        .mapping(maps)
                        .maxNewTokens(NEW_TOKENS)
                        .asPatchscope(entities.get(0).name(), layer, WRITTEN)
                        .sweep() // of all names at once, without the texts of the names themselves
                        .layers(Layers.at(layer), Layers.at(WRITTEN))
                        .sourcePrompts(
                                entities.stream().map(EntityReference::name).toArray(String[]::new))
                        .sourcePositions(Positions.last())
                        .reading(1)
                        .run();
        return named(
                entities,
                grids.stream()
                        .map(grid -> grid.at(layer, WRITTEN).generation().orElseThrow().text())
                        .toList());
    }

    /** Entities whose category a model names when the name itself stands in place of x. */
    private static List<EntityReference> known(HookedModel model, List<EntityReference> entities) {
        CharSpan x = PROMPT.placeholder().orElseThrow();
        String examples = PROMPT.text().substring(0, x.start());
        List<Boolean> named =
                named(
                        entities,
                        said(model, entities.stream().map(e -> examples + e.name()).toList()));
        return IntStream.range(0, entities.size())
                .filter(named::get)
                .mapToObj(entities::get)
                .toList();
    }

    private static List<String> said(HookedModel model, List<String> prompts) {
        return model
                .generation(prompts)
                .maxNewTokens(NEW_TOKENS)
                .stopAt(",", "\n")
                .run()
                .all()
                .stream()
                .map(Generation::text)
                .toList();
    }

    private static List<Boolean> named(List<EntityReference> entities, List<String> texts) {
        return IntStream.range(0, entities.size())
                .mapToObj(i -> entities.get(i).isNamedBy(texts.get(i)))
                .toList();
    }

    /** As long as the vector, of a direction that only its bits decide: another for each. */
    private static double[] randomVector(double[] vector) {
        return new RandomVector(Arrays.hashCode(vector), 0, WRITTEN).apply(vector);
    }
}
