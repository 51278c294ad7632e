package dev.patchscopes.lens.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.Layers;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.lens.StopAfter;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.model.Progress;
import dev.patchscopes.text.Positions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Whole trainings; whatever model it is, it knows the token it reads. */
class ProbeTrainingTest {
    private static final List<String> WORDS = List.of("red", "blue", "green");

    private static HookedModel model;
    private static HookedModel other;

    @BeforeAll
    static void load() {
        model = HookedModel.demoSmall();
        other = HookedModel.demo();
    }

    @AfterAll
    static void close() {
        model.close();
        other.close();
    }

    /** Which of three words is read, after texts of many lengths. */
    private static List<ProbeExample> words() {
        List<ProbeExample> out = new ArrayList<>();
        for (int i = 0; i < 90; i++) {
            String word = WORDS.get(i % 3);
            out.add(
                    ProbeExample.of(
                            "It is "
                                    + "so ".repeat(i / 3 % 7)
                                    + word
                                    + " here, and number "
                                    + i / 3,
                            Positions.lastTokenOf(word),
                            word));
        }
        return out;
    }

    @Test
    void statesAreThoseOfRunsOneByOne() {
        List<ProbeExample> examples = words().subList(0, 20);
        ImmutableIntArray layers = Layers.all().resolve(model);
        ExampleStates reader = new ExampleStates(model, ImmutableList.copyOf(examples));
        float[][][] states = reader.read(layers, 6, new Steps(Progress.none(), "reading", 4));
        assertThat(states.length).isEqualTo(model.layers() + 1);
        for (int i = 0; i < examples.size(); i++) {
            for (int layer = 0; layer <= model.layers(); layer++) {
                HookPoint point = HookPoint.residual(layer);
                float[] alone =
                        model.run(examples.get(i).text())
                                .capture(point)
                                .execute()
                                .vector(point, examples.get(i).position());
                assertThat(states[layer][i]).containsExactly(alone, within(2e-4f));
            }
        }
        assertThat(reader.tokens()).startsWith(" red", " blue", " green");
    }

    @Test
    void theEmbeddingTellsWhichTokenItIs() {
        ProbeReport report = ProbeTraining.of(model).examples(words()).seed(3).run();
        assertThat(report.probes()).hasSize(model.layers() + 1);
        LayerProbe embedding = report.at(0);
        assertThat(embedding.accuracy().share()).isEqualTo(1);
        assertThat(embedding.score().converged()).isTrue();
        assertThat(report.scores().majority().share()).isCloseTo(1.0 / 3, within(0.06));
        assertThat(report.scores().provenance().keys()).isEqualTo(3);
        assertThat(report.scores().provenance().keysSeen()).isEqualTo(1);
        // three word types with a label each: memory alone does it, and selectivity says so
        assertThat(embedding.selectivity()).isEqualTo(0);
        assertThat(ProbeScores.fromJson(report.toJson())).isEqualTo(report.scores());
        assertThat(report.toString().lines()).hasSize(model.layers() + 4);
    }

    @Test
    void aProbeReadsLikeAPatchscope() {
        LinearProbe probe =
                ProbeTraining.of(model).examples(words()).layers(Layers.at(2)).run().at(2).probe();
        String text = "They say it is very blue here";
        Positions blue = Positions.lastTokenOf("blue");
        HookPoint point = HookPoint.residual(2);
        double[] h = model.run(text).capture(point).execute().vectorDoubles(point, blue);
        ClassProbabilities read = probe.read(model, text, blue);
        assertThat(read.top()).isEqualTo("blue");
        assertThat(read).isEqualTo(probe.predict(h));
        assertThat(probe.logits(h)).isEqualTo(probe.asMapping().apply(h));
        assertThatThrownBy(() -> probe.read(other, text, blue))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("is another model");
    }

    @Test
    void theSeedDecidesAll() {
        ProbeTraining training =
                ProbeTraining.of(model).examples(words()).layers(Layers.at(1)).seed(5);
        ProbeReport first = training.run();
        assertThat(training.run()).isEqualTo(first);
        assertThat(training.seed(6).run().probes()).isNotEqualTo(first.probes());
    }

    /** At one token only, the control task takes groups for keys, and none of them is seen. */
    @Test
    void withoutWordTypesGroupsAreTheKeys() {
        List<ProbeExample> examples =
                words().stream()
                        .map(
                                e ->
                                        new ProbeExample(
                                                e.text() + ".",
                                                Positions.last(),
                                                e.label(),
                                                e.group(),
                                                e.key()))
                        .toList();
        ProbeProvenance provenance =
                ProbeTraining.of(model)
                        .examples(examples)
                        .layers(Layers.at(0))
                        .run()
                        .scores()
                        .provenance();
        assertThat(provenance.keys()).isEqualTo(90);
        assertThat(provenance.keysSeen()).isEqualTo(0);
    }

    @Test
    void progressCountsBatchesAndLayersAndCanCancel() {
        List<Long> done = new ArrayList<>();
        ProbeTraining training =
                ProbeTraining.of(model).examples(words()).layers(Layers.at(0, 1)).batch(40);
        training.progress((at, total, elapsed) -> done.add(at * 100 + total)).run();
        assertThat(done).containsExactly(105L, 205L, 305L, 405L, 505L);
        assertThatThrownBy(() -> training.progress(new StopAfter(0)).run())
                .isInstanceOf(CancellationException.class)
                .hasMessageContaining(
                        "the training of probes was stopped by its listener after 0 of 5");
    }

    @Test
    void whatCannotBeTrainedIsSaid() {
        ProbeTraining training = ProbeTraining.of(model).layers(Layers.at(0));
        assertThatThrownBy(training::run).hasMessageContaining("there are no examples");
        List<ProbeExample> words = words();
        assertThatThrownBy(
                        () ->
                                training.examples(
                                                words.stream()
                                                        .filter(e -> e.label().equals("red"))
                                                        .toList())
                                        .run())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("one label is left")
                .hasMessageContaining("\"red\"");
        List<ProbeExample> inTwoGroups =
                IntStream.range(0, words.size())
                        .mapToObj(i -> words.get(i).inGroup("g" + i % 2))
                        .toList();
        assertThatThrownBy(() -> training.examples(inTwoGroups).run())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"blue\" (2), \"green\" (2), \"red\" (2)")
                .hasMessageContaining("labelsInAtLeast(3)");
        List<ProbeExample> withRare = new ArrayList<>(words);
        withRare.add(ProbeExample.of("It is pink here", Positions.last(), "pink"));
        assertThatThrownBy(() -> training.examples(withRare).run())
                .hasMessageContaining("\"pink\" (1)");
        assertThat(
                        training.examples(withRare)
                                .labelsInAtLeast(5)
                                .run()
                                .scores()
                                .provenance()
                                .left())
                .isEqualTo(1);
        assertThatThrownBy(
                        () ->
                                training.examples(
                                                words.stream()
                                                        .map(
                                                                e ->
                                                                        new ProbeExample(
                                                                                e.text(),
                                                                                Positions.all(),
                                                                                e.label(),
                                                                                e.group(),
                                                                                e.key()))
                                                        .toList())
                                        .run())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("a probe reads one");
        assertThatThrownBy(() -> training.examples(words).layers(Layers.at(99)).run())
                .isInstanceOf(OutOfRangeException.class);
        assertThatThrownBy(() -> training.split(0.5, 0.5)).hasMessageContaining("0.5");
        assertThatThrownBy(() -> training.regularization()).hasMessageContaining("at least one");
        assertThatThrownBy(() -> training.regularization(1, -1)).hasMessageContaining("-1");
        assertThatThrownBy(() -> training.solver(0, 1e-4)).hasMessageContaining("at least 1");
        assertThatThrownBy(() -> training.solver(10, 0)).hasMessageContaining("above 0");
        assertThatThrownBy(() -> training.batch(0)).hasMessageContaining("at least 1");
        assertThatThrownBy(() -> training.labelsInAtLeast(2)).hasMessageContaining("at least 3");
        assertThatThrownBy(() -> ProbeExample.of("a", Positions.last(), " "))
                .hasMessageContaining("blank");
        assertThat(training.examples(words).toString().toLowerCase(Locale.ROOT))
                .contains("90 examples");
    }

    @Test
    void choicesAreMadeInACopy() {
        ProbeTraining training = ProbeTraining.of(model);
        String before = training.toString();
        assertThat(training.examples(words()).layers(Layers.at(0)).seed(3).toString())
                .isNotEqualTo(before);
        assertThat(training.toString()).isEqualTo(before);
        assertThatThrownBy(training::run).hasMessageContaining("there are no examples");
    }
}
