package dev.patchscopes.trace.causal;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.internal.RecordJson;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Viewable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * How much of an answer comes back when single states of a corrupted run are restored (Meng et al.,
 * 2022, section 2.1).
 *
 * <p>The total effect is the clean metric minus the corrupted one, the indirect effect of a cell
 * the restored metric minus the corrupted one.
 *
 * @param provenance all that determines the trace
 * @param tokens the prompt's tokens
 * @param subjectFrom first token of the subject
 * @param subjectTo token after its last one
 * @param clean the metric in the clean run
 * @param corruptedEach the metric in each corrupted copy
 * @param grids the metric with something restored, a grid a kind
 */
public record CausalTrace(
        TraceProvenance provenance,
        ImmutableList<TraceToken> tokens,
        int subjectFrom,
        int subjectTo,
        double clean,
        ImmutableList<Double> corruptedEach,
        ImmutableList<TraceGrid> grids)
        implements Viewable {

    /** {@return the metric in the corrupted run, mean over copies} */
    public double corrupted() {
        return TraceGrid.mean(corruptedEach);
    }

    /** {@return the clean metric minus the corrupted one} */
    public double totalEffect() {
        return clean - corrupted();
    }

    /**
     * The grid of a kind.
     *
     * @param kind what is restored
     * @return its grid
     * @throws IllegalArgumentException if that kind was not traced
     */
    public TraceGrid grid(TraceKind kind) {
        Optional<TraceGrid> grid = grids.stream().filter(g -> g.kind() == kind).findFirst();
        checkArgument(
                grid.isPresent(),
                "%s was not traced, only %s: add it by kinds(...)",
                kind,
                grids.stream().map(TraceGrid::kind).toList());
        return grid.get();
    }

    /**
     * The metric with something restored, mean over copies.
     *
     * @param kind what is restored
     * @param row at which layer, or around which block; see {@link TraceKind}
     * @param token at which token
     * @return the mean
     * @throws IllegalArgumentException if that kind was not traced
     * @throws IndexOutOfBoundsException if there is no such cell
     */
    public double value(TraceKind kind, int row, int token) {
        return grid(kind).value(row, token);
    }

    /**
     * What restoring something brings back.
     *
     * @param kind what is restored
     * @param row at which layer, or around which block
     * @param token at which token
     * @return the restored metric minus the corrupted one
     * @throws IllegalArgumentException if that kind was not traced
     * @throws IndexOutOfBoundsException if there is no such cell
     */
    public double indirectEffect(TraceKind kind, int row, int token) {
        return value(kind, row, token) - corrupted();
    }

    /**
     * Classes a token.
     *
     * @param token its index
     * @return its class; empty before the subject
     */
    public Optional<TokenClass> tokenClass(int token) {
        return TokenClass.of(token, subjectFrom, subjectTo, tokens.size());
    }

    /**
     * The cells that bring back most.
     *
     * @param kind what is restored
     * @param count how many
     * @return best first
     * @throws IllegalArgumentException if that kind was not traced
     */
    public ImmutableList<TraceCell> best(TraceKind kind, int count) {
        TraceGrid grid = grid(kind);
        List<TraceCell> all = new ArrayList<>();
        for (int row = 0; row < grid.rows(); row++) {
            for (int token = 0; token < grid.tokens(); token++) {
                double value = grid.value(row, token);
                all.add(new TraceCell(kind, row, token, value, value - corrupted()));
            }
        }
        return all.stream()
                .sorted(Comparator.comparingDouble(TraceCell::value).reversed())
                .limit(count)
                .collect(ImmutableList.toImmutableList());
    }

    /**
     * A grid as a table of text, a line a token and a column a layer or block.
     *
     * @param kind what is restored
     * @return the table
     * @throws IllegalArgumentException if that kind was not traced
     */
    public String table(TraceKind kind) {
        return TraceText.table(this, grid(kind));
    }

    /**
     * Draws a grid, as figure 1 of the paper does: tokens down, layers or blocks along, the
     * subject's tokens marked.
     *
     * <p>Colours go from the corrupted run's metric to the clean one's. Beside the metric there are
     * its share of the total effect, not a number where that effect is none, and the indirect
     * effect; a note has the interval over corrupted copies.
     *
     * @param kind what is restored
     * @return the heat map
     * @throws IllegalArgumentException if that kind was not traced
     */
    public Heatmap heatmap(TraceKind kind) {
        return TraceFigures.heatmap(this, grid(kind));
    }

    /** {@return a heat map of each kind, and the cells that bring back most} */
    @Override
    public Page page() {
        return TraceFigures.page(this);
    }

    /** {@return the trace as JSON, for {@link #fromJson(String)}} */
    public String toJson() {
        return RecordJson.write(this);
    }

    /**
     * Reads what {@link #toJson()} wrote.
     *
     * @param json the text
     * @return an equal trace
     * @throws IllegalArgumentException if the text is not such JSON; the message names the field
     */
    public static CausalTrace fromJson(String json) {
        return RecordJson.read(json, CausalTrace.class, "the text");
    }

    /**
     * All cells as comma-separated values.
     *
     * @return with columns {@code kind,window,row,token,text,class,value,indirect_effect}; the row
     *     is a layer of residual kinds and a block of others, the class is empty before the subject
     */
    public String toCsv() {
        return TraceText.csv(this);
    }

    /** {@return answer, clean and corrupted metric, and the best cells of every kind} */
    @Override
    public String toString() {
        return TraceText.summary(this);
    }
}
