package dev.patchscopes.lens.future;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Viewable;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.List;

/**
 * What a future lens read of a prompt: for each layer and position the tokens it expects.
 *
 * <pre>{@code
 * FutureReading reading = FutureLens.softPrompt(model, prompt).read("Marty McFly from");
 * FutureCell cell = reading.at(5, 2);
 * cell.tokens();              // for N = 0, 1, 2, 3
 * cell.meanProbability();
 * }</pre>
 *
 * @param library version of the library
 * @param lens name of the lens
 * @param model the model
 * @param prompt the prompt
 * @param layers layers, ascending
 * @param positions positions, ascending
 * @param cells by layer, then by position
 */
public record FutureReading(
        LibraryVersion library,
        String lens,
        ModelIdentity model,
        TokenizedPrompt prompt,
        ImmutableIntArray layers,
        ImmutableIntArray positions,
        ImmutableList<ImmutableList<FutureCell>> cells)
        implements Viewable {

    static FutureReading of(
            FutureLens lens, TokenizedPrompt prompt, ImmutableIntArray layers, Positions where) {
        HookedModel model = lens.model();
        ImmutableIntArray positions = where.resolve(prompt);
        List<HookPoint> points = layers.stream().mapToObj(HookPoint::residual).toList();
        Activations acts = model.run(prompt).capture(points).execute();
        ImmutableList<ImmutableIntArray> tokens =
                positions.stream()
                        .mapToObj(p -> ImmutableIntArray.of(prompt.ids().get(p)))
                        .collect(ImmutableList.toImmutableList());
        List<FutureStates> states =
                layers.stream()
                        .mapToObj(
                                layer ->
                                        new FutureStates(
                                                layer, rows(acts, layer, positions), tokens))
                        .toList();
        return new FutureReading(
                LibraryVersion.current(),
                lens.name(),
                ModelIdentity.of(model),
                prompt,
                layers,
                positions,
                lens.cells(states));
    }

    private static Matrix rows(Activations acts, int layer, ImmutableIntArray positions) {
        return Matrix.ofRows(
                positions.stream()
                        .mapToObj(p -> acts.get(HookPoint.residual(layer)).vectorDoubles(0, p))
                        .toArray(double[][]::new));
    }

    /**
     * Returns a cell.
     *
     * @param layer 0..L
     * @param position absolute index of a token
     * @return what the state there says
     * @throws OutOfRangeException if the layer or the position was not read
     */
    public FutureCell at(int layer, int position) {
        int row = layers.indexOf(layer);
        int column = positions.indexOf(position);
        if (row < 0 || column < 0) {
            throw new OutOfRangeException(
                    "layer %d at position %d was not read: layers are %s, positions %s"
                            .formatted(layer, position, layers, positions));
        }
        return cells.get(row).get(column);
    }

    /**
     * Shows the tokens each state expects, one after the other, layers downwards and the prompt's
     * tokens across; coloured by their mean probability, as the paper's tables are, or by that of
     * one of them.
     *
     * @return the heat map
     */
    public Heatmap heatmap() {
        return FutureFigures.heatmap(this);
    }

    /** {@return a page with the heat map} */
    @Override
    public Page page() {
        return heatmap().page();
    }

    /** {@return the reading as JSON, for {@link #fromJson}; numbers keep their bits} */
    public String toJson() {
        return FutureReadingJson.write(this);
    }

    /**
     * Reads what {@link #toJson()} wrote.
     *
     * @param json the text
     * @return an equal reading
     * @throws IllegalArgumentException if the text is not such JSON
     */
    public static FutureReading fromJson(String json) {
        return FutureReadingJson.read(json);
    }

    /** {@return a line a predicted token, with a header} */
    public String toCsv() {
        return FutureTable.csv(this);
    }

    /** {@return layers downwards, tokens of the prompt across, what each state expects} */
    @Override
    public String toString() {
        return FutureTable.text(this);
    }
}
