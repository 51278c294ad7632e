package dev.patchscopes.lens.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.Layers;
import dev.patchscopes.Mapping;
import dev.patchscopes.Patchscope;
import dev.patchscopes.PatchscopeException;
import dev.patchscopes.PatchscopeResult;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.internal.RandomVector;
import dev.patchscopes.lens.StopAfter;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.measure.Scoring;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.text.CharSpan;
import dev.patchscopes.text.Positions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Identities that hold for any weights. */
class FeatureExtractionTest {

    private static final Layers SOME = Layers.at(0, 2, 6);

    private static HookedModel model;
    private static Relation capitals;

    @BeforeAll
    static void load() {
        model = HookedModel.demoSmall();
        Relation all = Relation.of(GroundTruth.of(DemoModel.SMALL), "capital");
        capitals = all.with(all.samples().subList(0, 3));
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static FeatureExtraction some() {
        return FeatureExtraction.of(model)
                .relation(capitals)
                .sources("They came from {} last year.", "{}")
                .layers(SOME, SOME)
                .maxNewTokens(6)
                .seed(5)
                .countAll();
    }

    @Test
    void eachCellIsThePatchscopeByItself() {
        FeatureExtraction extraction = some();
        FeatureExtractionReport report = extraction.run();

        assertThat(report.samples()).hasSize(6);
        assertThat(report.samples().stream().map(SampleReading::sample))
                .isEqualTo(extraction.samples());
        for (SampleReading reading : report.samples()) {
            int cell = 0;
            for (int l : new int[] {0, 2, 6}) {
                for (int to : new int[] {0, 2, 6}) {
                    PatchscopeResult alone = extraction.asPatchscope(reading.sample(), l, to).run();
                    assertSameAnswer(reading.patched().get(cell++), alone.text(), reading.sample());
                    assertThat(report.placeholderAnswer()).isEqualTo(alone.unpatched().text());
                }
            }
            String subject = reading.sample().fact().subject();
            assertThat(reading.direct())
                    .isEqualTo(model.generate("The capital of " + subject, 20).text());
        }
        assertThat(report.samples().stream().flatMap(r -> r.patched().stream()).distinct())
                .hasSizeGreaterThan(5); // the cells do differ
    }

    /** The whole answer, or its beginning up to where the object has been found for good. */
    private static void assertSameAnswer(String answer, String whole, FeatureSample sample) {
        assertThat(whole).as("%s", sample).startsWith(answer);
        if (!Scoring.isFound(answer, sample.fact())) {
            assertThat(answer).as("%s", sample).isEqualTo(whole);
        }
        for (Scoring scoring : Scoring.values()) {
            assertThat(scoring.finds(answer, sample.fact()))
                    .as("%s", sample)
                    .isEqualTo(scoring.finds(whole, sample.fact()));
        }
    }

    @Test
    void eachRandomCellIsAPatchscopeWithAVectorOfTheSameLength() {
        FeatureExtraction extraction = some();
        List<SampleReading> read = extraction.run().samples();
        for (int sample = 0; sample < 2; sample++) {
            Patchscope same = extraction.asPatchscope(read.get(sample).sample(), 2, 6);
            RandomVector vector = new RandomVector(5, sample, 2);
            PatchscopeResult alone =
                    Patchscope.on(model)
                            .sourcePrompt(same.source().prompt())
                            .sourcePosition(Positions.at(same.source().position()))
                            .sourceLayer(2)
                            .mapping(Mapping.of("random", vector))
                            .targetPrompt(TargetPrompt.featureExtraction("The capital of"))
                            .targetLayer(6)
                            .maxNewTokens(6)
                            .build()
                            .run();

            assertSameAnswer(
                    read.get(sample).random().get(5), alone.text(), read.get(sample).sample());
            assertThat(alone.toRecord().patchNorm())
                    .isCloseTo(alone.toRecord().vectorNorm(), within(1e-9));
        }
    }

    @Test
    void randomVectorsDependOnSeedSampleAndLayerAlone() {
        double[] h = {3, 4};
        double[] drawn = new RandomVector(1, 2, 3).apply(h);

        assertThat(new RandomVector(1, 2, 3).apply(new double[] {0, 10}))
                .containsExactly(Arrays.stream(drawn).map(v -> 2 * v).toArray(), within(1e-12));
        assertThat(h).containsExactly(3, 4);
        assertThat(new RandomVector(2, 2, 3).apply(h)).isNotEqualTo(drawn);
        assertThat(new RandomVector(1, 3, 3).apply(h)).isNotEqualTo(drawn);
        assertThat(new RandomVector(1, 2, 4).apply(h)).isNotEqualTo(drawn);
        assertThat(new RandomVector(1, 3, 2).apply(h)).isNotEqualTo(drawn);
    }

    @Test
    void whatIsNeverUsedChangesNothing() {
        FeatureExtractionReport report =
                some().target(TargetPrompt.of("Where x lies, the capital is", "x"))
                        .layers(SOME, Layers.at(6))
                        .run();

        for (SampleReading reading : report.samples()) {
            assertThat(reading.patched()).containsOnly(report.placeholderAnswer());
            assertThat(reading.random()).containsOnly(report.placeholderAnswer());
        }
    }

    @Test
    void aVectorWrittenWhereItWasReadChangesNothing() {
        FeatureSample itself =
                new FeatureSample(
                        Relation.Sample.of("x", "nothing"),
                        "The capital of x",
                        new CharSpan(15, 16));
        FeatureExtractionReport report = some().samples(List.of(itself)).run();
        List<String> patched = report.samples().get(0).patched();

        assertThat(List.of(patched.get(0), patched.get(4), patched.get(8)))
                .containsOnly(report.placeholderAnswer());
    }

    @Test
    void whatComesAfterTheMentionChangesNothing() {
        List<SampleReading> read =
                some().sources("So {}", "So {} and much else besides").run().samples();
        for (int i = 0; i < read.size(); i += 2) {
            assertThat(read.get(i).patched()).isEqualTo(read.get(i + 1).patched());
        }
    }

    @Test
    void isTheSameAgainAndOtherwiseWithAnotherSeed() {
        FeatureExtractionReport report = some().run();
        FeatureExtractionReport other = some().seed(6).run();

        assertThat(some().memoryBudget(1).run()).isEqualTo(report);
        assertThat(other.samples().stream().map(SampleReading::patched))
                .isEqualTo(report.samples().stream().map(SampleReading::patched).toList());
        assertThat(other.samples().stream().map(SampleReading::random).toList())
                .isNotEqualTo(report.samples().stream().map(SampleReading::random).toList());
        assertThat(FeatureExtractionReport.fromJson(report.toJson())).isEqualTo(report);
    }

    @Test
    void countsOnlyWhatIsAnsweredUnlessToldOtherwise() {
        Relation odd =
                capitals.with(
                        ImmutableList.of(
                                capitals.samples().get(0),
                                Relation.Sample.of("Japan", "the moon"),
                                Relation.Sample.of("Japan", "Mars")));
        FeatureExtractionReport report =
                FeatureExtraction.of(model).relation(odd).layers(SOME, SOME).maxNewTokens(2).run();

        assertThat(report.samples()).hasSize(2); // one a subject
        assertThat(report.samples().get(1).sample().fact().answers())
                .containsExactly("the moon", "Mars");
        assertThat(report.samples().get(1).patched()).isEmpty();
        assertThat(report.direct().strict()).isEqualTo(new Rate(1, 2, 2));
        assertThat(report.at(2, 2).strict().outcomes()).isEqualTo(1);
    }

    @Test
    void takesTheWordsOfThePaperByTheRelationsName() {
        Relation paper =
                new Relation(
                        "country capital city",
                        Optional.empty(),
                        capitals.promptTemplates(),
                        capitals.zeroShotTemplates(),
                        capitals.properties(),
                        capitals.samples());
        FeatureExtraction extraction = FeatureExtraction.of(model).relation(paper);

        assertThat(
                        extraction
                                .asPatchscope(extraction.samples().get(0), 1, 2)
                                .target()
                                .prompt()
                                .text())
                .isEqualTo("The capital city of x");
        assertThat(Verbalisations.ofPhrase("the country where {} was born"))
                .isEqualTo(TargetPrompt.of("The country where x was born", "x"));
    }

    @Test
    void tellsOfProgressAndCanBeStopped() {
        List<Long> done = new ArrayList<>();
        some().progress(
                        (d, total, elapsed) -> {
                            assertThat(total).isEqualTo(6 * 9 * 2 + 1);
                            done.add(d);
                        })
                .run();
        assertThat(done).isSorted().doesNotHaveDuplicates().endsWith(109L);

        assertThatThrownBy(() -> some().memoryBudget(1).progress(new StopAfter(1)).run())
                .isInstanceOf(CancellationException.class);
    }

    @Test
    void saysWhatIsMissing() {
        FeatureExtraction none = FeatureExtraction.of(model);
        assertThatThrownBy(none.target(TargetPrompt.featureExtraction("The capital of"))::run)
                .isInstanceOf(PatchscopeException.class)
                .hasMessage(
                        "the feature extraction on %s has no samples: add .relation(relation) or .samples(list)",
                        model.name());
        Relation unworded =
                new Relation(
                        "grandmother",
                        Optional.empty(),
                        ImmutableList.of(),
                        ImmutableList.of(),
                        capitals.properties(),
                        capitals.samples());
        assertThatThrownBy(none.relation(unworded)::run)
                .isInstanceOf(PatchscopeException.class)
                .hasMessageStartingWith("the relation \"grandmother\" has no target prompt: ");
        assertThatThrownBy(() -> none.target(TargetPrompt.of("The capital of x")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("has no placeholder for the subject");
        assertThatThrownBy(some().layers(Layers.all(), Layers.at(7))::run)
                .isInstanceOf(OutOfRangeException.class);
        assertThatThrownBy(
                        none.relation(
                                        capitals.with(
                                                ImmutableList.of(
                                                        Relation.Sample.of("Japan", "the moon"))))
                                ::run)
                .isInstanceOf(PatchscopeException.class)
                .hasMessageContaining("answers the direct question of none of the 1 samples");
        assertThatThrownBy(
                        () ->
                                new FeatureSample(
                                        Relation.Sample.of("Japan", "Tokyo"),
                                        "In Japan",
                                        new CharSpan(2, 7)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("characters 2..7 of \"In Japan\" are not the subject \"Japan\"");
        assertThat(some())
                .hasToString(
                        "FeatureExtraction[%s, %s, layers at 0, 2, 6 x layers at 0, 2, 6, 6 new tokens, seed 5]"
                                .formatted(model.name(), capitals));
    }
}
