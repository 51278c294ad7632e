package dev.patchscopes.lens;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.Layers;
import dev.patchscopes.corpus.CorpusStream;
import dev.patchscopes.corpus.TextCorpus;
import dev.patchscopes.corpus.TextDocument;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.lens.feature.FeatureExtraction;
import dev.patchscopes.lens.future.BigramBaseline;
import dev.patchscopes.lens.future.FutureLens;
import dev.patchscopes.lens.future.FutureLensEvaluation;
import dev.patchscopes.lens.future.FuturePrompts;
import dev.patchscopes.lens.future.LinearFutureTraining;
import dev.patchscopes.lens.future.SoftPrompt;
import dev.patchscopes.lens.future.SoftPromptTraining;
import dev.patchscopes.lens.future.VocabularyFutureTraining;
import dev.patchscopes.lens.probe.ProbeExample;
import dev.patchscopes.lens.probe.ProbeTraining;
import dev.patchscopes.lens.relation.AttributeLens;
import dev.patchscopes.lens.relation.LinearRelation;
import dev.patchscopes.lens.relation.LinearRelationBuilder;
import dev.patchscopes.lens.relation.RelationEvaluation;
import dev.patchscopes.lens.tuned.LayerTransfer;
import dev.patchscopes.lens.tuned.RidgeFit;
import dev.patchscopes.lens.tuned.TunedLens;
import dev.patchscopes.lens.tuned.TunedTraining;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.testing.StoppedCalls;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every long call of this module ends soon when it is asked to, and leaves nothing behind. */
class StoppedCallsTest {
    private static final TextCorpus TEXTS =
            TextCorpus.of(
                    Stream.of("Japan", "France", "Peru", "Italy", "Egypt", "China", "Spain", "Cuba")
                            .map("She went to %s last year, and then she came home."::formatted)
                            .toArray(String[]::new));

    @TempDir private static Path own;
    private static HookedModel model;
    private static int layers;
    private static Relation capitals;
    private static TunedLens tuned;
    private static LinearRelation relation;

    @BeforeAll
    static void load() throws IOException {
        model = HookedModel.demoSmall();
        layers = model.layers();
        capitals = Relation.of(GroundTruth.of(DemoModel.SMALL), "capital");
        tuned = ridge(Progress.none());
        relation = fitted(Progress.none());
        Files.write(
                own.resolve("corpus.txt"),
                "some text\n\n".repeat(10_000).getBytes(StandardCharsets.UTF_8));
    }

    @AfterAll
    static void close() {
        tuned.close();
        model.close();
    }

    @TestFactory
    Stream<DynamicTest> everyLongCallEndsWhenAsked() {
        return calls().tests();
    }

    @Test
    void everyTypeThatTakesAListenerIsAmongThem() {
        assertThat(calls().missing(TunedLens.class)).isEmpty();
    }

    private static StoppedCalls calls() {
        StoppedCalls calls = new StoppedCalls();
        addReadings(calls);
        addTunedLenses(calls);
        addFutureLenses(calls);
        addRelations(calls);
        addOthers(calls);
        return calls;
    }

    // ---- readings -------------------------------------------------------------------------------

    private static void addReadings(StoppedCalls calls) {
        calls.add(
                        "logit lens",
                        layers + 2,
                        () -> LogitLens.of(model).read("The capital of Japan is").toJson())
                .add(
                        LensEvaluation.class,
                        "evaluation of lenses",
                        layers + 2,
                        progress ->
                                LensEvaluation.of(LogitLens.of(model))
                                        .texts(TEXTS)
                                        .progress(progress)
                                        .run()
                                        .toJson());
    }

    // ---- tuned lenses ---------------------------------------------------------------------------

    private static TunedLens ridge(Progress progress) {
        return TunedLens.ridge(model).onTokens(chunks()).progress(progress).fit();
    }

    private static List<ImmutableIntArray> chunks() {
        List<ImmutableIntArray> out = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            out.add(ImmutableIntArray.copyOf(new Random(i).ints(8, 10, 100)));
        }
        return out;
    }

    private static String numbers(TunedLens lens) {
        StringBuilder out = new StringBuilder();
        for (int layer = 0; layer < layers; layer++) {
            out.append(Arrays.hashCode(lens.translator(layer).matrix().values()));
        }
        return out.toString();
    }

    private static void addTunedLenses(StoppedCalls calls) {
        calls.add(
                        RidgeFit.class,
                        "ridge fit",
                        layers + 1 + layers,
                        progress -> {
                            try (TunedLens lens = ridge(progress)) {
                                return numbers(lens);
                            }
                        })
                .add(
                        TunedTraining.class,
                        "training of a tuned lens",
                        2 * (layers + 1 + layers),
                        progress -> {
                            try (TunedLens lens =
                                    TunedLens.train(model)
                                            .onTokens(chunks())
                                            .steps(2)
                                            .tokensPerStep(32)
                                            .progress(progress)
                                            .fit()) {
                                return numbers(lens);
                            }
                        })
                .add(
                        LayerTransfer.class,
                        "transfer between layers",
                        2 * (layers + 1),
                        progress ->
                                LayerTransfer.of(
                                                tuned,
                                                List.of(
                                                        TokenizedPrompt.ofIds(3, 17, 42),
                                                        TokenizedPrompt.ofIds(9, 30)),
                                                progress)
                                        .toJson());
    }

    // ---- future lenses --------------------------------------------------------------------------

    private static void addFutureLenses(StoppedCalls calls) {
        calls.add(
                        LinearFutureTraining.class,
                        "training of a linear future lens",
                        layers + 1,
                        progress ->
                                ""
                                        + FutureLens.linear(model)
                                                .on(TEXTS)
                                                .layers(Layers.at(1))
                                                .ahead(2)
                                                .validation(0.3)
                                                .progress(progress)
                                                .fit())
                .add(
                        VocabularyFutureTraining.class,
                        "training of a future lens to the vocabulary",
                        layers + 1,
                        progress ->
                                ""
                                        + FutureLens.linearToVocabulary(model)
                                                .rank(4)
                                                .on(TEXTS)
                                                .layers(Layers.at(1))
                                                .ahead(2)
                                                .validation(0.3)
                                                .progress(progress)
                                                .fit())
                .add(
                        SoftPromptTraining.class,
                        "training of a soft prompt",
                        2 * 2 * (layers + 1),
                        progress ->
                                SoftPrompt.train(model)
                                        .on(TEXTS)
                                        .layer(1)
                                        .length(2)
                                        .ahead(1, 0)
                                        .batch(2)
                                        .steps(2)
                                        .validation(0.5)
                                        .seed(1)
                                        .progress(progress)
                                        .fit()
                                        .toString())
                .add(
                        FutureLensEvaluation.class,
                        "evaluation of future lenses",
                        layers + 1,
                        progress ->
                                FutureLensEvaluation.of(model)
                                        .predictors(
                                                FutureLens.unpatched(model, FuturePrompts.first()))
                                        .on(TEXTS)
                                        .examples(3)
                                        .positionsPerText(1)
                                        .progress(progress)
                                        .run()
                                        .toJson())
                .add(
                        BigramBaseline.class,
                        "count of bigrams",
                        2,
                        progress -> "" + BigramBaseline.of(model, TEXTS, progress));
    }

    // ---- relations ------------------------------------------------------------------------------

    private static LinearRelation fitted(Progress progress) {
        return LinearRelation.of(model)
                .relation(capitals)
                .examples(capitals.samples().subList(0, 2))
                .layer(1)
                .progress(progress)
                .fit();
    }

    private static void addRelations(StoppedCalls calls) {
        calls.add(
                        LinearRelationBuilder.class,
                        "fit of a relation",
                        2 * (layers + 1),
                        progress -> Arrays.toString(fitted(progress).bias()))
                .add(
                        AttributeLens.class,
                        "attribute lens",
                        layers + 1 + 2,
                        progress ->
                                AttributeLens.of(model, relation)
                                        .progress(progress)
                                        .read("Japan")
                                        .toJson())
                .add(
                        RelationEvaluation.class,
                        "evaluation of a relation",
                        10 * layers,
                        progress ->
                                RelationEvaluation.of(model)
                                        .relation(capitals.with(capitals.samples().subList(0, 5)))
                                        .examples(2)
                                        .layers(Layers.at(1))
                                        .editLayers(Layers.at(1))
                                        .betas(1)
                                        .ranks(4)
                                        .trials(1)
                                        .seed(42)
                                        .progress(progress)
                                        .run()
                                        .toJson());
    }

    // ---- the others -----------------------------------------------------------------------------

    private static void addOthers(StoppedCalls calls) {
        calls.add(
                        ProbeTraining.class,
                        "training of probes",
                        100, // most of them of iterations
                        progress ->
                                ProbeTraining.of(model)
                                        .examples(examples())
                                        .layers(Layers.at(0, 1))
                                        .batch(40)
                                        .progress(progress)
                                        .run()
                                        .toJson())
                .add(
                        FeatureExtraction.class,
                        "feature extraction",
                        4 * layers,
                        progress ->
                                FeatureExtraction.of(model)
                                        .relation(capitals.with(capitals.samples().subList(0, 2)))
                                        .sources("They came from {} last year.")
                                        .layers(Layers.at(1), Layers.at(1))
                                        .maxNewTokens(3)
                                        .seed(5)
                                        .countAll()
                                        .progress(progress)
                                        .run()
                                        .toJson())
                .add(
                        "reading of a corpus",
                        110_000 / 8192,
                        () -> {
                            try (CorpusStream<TextDocument> texts =
                                    TextCorpus.open(own.resolve("corpus.txt"))
                                            .blankLines()
                                            .documents()) {
                                return "" + texts.stream().count();
                            }
                        });
    }

    private static List<ProbeExample> examples() {
        List<ProbeExample> out = new ArrayList<>();
        List<String> words = List.of("red", "blue", "green");
        for (int i = 0; i < 45; i++) {
            String word = words.get(i % 3);
            out.add(
                    ProbeExample.of(
                            "It is %s here, and number %d".formatted(word, i / 3),
                            Positions.lastTokenOf(word),
                            word));
        }
        return out;
    }
}
