package dev.patchscopes.trace.knockout;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.internal.Csv;
import dev.patchscopes.internal.Fixed;
import dev.patchscopes.internal.RecordJson;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Viewable;
import dev.patchscopes.trace.internal.BlockWindow;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What an {@link AttentionKnockout} found in one prompt: the answer's metric with each group of
 * edges cut in a window around each block.
 *
 * @param provenance all that determined the values besides the prompt
 * @param measured the prompt with its groups
 * @param perToken last token to each token {@code [pos]}, in the prompt's order, one curve {@code
 *     [L]} each; empty unless asked for. The first is the attention sink of many models, and a
 *     matter of its own: {@link #first()} and {@link #afterFirst()} keep it apart
 */
public record KnockoutResult(
        KnockoutProvenance provenance, KnockoutCase measured, ImmutableList<KnockoutCurve> perToken)
        implements Viewable {

    /** {@return the metric of the clean run} */
    public double base() {
        return measured.base();
    }

    /**
     * Returns the metric with a group cut.
     *
     * @param group its name, such as {@link AttentionKnockout#SUBJECT}
     * @param centre block in the middle of the window, 0..L-1
     * @return the metric
     * @throws IllegalArgumentException if there is no such group or block
     */
    public double value(String group, int centre) {
        return measured.curve(group).values().get(checked(centre));
    }

    /**
     * Returns what a knockout changed.
     *
     * @param group its name, such as {@link AttentionKnockout#SUBJECT}
     * @param centre block in the middle of the window, 0..L-1
     * @return of a probability the relative change in percent, (p - base) / base * 100, at least
     *     -100; of the other metrics the difference in nats
     * @throws IllegalArgumentException if there is no such group or block
     */
    public double change(String group, int centre) {
        return provenance.change(base(), value(group, centre));
    }

    /**
     * Returns what cutting one token off the last one changed.
     *
     * @param token its position
     * @param centre block in the middle of the window, 0..L-1
     * @return the change, see {@link #change(String, int)}
     * @throws IllegalArgumentException if the map was not asked for, or has no such cell
     */
    public double change(int token, int centre) {
        checkArgument(!perToken.isEmpty(), "there is no map of tokens: add perToken()");
        checkArgument(
                token >= 0 && token < perToken.size(),
                "token %s is not in 0..%s",
                token,
                perToken.size() - 1);
        return provenance.change(base(), perToken.get(token).values().get(checked(centre)));
    }

    private int checked(int centre) {
        checkArgument(
                centre >= 0 && centre < provenance.layers(),
                "block %s is not in 0..%s",
                centre,
                provenance.layers() - 1);
        return centre;
    }

    /** {@return the map's row of the first token; empty without a map} */
    public ImmutableList<KnockoutCurve> first() {
        return perToken.subList(0, Math.min(1, perToken.size()));
    }

    /** {@return the map's rows of all other tokens} */
    public ImmutableList<KnockoutCurve> afterFirst() {
        return perToken.subList(Math.min(1, perToken.size()), perToken.size());
    }

    /**
     * Draws what cutting each group changes as lines over blocks. {@link
     * AttentionKnockout#SUBJECT_BUT_FIRST} and its counterpart are left out, as they are much like
     * the others; {@link #curves(String...)} shows them.
     *
     * @return the chart; groups without an edge have no line, and the caption names them
     */
    public LineChart curves() {
        return KnockoutFigures.curves(
                this,
                KnockoutFigures.groups(this).stream()
                        .filter(group -> !KnockoutFigures.BUT_FIRST.contains(group))
                        .toList());
    }

    /**
     * Draws what cutting some groups changes as lines over blocks.
     *
     * @param groups their names, such as {@link AttentionKnockout#SUBJECT}
     * @return the chart; groups without an edge have no line, and the caption names them
     * @throws IllegalArgumentException if there is no such group
     */
    public LineChart curves(String... groups) {
        return KnockoutFigures.curves(this, List.of(groups));
    }

    /**
     * Draws what cutting each token off the last one changes: tokens down, blocks along, the
     * subject's tokens marked.
     *
     * @return the heat map
     * @throws IllegalArgumentException if the map was not asked for
     */
    public Heatmap heatmap() {
        return KnockoutFigures.heatmap(this);
    }

    /** {@return the curves, and the map of tokens if there is one} */
    @Override
    public Page page() {
        return KnockoutFigures.page(this);
    }

    /**
     * Writes the values as comma-separated values.
     *
     * @return a header and a line for each curve and centre: kind ({@code group} or {@code token}),
     *     name, centre, from, to (excluded), value, change
     */
    public String toCsv() {
        StringBuilder out = new StringBuilder("kind,name,centre,from,to,value,change\n");
        measured.curves().forEach(curve -> csv(out, "group", curve));
        perToken.forEach(curve -> csv(out, "token", curve));
        return out.toString();
    }

    private void csv(StringBuilder out, String kind, KnockoutCurve curve) {
        for (int centre = 0; centre < provenance.layers(); centre++) {
            BlockWindow window = provenance.around(centre);
            double value = curve.values().get(centre);
            out.append(
                    String.format(
                            Locale.ROOT,
                            "%s,%s,%d,%d,%d,%s,%s%n",
                            kind,
                            Csv.quoted(curve.name()),
                            centre,
                            window.from(),
                            window.to(),
                            value,
                            provenance.change(base(), value)));
        }
    }

    /**
     * Writes the result as JSON, for {@link #fromJson(String)}.
     *
     * @return the text
     */
    public String toJson() {
        return RecordJson.write(this);
    }

    /**
     * Reads what {@link #toJson()} wrote.
     *
     * @param json the text
     * @return an equal result
     * @throws IllegalArgumentException if the text is not such JSON
     */
    public static KnockoutResult fromJson(String json) {
        return RecordJson.read(json, KnockoutResult.class, "the text");
    }

    /** {@return changes by centre, a line for each group and each token of the map} */
    @Override
    public String toString() {
        StringBuilder out =
                new StringBuilder(
                        "%s%n%s%nchange in %s by block%n"
                                .formatted(measured, provenance, provenance.unit()));
        measured.curves().forEach(curve -> line(out, curve.name(), curve));
        for (int token = 0; token < perToken.size(); token++) {
            String note = token == 0 ? " (first)" : "";
            line(out, "%s%s".formatted(perToken.get(token).name(), note), perToken.get(token));
        }
        return out.toString();
    }

    private void line(StringBuilder out, String name, KnockoutCurve curve) {
        String numbers =
                curve.hasEdges()
                        ? curve.values().stream()
                                .map(v -> provenance.change(base(), v))
                                .map(v -> "%8s".formatted(Fixed.text(v, 2)))
                                .collect(Collectors.joining())
                        : "  no edge";
        out.append(String.format(Locale.ROOT, "  %-24s%s%n", name, numbers));
    }
}
