package dev.patchscopes.trace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.Layers;
import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.facts.Question;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.testing.StoppedCalls;
import dev.patchscopes.trace.causal.CausalTracing;
import dev.patchscopes.trace.cross.CrossModelEvaluation;
import dev.patchscopes.trace.cross.CrossModelFit;
import dev.patchscopes.trace.cross.CrossModelMap;
import dev.patchscopes.trace.cross.MapKind;
import dev.patchscopes.trace.entity.BackPatching;
import dev.patchscopes.trace.entity.EntityDescription;
import dev.patchscopes.trace.hops.HopQuestions;
import dev.patchscopes.trace.hops.MultiHop;
import dev.patchscopes.trace.knockout.AttentionKnockout;
import dev.patchscopes.trace.knockout.AttributeExtraction;
import dev.patchscopes.trace.patching.ActivationPatching;
import dev.patchscopes.trace.patching.AttributionPatching;
import dev.patchscopes.trace.patching.PatchTarget;
import dev.patchscopes.trace.patching.PatchedSite;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every long call of this module ends soon when it is asked to, and leaves nothing behind. */
class StoppedCallsTest {
    private static final PatchTarget STREAM = PatchTarget.byPosition(PatchedSite.RESID_PRE);
    private static final List<String> TEXTS =
            IntStream.range(0, 30)
                    .mapToObj("She went home %d times, and then she went to Japan."::formatted)
                    .toList();

    private static HookedModel model;
    private static int layers;
    private static List<FactPrompt> facts;
    private static CrossModelMap map;

    @BeforeAll
    static void load() {
        model = HookedModel.demoSmall();
        layers = model.layers();
        facts = GroundTruth.of(DemoModel.SMALL).knownPrompts().subList(0, 2);
        map = fit(Progress.none());
    }

    @AfterAll
    static void close() {
        model.close();
    }

    @TestFactory
    Stream<DynamicTest> everyLongCallEndsWhenAsked() {
        return calls().tests();
    }

    @Test
    void everyTypeThatTakesAListenerIsAmongThem() {
        assertThat(calls().missing(CausalTracing.class)).isEmpty();
    }

    private static StoppedCalls calls() {
        StoppedCalls calls = new StoppedCalls();
        addTraces(calls);
        addPatching(calls);
        addCrossModel(calls);
        addEntities(calls);
        return calls;
    }

    private static void addTraces(StoppedCalls calls) {
        calls.add(
                        CausalTracing.class,
                        "causal trace",
                        layers,
                        progress ->
                                CausalTracing.of(model)
                                        .prompt("The capital of Japan is")
                                        .subject("Japan")
                                        .progress(progress)
                                        .run()
                                        .toJson())
                .add(
                        CausalTracing.class,
                        "causal traces of facts",
                        2 * layers,
                        progress ->
                                CausalTracing.of(model).progress(progress).average(facts).toJson())
                .add(
                        AttentionKnockout.class,
                        "knockout",
                        layers,
                        progress ->
                                AttentionKnockout.of(model)
                                        .prompt("The capital of Japan is")
                                        .subject("Japan")
                                        .progress(progress)
                                        .run()
                                        .toJson())
                .add(
                        AttentionKnockout.class,
                        "knockout of facts",
                        2 * layers,
                        progress ->
                                AttentionKnockout.of(model)
                                        .progress(progress)
                                        .average(facts)
                                        .toJson())
                .add(
                        AttributeExtraction.class,
                        "attribute extraction",
                        2 * layers,
                        progress ->
                                AttributeExtraction.of(model)
                                        .progress(progress)
                                        .average(facts)
                                        .toJson());
    }

    private static void addPatching(StoppedCalls calls) {
        String japan = "The capital of Japan is";
        String france = "The capital of France is";
        calls.add(
                        ActivationPatching.class,
                        "activation patching",
                        layers,
                        progress ->
                                ActivationPatching.of(model)
                                        .clean(japan)
                                        .corrupted(france)
                                        .answer(" Tokyo")
                                        .against(" Paris")
                                        .firstTokens()
                                        .progress(progress)
                                        .run(STREAM)
                                        .toJson())
                .add(
                        AttributionPatching.class,
                        "attribution patching",
                        2 * layers,
                        progress ->
                                AttributionPatching.of(model)
                                        .pair(japan, france, " Tokyo", " Paris")
                                        .firstTokens()
                                        .progress(progress)
                                        .run(STREAM)
                                        .toJson());
    }

    private static CrossModelMap fit(Progress progress) {
        return CrossModelMap.between(model, model)
                .layers(Layers.at(1), Layers.at(1))
                .kind(MapKind.affine(1e-3))
                .texts(TEXTS)
                .heldOut(0.3)
                .patched(4)
                .seed(7)
                .progress(progress)
                .fit();
    }

    private static void addCrossModel(StoppedCalls calls) {
        calls.add(
                        CrossModelFit.class,
                        "fit of a map between models",
                        2,
                        progress -> fit(progress).report().toJson())
                .add(
                        CrossModelEvaluation.class,
                        "evaluation of a map between models",
                        layers,
                        progress ->
                                CrossModelEvaluation.of(map, model, model)
                                        .texts(TEXTS)
                                        .positions(3)
                                        .seed(3)
                                        .progress(progress)
                                        .run()
                                        .toJson());
    }

    private static void addEntities(StoppedCalls calls) {
        List<Question> questions =
                GroundTruth.of(DemoModel.SMALL).twoHop().stream()
                        .map(GroundTruth.TwoHop::direct)
                        .limit(2)
                        .toList();
        calls.add(
                        EntityDescription.class,
                        "entity description",
                        layers,
                        progress ->
                                EntityDescription.of(model)
                                        .maxNewTokens(3)
                                        .progress(progress)
                                        .describe("Japan")
                                        .toJson())
                .add(
                        BackPatching.class,
                        "back-patching",
                        layers,
                        progress ->
                                BackPatching.of(model)
                                        .layers(Layers.at(2), Layers.at(1))
                                        .seed(42)
                                        .progress(progress)
                                        .run(questions)
                                        .toJson())
                .add(
                        MultiHop.class,
                        "multi-hop questions",
                        layers,
                        progress ->
                                MultiHop.of(model)
                                        .questions(
                                                HopQuestions.of(GroundTruth.of(DemoModel.SMALL))
                                                        .subList(0, 2))
                                        .countAll()
                                        .layers(Layers.at(1), Layers.at(1))
                                        .progress(progress)
                                        .run()
                                        .toJson());
    }
}
