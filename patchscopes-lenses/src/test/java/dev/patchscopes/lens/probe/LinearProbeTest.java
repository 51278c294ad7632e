package dev.patchscopes.lens.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.Mapping;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.checkpoint.CheckpointException;
import dev.patchscopes.checkpoint.SafetensorsWriter;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.OutOfRangeException;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinearProbeTest {
    private static final long SEED = Long.getLong("seed", 20261);
    private static final ModelIdentity MODEL =
            new ModelIdentity("some", "0123456789abcdef", "gpt2", ComputeType.FLOAT32, "cpu");

    @TempDir private Path directory;

    private final Random random = new Random(SEED);
    private final LinearProbe probe =
            new LinearProbe(
                    MODEL,
                    4,
                    ImmutableList.of("Asia", "Europe \"EU\"", "Øst"),
                    ImmutableDoubleArray.copyOf(random.doubles(15, -1, 1)),
                    ImmutableDoubleArray.copyOf(random.doubles(3, -1, 1)));

    static ProbeProvenance provenance() {
        ProbeProvenance.Part part = new ProbeProvenance.Part(10, 5);
        return new ProbeProvenance(
                new LibraryVersion("0.1.0"),
                MODEL,
                "abc",
                ImmutableList.of("a", "b"),
                part,
                part,
                part,
                3,
                12,
                0.25,
                0.2,
                0.3,
                ImmutableDoubleArray.of(0.1, 1),
                1000,
                1e-4,
                Long.MIN_VALUE + 1);
    }

    @Test
    void itsMappingGivesTheLogitsItPredictsWith() {
        Mapping mapping = probe.asMapping();
        assertThat(mapping.inputWidth()).hasValue(5);
        assertThat(mapping.outputWidth(5)).hasValue(3);
        for (int i = 0; i < 20; i++) {
            double[] h = random.doubles(5, -3, 3).toArray();
            double[] logits = mapping.apply(h);
            assertThat(logits).isEqualTo(probe.logits(h));
            double sum = Math.exp(logits[0]) + Math.exp(logits[1]) + Math.exp(logits[2]);
            ClassProbabilities said = probe.predict(h);
            for (int k = 0; k < 3; k++) {
                assertThat(said.of(probe.labels().get(k)))
                        .isCloseTo(Math.exp(logits[k]) / sum, within(1e-14));
            }
        }
    }

    @Test
    void itSumsItsDirections() {
        double[] h = random.doubles(5, -3, 3).toArray();
        for (int k = 0; k < 3; k++) {
            double[] w = probe.weights(probe.labels().get(k));
            double sum = probe.biases().get(k);
            for (int j = 0; j < 5; j++) {
                sum += w[j] * h[j];
            }
            assertThat(probe.logits(h)[k]).isCloseTo(sum, within(1e-14));
        }
        float[] rounded = {1, 2, 3, 4, 5};
        assertThat(probe.predict(rounded)).isEqualTo(probe.predict(new double[] {1, 2, 3, 4, 5}));
    }

    @Test
    void itComesBackFromAFileBitByBit() {
        Path file = directory.resolve("probe.safetensors");
        probe.save(file);
        assertThat(LinearProbe.load(file)).isEqualTo(probe);
    }

    @Test
    void otherFilesAreRefused() {
        Path file = directory.resolve("other.safetensors");
        new SafetensorsWriter().add("weight", new float[4], 2, 2).write(file);
        assertThatThrownBy(() -> LinearProbe.load(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("holds no linear probe");
        new SafetensorsWriter()
                .metadata("format", "patchscopes linear probe 1")
                .metadata("labels", "{}")
                .add("weight", new float[4], 2, 2)
                .write(file);
        assertThatThrownBy(() -> LinearProbe.load(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected a JSON list");
        new SafetensorsWriter()
                .metadata("format", "patchscopes linear probe 1")
                .metadata("labels", "[\"a\", \"b\", \"c\"]")
                .add("weight", new float[4], 2, 2)
                .write(file);
        assertThatThrownBy(() -> LinearProbe.load(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[3, d_model]");
        assertThatThrownBy(() -> LinearProbe.load(directory.resolve("missing")))
                .isInstanceOf(CheckpointException.class);
    }

    @Test
    void whatDoesNotFitIsAnError() {
        assertThatThrownBy(() -> probe.predict(new float[4]))
                .hasMessage("the state has 4 values, expected 5 (d_model of some)");
        assertThatThrownBy(() -> probe.weights("Africa"))
                .hasMessageContaining("\"Africa\" is none of the labels [Asia");
        assertThatThrownBy(
                        () ->
                                new LinearProbe(
                                        MODEL,
                                        0,
                                        ImmutableList.of("a", "a"),
                                        ImmutableDoubleArray.of(1, 2),
                                        ImmutableDoubleArray.of(1, 2)))
                .hasMessageContaining("each once");
        assertThatThrownBy(
                        () ->
                                new LinearProbe(
                                        MODEL,
                                        0,
                                        ImmutableList.of("a", "b"),
                                        ImmutableDoubleArray.of(1, Double.NaN),
                                        ImmutableDoubleArray.of(1, 2)))
                .hasMessageContaining("not finite");
    }

    @Test
    void probabilitiesAreShownMostProbableFirst() {
        ClassProbabilities said =
                new ClassProbabilities(
                        ImmutableList.of("a", "b", "c", "d"),
                        ImmutableDoubleArray.of(0.1, 0.6, 0.05, 0.25));
        assertThat(said).hasToString("b 0.60, d 0.25, a 0.10");
        assertThat(said.top()).isEqualTo("b");
        assertThatThrownBy(() -> said.of("e")).hasMessageContaining("\"e\" is none of");
    }

    @Test
    void scoresComeBackFromJsonAndGoToCsv() {
        Rate third = new Rate(3, 9, 6);
        LayerScore score =
                new LayerScore(2, 0.1, 17, false, 2.0 / 3, 0.77, third, 0.3, third, third, 0.5);
        ProbeScores scores = new ProbeScores(provenance(), third, ImmutableList.of(score));
        assertThat(ProbeScores.fromJson(scores.toJson())).isEqualTo(scores);
        assertThat(scores.toCsv().lines().toList())
                .hasSize(2)
                .last()
                .asString()
                .startsWith("2,0.100000,17,false,0.666667,0.770000,0.333333,")
                .endsWith(",0.000000,0.500000");
        assertThat(scores.toCsv().lines().map(l -> l.split(",").length).distinct())
                .containsExactly(21);
        assertThat(scores.toString()).contains("not converged", "2*", "25.0%");
        assertThatThrownBy(() -> scores.at(3))
                .isInstanceOf(OutOfRangeException.class)
                .hasMessage("no probe of layer 3 was trained: there are those of layers [2]");
        String broken =
                scores.toJson().replace("\"sha256\"", "\"seal\"").replace("\"macroF1\"", "\"f1\"");
        assertThatThrownBy(() -> ProbeScores.fromJson(broken))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"macroF1\" is missing");
        assertThatThrownBy(() -> ProbeScores.fromJson("[1]"))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
