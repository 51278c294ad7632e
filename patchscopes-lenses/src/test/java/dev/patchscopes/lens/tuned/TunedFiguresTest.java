package dev.patchscopes.lens.tuned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.report.ColorScale;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Measured;
import dev.patchscopes.report.Prose;
import dev.patchscopes.report.Series;
import dev.patchscopes.report.Table;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Pictures of made-up transfers and trainings. */
class TunedFiguresTest {

    @Test
    void transfersAreTranslatorsByLayers() {
        LayerTransfer transfer =
                new LayerTransfer(
                        new LibraryVersion("0.1.0"),
                        "made up",
                        new ModelIdentity(
                                "planted", "0123456789ab", "none", ComputeType.FLOAT32, "cpu"),
                        "abc",
                        50,
                        40,
                        ImmutableList.of(
                                ImmutableDoubleArray.of(3, 2.5), ImmutableDoubleArray.of(3.5, 2)),
                        ImmutableList.of(
                                ImmutableDoubleArray.of(0, .7), ImmutableDoubleArray.of(.9, 0)));
        Heatmap heatmap = transfer.heatmap();
        assertThat(heatmap.rows().title()).contains("translator");
        assertThat(heatmap.columns().title()).contains("states");
        for (int by = 0; by < 2; by++) {
            for (int layer = 0; layer < 2; layer++) {
                assertThat(heatmap.at(by, layer).value(0))
                        .isEqualTo(transfer.divergence(by, layer));
                assertThat(heatmap.at(by, layer).value(1))
                        .isEqualTo(
                                transfer.surprisal(by, layer) - transfer.surprisal(layer, layer));
                assertThat(heatmap.at(by, layer).value(2)).isEqualTo(transfer.surprisal(by, layer));
                assertThat(heatmap.at(by, layer).marked()).isEqualTo(by == layer);
            }
        }
        assertThat(heatmap.at(0, 1).value(1)).isEqualTo(.5);
        assertThat(heatmap.measures().get(1).colors()).isEqualTo(ColorScale.DIVERGING);
        assertThat(transfer.page().blocks()).containsExactly(heatmap);
    }

    private static TrainingHistory history(int layers) {
        return new TrainingHistory(
                ImmutableIntArray.copyOf(IntStream.range(1, layers + 1)),
                ImmutableList.of(losses(layers, 5), losses(layers, 3), losses(layers, 2)));
    }

    private static ImmutableDoubleArray losses(int layers, double first) {
        return ImmutableDoubleArray.copyOf(
                IntStream.range(0, layers).mapToDouble(i -> first - i / 100.0));
    }

    @Test
    void lossesAreLinesOfSteps() {
        TrainingHistory history = history(2);
        LineChart chart = history.curves();
        assertThat(chart.series().stream().map(Series::name)).containsExactly("layer 1", "layer 2");
        for (int i = 0; i < 2; i++) {
            int layer = i + 1;
            assertThat(chart.series().get(i).points())
                    .containsExactlyElementsOf(
                            List.of(0, 1, 2).stream()
                                    .map(
                                            step ->
                                                    new Series.Point(
                                                            step,
                                                            Measured.of(history.loss(step, layer))))
                                    .toList());
        }
        assertThat(history.curves(List.of(2)).series()).containsExactly(chart.series().get(1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> history.curves(List.of(9)))
                .withMessageContaining("layer 9 was not trained");
    }

    @Test
    void aPageShowsAFewOfManyLayers() {
        LineChart chart = (LineChart) history(40).page().blocks().get(0);
        assertThat(chart.series()).hasSize(8);
        assertThat(chart.series().get(0).name()).isEqualTo("layer 1");
        assertThat(chart.series().get(7).name()).isEqualTo("layer 40");
        assertThat(history(40).curves().series()).hasSize(40);
    }

    @Test
    void aPageListsTheFirstAndTheLastLossOfEachLayer() {
        assertThat(history(2).page().blocks())
                .contains(
                        Table.of("Losses (nats)", "layer", "first step", "last step")
                                .withRow(1, 5.0, 2.0)
                                .withRow(2, 4.99, 1.99));
    }

    @Test
    void withoutStepsThereIsNoChart() {
        assertThat(TrainingHistory.NONE.page().blocks())
                .hasSize(1)
                .allMatch(block -> block instanceof Prose);
    }
}
