package dev.patchscopes.trace.causal;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.internal.Fixed;
import dev.patchscopes.measure.Estimate;
import dev.patchscopes.report.AxisLabels;
import dev.patchscopes.report.Block;
import dev.patchscopes.report.HeatCell;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.Measure;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Prose;
import dev.patchscopes.report.Table;
import dev.patchscopes.text.Quoting;
import dev.patchscopes.trace.AnswerMetric;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Pictures of traces. */
final class TraceFigures {
    private static final int BEST = 5;

    /** Of the larger metric, and of 1: a smaller total effect may be rounding. */
    private static final double SMALLEST_SHARE = 1e-6;

    private TraceFigures() {}

    static Heatmap heatmap(CausalTrace trace, TraceGrid grid) {
        AnswerMetric metric = trace.provenance().metric();
        return Heatmap.of(
                        "%s of %s with %s restored"
                                .formatted(capitalised(metric.label()), answer(trace), what(grid)),
                        tokens(trace),
                        rows(grid.kind(), grid.rows()),
                        List.of(
                                restored(trace),
                                Measure.difference("share of the total effect", "").between(-1, 1),
                                Measure.difference("indirect effect", metric.unit())),
                        (token, row) -> cell(trace, grid, row, token))
                .withCaption(caption(trace, grid));
    }

    /** From the corrupted run to the clean one, so that the ground means no effect. */
    private static Measure restored(CausalTrace trace) {
        AnswerMetric metric = trace.provenance().metric();
        Measure measure = Measure.of(metric.label(), metric.unit());
        return trace.clean() > trace.corrupted()
                ? measure.between(trace.corrupted(), trace.clean())
                : measure;
    }

    private static AxisLabels tokens(CausalTrace trace) {
        return AxisLabels.of("token", trace.tokens().stream().map(TraceToken::text).toList())
                .withMarked(
                        IntStream.range(0, trace.tokens().size())
                                .filter(token -> trace.tokens().get(token).subject())
                                .boxed()
                                .toList());
    }

    /** The rows of a grid, which pictures show as columns. */
    static AxisLabels rows(TraceKind kind, int count) {
        return AxisLabels.of(
                kind.isResidual() ? "layer" : "block", IntStream.range(0, count).boxed().toList());
    }

    private static HeatCell cell(CausalTrace trace, TraceGrid grid, int row, int token) {
        double effect = trace.indirectEffect(grid.kind(), row, token);
        double total = trace.totalEffect();
        double size = Math.max(1, Math.max(Math.abs(trace.clean()), Math.abs(trace.corrupted())));
        double share = Math.abs(total) > SMALLEST_SHARE * size ? effect / total : Double.NaN;
        HeatCell cell = HeatCell.of("", grid.value(row, token), share, effect);
        ImmutableList<Double> copies = grid.each(row, token);
        return copies.size() < 2
                ? cell
                : cell.withNote(
                        "%s, 95%% interval over %d corrupted copies"
                                .formatted(Estimate.of(copies), copies.size()));
    }

    private static String caption(CausalTrace trace, TraceGrid grid) {
        return String.format(
                Locale.ROOT,
                "Clean %s, corrupted %s, total effect %s. Each cell restores one token's clean state %s. Marked tokens are the subject's, which are corrupted (%s, %s).",
                Fixed.text(trace.clean(), 3),
                Fixed.text(trace.corrupted(), 3),
                Fixed.text(trace.totalEffect(), 3),
                where(grid.kind(), grid.window()),
                trace.provenance().corruption(),
                copies(trace.corruptedEach().size()));
    }

    private static String copies(int count) {
        return count == 1 ? "one copy" : "mean of %d copies".formatted(count);
    }

    private static String where(TraceKind kind, int window) {
        if (!kind.isResidual()) {
            return "in %d blocks around the column's".formatted(window);
        }
        return kind.isSevered()
                ? "after as many blocks as the column says, while its %s stay corrupted in all later blocks"
                        .formatted(
                                kind == TraceKind.RESIDUAL_ATTN_SEVERED
                                        ? "attention outputs"
                                        : "MLP outputs")
                : "after as many blocks as the column says";
    }

    private static String what(TraceGrid grid) {
        return grid.kind().isResidual()
                ? thing(grid.kind())
                : "%s of %d blocks".formatted(thing(grid.kind()), grid.window());
    }

    static String thing(TraceKind kind) {
        return switch (kind) {
            case RESIDUAL -> "the residual stream";
            case ATTN_OUT -> "attention outputs";
            case MLP_OUT -> "MLP outputs";
            case RESIDUAL_ATTN_SEVERED -> "the residual stream (attention severed)";
            case RESIDUAL_MLP_SEVERED -> "the residual stream (MLPs severed)";
        };
    }

    static String capitalised(String text) {
        return Character.toUpperCase(text.charAt(0)) + text.substring(1);
    }

    private static String answer(CausalTrace trace) {
        return Quoting.quote(trace.provenance().answerText());
    }

    static Page page(CausalTrace trace) {
        ImmutableList.Builder<Block> blocks = ImmutableList.builder();
        trace.grids().forEach(grid -> blocks.add(heatmap(trace, grid)));
        blocks.add(best(trace));
        blocks.add(new Prose("How it was measured", trace.provenance() + "."));
        return Page.of(
                "Causal trace: %s ... %s"
                        .formatted(
                                Quoting.quoteShort(
                                        trace.tokens().stream()
                                                .map(TraceToken::text)
                                                .collect(Collectors.joining())),
                                answer(trace)),
                blocks.build());
    }

    private static Table best(CausalTrace trace) {
        AnswerMetric metric = trace.provenance().metric();
        return Table.of(
                        "What brings back most",
                        "restored",
                        "layer or block",
                        "position",
                        "token",
                        metric.label(),
                        "indirect effect")
                .withRows(
                        trace.grids().stream()
                                .flatMap(grid -> trace.best(grid.kind(), BEST).stream())
                                .map(cell -> line(trace, cell))
                                .toList());
    }

    private static List<Object> line(CausalTrace trace, TraceCell cell) {
        return List.of(
                cell.kind().label(),
                cell.row(),
                cell.token(),
                trace.tokens().get(cell.token()).toString(),
                cell.value(),
                cell.indirectEffect());
    }
}
