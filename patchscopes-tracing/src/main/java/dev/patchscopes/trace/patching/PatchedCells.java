package dev.patchscopes.trace.patching;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.measure.Estimate;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Viewable;
import java.util.Comparator;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/**
 * The metric of runs that are patched in one place each: measured, or estimated to first order.
 *
 * <p>Values come raw, and normalised as (m - m_corrupted) / (m_clean - m_corrupted) with means over
 * pairs: 0 is the corrupted run, 1 the clean one, whichever of the two is patched. A patch may lead
 * outside that range.
 */
public sealed interface PatchedCells extends Viewable
        permits PatchingResult, AttributionResult {

    /** {@return all that determined the values but the prompts} */
    PatchingProvenance provenance();

    /** {@return the pairs, with what the model makes of them unpatched} */
    ImmutableList<PairReading> pairs();

    /** {@return a grid a target, in the order asked for} */
    ImmutableList<PatchGrid> grids();

    /**
     * Finds the cells of a target.
     *
     * @param target what was patched
     * @return its grid
     * @throws OutOfRangeException if it was not asked for
     */
    default PatchGrid grid(PatchTarget target) {
        return grids().stream()
                .filter(grid -> grid.target().equals(target))
                .findFirst()
                .orElseThrow(
                        () ->
                                new OutOfRangeException(
                                        "%s was not patched; there are %s"
                                                .formatted(target, grids())));
    }

    /** {@return the metric after the clean prompts, the mean over pairs} */
    default double cleanMetric() {
        return BaseMetrics.of(pairs()).clean();
    }

    /** {@return the metric after the corrupted prompts, the mean over pairs} */
    default double corruptedMetric() {
        return BaseMetrics.of(pairs()).corrupted();
    }

    /**
     * Tells whether there is a scale from corrupted to clean: whether the means of the two metrics
     * differ by more than a millionth of the larger of them, or of 1 if both are smaller. Where
     * they do not, the corruption did nothing to the answer, and dividing by the difference would
     * show rounding.
     *
     * @return whether normalised values exist
     */
    default boolean isNormalised() {
        return BaseMetrics.of(pairs()).isNormalised();
    }

    /**
     * Reads the metric of a cell.
     *
     * @param target what was patched
     * @param index an index for each of its axes
     * @return the mean over pairs
     * @throws OutOfRangeException if the target was not asked for, or has no such cell
     */
    default double metric(PatchTarget target, int... index) {
        return grid(target).mean(index);
    }

    /**
     * Reads how far a patch moves the metric.
     *
     * @param target what was patched
     * @param index an index for each of its axes
     * @return the metric less that of the unpatched run, the mean over pairs
     * @throws OutOfRangeException if the target was not asked for, or has no such cell
     */
    default double effect(PatchTarget target, int... index) {
        return cell(grid(target), grid(target).cell(index)).effect();
    }

    /**
     * Reads a cell on the scale from corrupted to clean.
     *
     * @param target what was patched
     * @param index an index for each of its axes
     * @return 0 as corrupted, 1 as clean; empty if not {@link #isNormalised()}
     * @throws OutOfRangeException if the target was not asked for, or has no such cell
     */
    default OptionalDouble normalised(PatchTarget target, int... index) {
        return cell(grid(target), grid(target).cell(index)).normalised();
    }

    /**
     * Reads a cell on the scale from corrupted to clean, with a 95 % interval: percentiles of 2000
     * bootstrap draws, each of which has its own scale. Drawn are clusters of pairs, since pairs
     * that share a prompt, or a subject (see {@link PromptPair#about()}), are no independent
     * evidence, nor are those that others connect. The draws are those of the seed in {@link
     * #provenance()}.
     *
     * @param target what was patched
     * @param index an index for each of its axes
     * @return the value and its interval over pairs
     * @throws IllegalStateException if not {@link #isNormalised()}, if there are fewer than two
     *     clusters of pairs, or if a draw of them has no scale
     * @throws OutOfRangeException if the target was not asked for, or has no such cell
     */
    default Estimate estimate(PatchTarget target, int... index) {
        PatchGrid grid = grid(target);
        int cell = grid.cell(index);
        if (!isNormalised()) {
            throw new IllegalStateException(
                    String.format(
                            Locale.ROOT,
                            "the metric is %.6g after clean and %.6g after corrupted prompts, which is no scale: use effect(...), or prompts with different answers",
                            cleanMetric(),
                            corruptedMetric()));
        }
        double[] values = grid.values().stream().mapToDouble(pair -> pair.get(cell)).toArray();
        return PairBootstrap.normalised(pairs(), values, provenance().seed());
    }

    /**
     * The cells with the largest effects, up or down.
     *
     * @param target what was patched
     * @param count how many at most
     * @return the cells, largest first
     * @throws OutOfRangeException if the target was not asked for
     */
    default ImmutableList<PatchCell> top(PatchTarget target, int count) {
        PatchGrid grid = grid(target);
        return IntStream.range(0, grid.size())
                .mapToObj(cell -> cell(grid, cell))
                .sorted(Comparator.comparingDouble((PatchCell c) -> -Math.abs(c.effect())))
                .limit(count)
                .collect(ImmutableList.toImmutableList());
    }

    /**
     * Draws the cells of a target, means over pairs: of single positions tokens down and blocks
     * along, of whole heads heads down and blocks along, of parts of heads a row a block and head.
     * Tokens at which the prompts of a pair differ are marked.
     *
     * <p>Shown first is the normalised value, where there is a scale; the ground is what the
     * unpatched run has. Beside it there are the effect and the metric.
     *
     * @param target what was patched
     * @return the heat map
     * @throws OutOfRangeException if it was not asked for
     * @throws IllegalArgumentException if it is single attention weights, which have a map a head
     */
    default Heatmap heatmap(PatchTarget target) {
        return PatchFigures.heatmap(this, grid(target));
    }

    /**
     * Draws the single attention weights of a head: tokens that attend down, tokens attended to
     * along.
     *
     * @param target {@link PatchTarget#patternByEdge()}
     * @param block which block
     * @param head which of its heads
     * @return the heat map; empty where a token would attend to a later one
     * @throws OutOfRangeException if it was not asked for, or there is no such head
     * @throws IllegalArgumentException if it is no single weights
     */
    default Heatmap heatmap(PatchTarget target, int block, int head) {
        return PatchFigures.heatmap(this, grid(target), block, head);
    }

    /**
     * {@return a heat map of each target, of single weights those of the heads with the largest
     * effects, and the largest effects with their intervals}
     */
    @Override
    default Page page() {
        return PatchPages.page(this);
    }

    /** {@return the values as JSON; numbers are written so that reading gives the same bits} */
    String toJson();

    /**
     * Writes a line a cell.
     *
     * @return columns site, grain, block, head, position, source position, metric, effect and
     *     normalised value, the means over pairs; axes a target does not have are empty
     */
    default String toCsv() {
        return PatchText.csv(this);
    }

    private PatchCell cell(PatchGrid grid, int cell) {
        double base =
                pairs().stream()
                        .mapToDouble(pair -> pair.unpatched(provenance().direction()))
                        .average()
                        .orElseThrow();
        double metric = grid.mean(cell);
        return new PatchCell(
                grid.target(),
                grid.index(cell),
                metric,
                metric - base,
                grid.normalised().isEmpty()
                        ? OptionalDouble.empty()
                        : OptionalDouble.of(grid.normalised().get(cell)));
    }
}
