package dev.patchscopes;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Viewable;
import java.util.List;
import java.util.Locale;

/**
 * A patchscope between many pairs of layers.
 *
 * <p>Java values; needs no closing.
 *
 * @param provenance all that determines the cells but their layers
 * @param cells one a pair of layers, source layers outermost
 * @param unpatched the target prompt without a patch
 */
public record LayerGrid(
        Provenance provenance, ImmutableList<GridCell> cells, CellResult unpatched)
        implements Viewable {

    /**
     * A cell of the grid.
     *
     * @param sourceLayer l, where the representation was read
     * @param targetLayer l*, where it was written
     * @param result what the target run said
     */
    public record GridCell(int sourceLayer, int targetLayer, CellResult result) {}

    /**
     * Returns what one cell said.
     *
     * @param sourceLayer l
     * @param targetLayer l*
     * @return the result
     * @throws OutOfRangeException if the pair was not swept
     */
    public CellResult at(int sourceLayer, int targetLayer) {
        for (GridCell cell : cells) {
            if (cell.sourceLayer() == sourceLayer && cell.targetLayer() == targetLayer) {
                return cell.result();
            }
        }
        throw new OutOfRangeException(
                "layers %d -> %d were not swept: this grid has %s"
                        .formatted(sourceLayer, targetLayer, pairs()));
    }

    private String pairs() {
        return "%d cells from %d -> %d to %d -> %d"
                .formatted(
                        cells.size(),
                        cells.get(0).sourceLayer(),
                        cells.get(0).targetLayer(),
                        cells.get(cells.size() - 1).sourceLayer(),
                        cells.get(cells.size() - 1).targetLayer());
    }

    /**
     * Writes the grid as comma-separated values.
     *
     * @return a header and a line a cell: source_layer, target_layer, top token, its probability,
     *     and the generated text
     */
    public String toCsv() {
        return GridCsv.of(this);
    }

    /**
     * Writes several grids, such as those of a {@link PatchscopeSweep}, as one table of
     * comma-separated values (RFC 4180, lines ended alike on every platform).
     *
     * <pre>{@code
     * Files.writeString(Path.of("grids.csv"), LayerGrid.toCsv(grids));
     * }</pre>
     *
     * @param grids the grids
     * @return a header and a line a cell: source_model, source_prompt, source_position,
     *     source_token, mapping, target_model, target_prompt, target_position, target_token,
     *     source_layer, target_layer, token, probability, generated, and the same three of the
     *     target prompt without a patch: unpatched_token, unpatched_probability,
     *     unpatched_generated
     */
    public static String toCsv(List<LayerGrid> grids) {
        return GridCsv.of(grids);
    }

    /**
     * Shows each cell's most probable token, or what was generated, source layers l downwards and
     * target layers l* across; of a grid with l* = l throughout, in one column. Measures are what
     * was read: the token's probability, how much of it the token has not without a patch, how much
     * the answer without a patch lost, and each token asked for; or logits; or how the last
     * residual moved. A number is missing where the top tokens that were read do not tell it.
     *
     * <pre>{@code
     * grid.heatmap().writeHtml(Path.of("grid.html"));
     * }</pre>
     *
     * @return the heat map
     */
    public Heatmap heatmap() {
        return GridFigures.heatmap(this, List.of());
    }

    /**
     * Shows the same and says which tokens were asked for: a grid keeps their numbers, not their
     * names.
     *
     * @param asked names of the tokens that the {@link dev.patchscopes.model.Reading} asked for, in
     *     its order
     * @return the heat map, with a measure called after each
     * @throws IllegalArgumentException if there are more or fewer names than tokens asked for
     */
    public Heatmap heatmap(List<String> asked) {
        return GridFigures.heatmap(this, asked);
    }

    /** {@return the heat map, and what the target prompt says without a patch} */
    @Override
    public Page page() {
        return GridPages.of(this);
    }

    /**
     * Shows several grids, such as those of a {@link PatchscopeSweep}: one below the other, each
     * called by what it does not share with the rest; those with l* = l throughout side by side, a
     * column a grid.
     *
     * @param grids the grids
     * @return the page
     * @throws IllegalArgumentException if there is none
     */
    public static Page page(List<LayerGrid> grids) {
        return GridPages.of(grids);
    }

    /**
     * Writes the grid as JSON, for {@link #fromJson(String)}. Of whole distributions, if the sweep
     * read them, only the top tokens are kept; everything else comes back without loss.
     *
     * @return the text
     */
    public String toJson() {
        return RecordJson.text(GridJson.write(this));
    }

    /**
     * Reads what {@link #toJson()} wrote.
     *
     * @param json the text
     * @return an equal grid, but for whole distributions
     * @throws IllegalArgumentException if the text is not such JSON; the message names the field
     */
    public static LayerGrid fromJson(String json) {
        return GridJson.grid(JsonFields.parse(json));
    }

    /**
     * {@return where from, how and where to, and a line a source layer with the top token of each
     * target layer}
     */
    @Override
    public String toString() {
        Place from = provenance.source();
        Place to = provenance.target();
        StringBuilder out =
                new StringBuilder(
                        "l \\ l*  %s in %s -> %s -> %s in %s"
                                .formatted(
                                        from.prompt().token(from.position()),
                                        from.model().name(),
                                        provenance.mapping(),
                                        to.prompt().token(to.position()),
                                        to.model().name()));
        int row = -1;
        for (GridCell cell : cells) {
            if (cell.sourceLayer() != row) {
                row = cell.sourceLayer();
                out.append(String.format(Locale.ROOT, "%n%3d ", row));
            }
            out.append(" %d:%s".formatted(cell.targetLayer(), shown(cell.result())));
        }
        return out.toString();
    }

    private static String shown(CellResult result) {
        return result.top().isEmpty() ? result.toString() : result.top().get(0).toString();
    }
}
