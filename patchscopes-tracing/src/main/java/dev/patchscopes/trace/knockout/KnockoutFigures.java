package dev.patchscopes.trace.knockout;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.internal.Fixed;
import dev.patchscopes.report.AxisLabels;
import dev.patchscopes.report.Block;
import dev.patchscopes.report.HeatCell;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Measure;
import dev.patchscopes.report.Measured;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Prose;
import dev.patchscopes.report.Series;
import dev.patchscopes.text.Quoting;
import dev.patchscopes.trace.AnswerMetric;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** Pictures of the knockout of one prompt, and what they share with those of averages. */
final class KnockoutFigures {
    static final String BLOCK = "block in the middle of the window";

    /** Shown beside the others, on a chart of their own: they are much like them as a rule. */
    static final ImmutableList<String> BUT_FIRST =
            ImmutableList.of(
                    AttentionKnockout.SUBJECT_BUT_FIRST, AttentionKnockout.NON_SUBJECT_BUT_FIRST);

    private KnockoutFigures() {}

    // ---- shared ---------------------------------------------------------------------------------

    static List<Integer> blocks(KnockoutProvenance provenance) {
        return IntStream.range(0, provenance.layers()).boxed().toList();
    }

    static String change(KnockoutProvenance provenance) {
        return provenance.metric() == AnswerMetric.PROBABILITY
                ? "change of the answer's probability (%)"
                : "change of the %s (%s)"
                        .formatted(provenance.metric().label(), provenance.metric().unit());
    }

    /** A line of a group; the random control is there to compare with. */
    static Series line(
            KnockoutProvenance provenance, String group, IntFunction<Measured> changeAt) {
        Series line = Series.of(group, blocks(provenance), changeAt);
        return group.equals(AttentionKnockout.RANDOM) ? line.asBaseline() : line;
    }

    static String title(List<String> groups) {
        return groups.stream().anyMatch(BUT_FIRST::contains)
                ? "Attention of the last token cut off, the first token kept"
                : "Attention of the last token cut off";
    }

    static String cut(KnockoutProvenance provenance) {
        return "Attention is cut in windows of %d of %d blocks%s%s."
                .formatted(
                        provenance.window(),
                        provenance.layers(),
                        provenance.heads().isEmpty() ? "" : ", heads " + provenance.heads(),
                        provenance.renormalised() ? "" : ", the weights left not renormalised");
    }

    /** Names the groups that a chart has no line of; empty if there are none. */
    static String without(List<String> groups) {
        return groups.isEmpty() ? "" : " No edge to cut: %s.".formatted(String.join(", ", groups));
    }

    // ---- one prompt -----------------------------------------------------------------------------

    static LineChart curves(KnockoutResult result, List<String> groups) {
        List<String> cut = groups.stream().filter(g -> hasEdges(result, g)).toList();
        return LineChart.of(
                        "%s: %s".formatted(title(groups), answer(result)),
                        BLOCK,
                        change(result.provenance()),
                        cut.stream()
                                .map(
                                        group ->
                                                line(
                                                        result.provenance(),
                                                        group,
                                                        c -> Measured.of(result.change(group, c))))
                                .toList())
                .withCaption(
                        caption(result)
                                + without(groups.stream().filter(g -> !cut.contains(g)).toList()));
    }

    private static boolean hasEdges(KnockoutResult result, String group) {
        return result.measured().curve(group).hasEdges();
    }

    static List<String> groups(KnockoutResult result) {
        return result.measured().curves().stream().map(KnockoutCurve::name).toList();
    }

    static Heatmap heatmap(KnockoutResult result) {
        checkArgument(!result.perToken().isEmpty(), "there is no map of tokens: add perToken()");
        KnockoutProvenance provenance = result.provenance();
        Measure measure =
                provenance.metric() == AnswerMetric.PROBABILITY
                        ? Measure.difference("change of probability", "%").between(-100, 100)
                        : Measure.difference(
                                "change of " + provenance.metric().label(),
                                provenance.metric().unit());
        return Heatmap.of(
                        "Attention of the last token to each token cut: %s"
                                .formatted(answer(result)),
                        AxisLabels.of("token", result.measured().pieces())
                                .withMarked(result.measured().subject()),
                        AxisLabels.of("block", blocks(provenance)),
                        List.of(measure),
                        (token, centre) -> cell(result, token, centre))
                .withCaption(
                        caption(result)
                                + " Marked tokens are the subject's. The first token is the attention sink of many models, and a matter of its own. A cell cuts in the window around its block.");
    }

    private static HeatCell cell(KnockoutResult result, int token, int centre) {
        KnockoutProvenance provenance = result.provenance();
        double change = result.change(token, centre);
        boolean percent = provenance.metric() == AnswerMetric.PROBABILITY;
        return HeatCell.of(Fixed.of(change, percent ? 1 : 3), change)
                .withNote(
                        "%s %s with the edge cut in blocks %d to %d"
                                .formatted(
                                        provenance.metric().label(),
                                        Fixed.text(
                                                result.perToken().get(token).values().get(centre),
                                                4),
                                        provenance.firstBlock(centre),
                                        provenance.endBlock(centre) - 1));
    }

    private static String answer(KnockoutResult result) {
        return Quoting.quote(result.measured().answerText());
    }

    private static String caption(KnockoutResult result) {
        return "The answer's %s is %s without a cut. %s"
                .formatted(
                        result.provenance().metric().label(),
                        Fixed.text(result.base(), 4),
                        cut(result.provenance()));
    }

    static Page page(KnockoutResult result) {
        ImmutableList.Builder<Block> blocks = ImmutableList.builder();
        blocks.add(result.curves());
        List<String> butFirst =
                groups(result).stream()
                        .filter(BUT_FIRST::contains)
                        .filter(group -> hasEdges(result, group))
                        .toList();
        if (!butFirst.isEmpty()) {
            blocks.add(result.curves(butFirst.toArray(String[]::new)));
        }
        if (!result.perToken().isEmpty()) {
            blocks.add(heatmap(result));
        }
        blocks.add(new Prose("How it was measured", result.provenance() + "."));
        String prompt =
                result.measured().text().isEmpty()
                        ? String.join("", result.measured().pieces())
                        : result.measured().text();
        return Page.of(
                "Attention knockout: %s ... %s"
                        .formatted(Quoting.quoteShort(prompt), answer(result)),
                blocks.build());
    }
}
