package dev.patchscopes;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.model.TokenProbability;
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
        Provenance provenance, ImmutableList<GridCell> cells, CellResult unpatched) {

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
        StringBuilder out =
                new StringBuilder("source_layer,target_layer,token,probability,generated\n");
        for (GridCell cell : cells) {
            TokenProbability top = cell.result().top().get(0);
            out.append(
                    String.format(
                            Locale.ROOT,
                            "%d,%d,%s,%.6g,%s\n",
                            cell.sourceLayer(),
                            cell.targetLayer(),
                            quoted(top.piece()),
                            top.probability(),
                            quoted(cell.result().generation().map(g -> g.text()).orElse(""))));
        }
        return out.toString();
    }

    private static String quoted(String text) {
        return '"' + text.replace("\"", "\"\"") + '"';
    }

    /** {@return a line a source layer, with the top token of each target layer} */
    @Override
    public String toString() {
        StringBuilder out = new StringBuilder("l \\ l*");
        int row = -1;
        for (GridCell cell : cells) {
            if (cell.sourceLayer() != row) {
                row = cell.sourceLayer();
                out.append(String.format(Locale.ROOT, "%n%3d ", row));
            }
            out.append(" %d:%s".formatted(cell.targetLayer(), cell.result().top().get(0)));
        }
        return out.toString();
    }
}
