package dev.patchscopes.lens.tuned;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.report.AxisLabels;
import dev.patchscopes.report.HeatCell;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Measure;
import dev.patchscopes.report.Measured;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Prose;
import dev.patchscopes.report.Series;
import dev.patchscopes.report.Table;
import java.util.List;
import java.util.stream.IntStream;

/** Transfers between layers, and trainings, as pictures. */
final class TunedFigures {
    /** Lines that can still be told apart. */
    private static final int LINES = 8;

    private TunedFigures() {}

    static Heatmap heatmap(LayerTransfer transfer) {
        List<Integer> layers = IntStream.range(0, transfer.layers()).boxed().toList();
        return Heatmap.of(
                        "How translators read other layers of %s"
                                .formatted(transfer.model().name()),
                        AxisLabels.of("translator of layer", layers),
                        AxisLabels.of("states of layer", layers),
                        List.of(
                                Measure.divergence().named("KL divergence from its own translator"),
                                Measure.difference("transfer penalty", "nats"),
                                Measure.of("surprisal of the next token", "nats").from(0)),
                        (by, layer) ->
                                HeatCell.of(
                                                "", // whichever number is shown
                                                transfer.divergence(by, layer),
                                                transfer.surprisal(by, layer)
                                                        - transfer.surprisal(layer, layer),
                                                transfer.surprisal(by, layer))
                                        .withMark(by == layer))
                .withCaption(
                        "Means over %d tokens. Marked: a layer's own translator. Transfer penalty: how much more surprised by the next token than the layer's own translator."
                                .formatted(transfer.positions()));
    }

    static LineChart curves(TrainingHistory history, List<Integer> layers) {
        List<Integer> steps = IntStream.range(0, history.steps()).boxed().toList();
        return LineChart.of(
                        "Loss of translators by step",
                        "step",
                        "mean KL(model || lens), nats",
                        layers.stream()
                                .map(
                                        layer ->
                                                Series.of(
                                                        "layer " + layer,
                                                        steps,
                                                        step ->
                                                                Measured.of(
                                                                        history.loss(step, layer))))
                                .toList())
                .withCaption("Of each step's own texts, before it changed the translator.");
    }

    static Page page(TrainingHistory history) {
        String title = "Training of a tuned lens";
        return history.steps() == 0
                ? Page.of(title, Prose.of("It was not trained step by step."))
                : Page.of(
                        title, curves(history, spread(history.layers().asList())), table(history));
    }

    /** The first, the last and some between. */
    private static ImmutableList<Integer> spread(List<Integer> layers) {
        return layers.size() <= LINES
                ? ImmutableList.copyOf(layers)
                : IntStream.range(0, LINES)
                        .mapToObj(i -> layers.get(i * (layers.size() - 1) / (LINES - 1)))
                        .collect(ImmutableList.toImmutableList());
    }

    private static Table table(TrainingHistory history) {
        int last = history.steps() - 1;
        return Table.of("Losses (nats)", "layer", "first step", "last step")
                .withRows(
                        history.layers().stream()
                                .mapToObj(
                                        layer ->
                                                List.of(
                                                        layer,
                                                        history.loss(0, layer),
                                                        history.loss(last, layer)))
                                .toList());
    }
}
