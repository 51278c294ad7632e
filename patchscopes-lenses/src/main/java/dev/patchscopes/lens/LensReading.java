package dev.patchscopes.lens;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.model.StateReading;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Viewable;
import dev.patchscopes.text.TokenizedPrompt;

/**
 * What a lens read of a prompt: a cell for each point of the residual stream and each position.
 *
 * @param library version of the library
 * @param lens name of the lens
 * @param model the model
 * @param prompt the prompt
 * @param points points of the residual stream; layers 0..L unless chosen
 * @param positions positions, ascending; all of them unless chosen
 * @param cells by point, then by position
 */
public record LensReading(
        LibraryVersion library,
        String lens,
        ModelIdentity model,
        TokenizedPrompt prompt,
        ImmutableList<HookPoint> points,
        ImmutableIntArray positions,
        ImmutableList<ImmutableList<StateReading>> cells)
        implements Viewable {

    /**
     * Returns a cell.
     *
     * @param layer 0..L
     * @param position absolute index of a token
     * @return what the lens says there
     * @throws OutOfRangeException if the layer or the position was not read
     */
    public StateReading at(int layer, int position) {
        return at(HookPoint.residual(layer), position);
    }

    /**
     * Returns a cell.
     *
     * @param point point of the residual stream
     * @param position absolute index of a token
     * @return what the lens says there
     * @throws OutOfRangeException if the point or the position was not read
     */
    public StateReading at(HookPoint point, int position) {
        int row = points.indexOf(point);
        int column = positions.indexOf(position);
        if (row < 0 || column < 0) {
            throw new OutOfRangeException(
                    "%s at position %d was not read: points are %s, positions %s"
                            .formatted(point, position, points, positions));
        }
        return cells.get(row).get(column);
    }

    /**
     * Shows the most probable token of each cell, layers downwards and the prompt's tokens across.
     * Cells that say what the model itself predicts there are marked. Measures are the token's
     * probability, entropy, KL divergence from the model, the model's surprisal at the token,
     * probability and rank (from 1) of the model's prediction and of the token that follows in the
     * prompt, and the same two of each token asked for.
     *
     * <pre>{@code
     * LensReading reading = LogitLens.of(model).read("The capital of France is");
     * System.out.println(reading.heatmap().showing("entropy"));
     * }</pre>
     *
     * @return the heat map
     */
    public Heatmap heatmap() {
        return LensFigures.heatmap(this);
    }

    /**
     * Subtracts another reading cell by cell: another lens's of the same prompt, the same lens's of
     * another prompt with as many tokens, or another model's with the same layers.
     *
     * <pre>{@code
     * tuned.read(prompt).minus(LogitLens.of(model).read(prompt)).writeHtml(file);
     * }</pre>
     *
     * @param other what is subtracted
     * @return this less the other; ranks as the logarithm, to base 10, of their ratio
     * @throws IllegalArgumentException if layers, numbers of positions or tokens asked for are not
     *     the same, or more than one of lens, model and prompt is not: the message says which
     */
    public Heatmap minus(LensReading other) {
        return LensFigures.difference(this, other);
    }

    /** {@return a page with the heat map} */
    @Override
    public Page page() {
        return heatmap().page();
    }

    /** {@return the reading as JSON, for {@link #fromJson}; numbers keep their bits} */
    public String toJson() {
        return LensReadingJson.write(this);
    }

    /**
     * Reads what {@link #toJson()} wrote.
     *
     * @param json the text
     * @return an equal reading
     * @throws IllegalArgumentException if the text is not such JSON
     */
    public static LensReading fromJson(String json) {
        return LensReadingJson.read(json);
    }

    /**
     * Writes a table.
     *
     * @return a line a cell, with a header; each token asked for has three columns at the end
     */
    public String toCsv() {
        return LensTable.csv(this);
    }

    /** {@return the most probable token of each cell, layers downwards, 100 columns wide} */
    @Override
    public String toString() {
        return LensTable.text(this);
    }
}
