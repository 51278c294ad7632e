package dev.patchscopes.trace.causal;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.internal.Fixed;
import dev.patchscopes.internal.RecordJson;
import dev.patchscopes.measure.Estimate;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Viewable;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * Indirect effects averaged over facts and classes of tokens, the AIE of Meng et al. (2022, figure
 * 2), beside the average total effect, ATE.
 *
 * <p>Intervals are those of the normal approximation with facts about one subject as a cluster
 * ({@link Estimate#of(java.util.List, java.util.List)}): they go together, and the paper's 1.96 sd
 * / sqrt(n) is too narrow for them. Of a fact with several tokens of a class their mean counts
 * once; the paper's code counts each token, which are not independent either. Facts about a single
 * subject show no spread, and the interval is not a number.
 *
 * @param provenance all that determines the averages
 * @param facts what was traced, each with its total effect
 * @param skipped how many facts were left out since the model does not answer them
 * @param effects averages for every kind, class and row
 * @param heldOut for every kind and class the row chosen on half the subjects, tried on the others;
 *     none where one half has no such tokens
 */
public record TraceAverage(
        AverageProvenance provenance,
        ImmutableList<FactEffect> facts,
        int skipped,
        ImmutableList<ClassEffect> effects,
        ImmutableList<HeldOutPeak> heldOut)
        implements Viewable {

    /** {@return the average total effect} */
    public Estimate totalEffect() {
        return mean(FactEffect::totalEffect);
    }

    /** {@return the average metric of the clean runs} */
    public Estimate clean() {
        return mean(FactEffect::clean);
    }

    /** {@return the average metric of the corrupted runs} */
    public Estimate corrupted() {
        return mean(FactEffect::corrupted);
    }

    private Estimate mean(ToDoubleFunction<FactEffect> number) {
        return Estimate.of(
                facts.stream().map(number::applyAsDouble).toList(),
                facts.stream().map(FactEffect::subject).toList());
    }

    /**
     * The averages of a kind at a class of tokens.
     *
     * @param kind what is restored
     * @param tokenClass at which tokens
     * @return a layer or block each, in order; none if no fact has such tokens
     * @throws IllegalArgumentException if that kind was not traced
     */
    public ImmutableList<ClassEffect> effects(TraceKind kind, TokenClass tokenClass) {
        checkTraced(kind);
        return effects.stream()
                .filter(e -> e.kind() == kind && e.tokenClass() == tokenClass)
                .collect(ImmutableList.toImmutableList());
    }

    private void checkTraced(TraceKind kind) {
        checkArgument(
                kinds().contains(kind),
                "%s was not traced, only %s: add it by kinds(...)",
                kind,
                kinds());
    }

    /** {@return what was restored} */
    public ImmutableSet<TraceKind> kinds() {
        return effects.stream().map(ClassEffect::kind).collect(ImmutableSet.toImmutableSet());
    }

    /**
     * The layer or block at which restoring brings back most. It is picked on the facts that its
     * average and interval are of, so that these are too high by the choice; {@link #heldOutPeak}
     * is not.
     *
     * @param kind what is restored
     * @param tokenClass at which tokens
     * @return the highest average; empty if no fact has such tokens
     * @throws IllegalArgumentException if that kind was not traced
     */
    public Optional<ClassEffect> peak(TraceKind kind, TokenClass tokenClass) {
        return effects(kind, tokenClass).stream()
                .max(Comparator.comparingDouble(e -> e.effect().mean()));
    }

    /**
     * The layer or block at which restoring brings back most in facts about half the subjects, with
     * what it brings back in those about the other half.
     *
     * @param kind what is restored
     * @param tokenClass at which tokens
     * @return the row and both averages; empty if one half has no such tokens
     * @throws IllegalArgumentException if that kind was not traced
     */
    public Optional<HeldOutPeak> heldOutPeak(TraceKind kind, TokenClass tokenClass) {
        checkTraced(kind);
        return heldOut.stream()
                .filter(p -> p.kind() == kind && p.tokenClass() == tokenClass)
                .findFirst();
    }

    /**
     * Draws the averages of a kind: classes of tokens down, layers or blocks along, each class's
     * {@linkplain #heldOutPeak held-out peak} marked if it is {@linkplain HeldOutPeak#isAboveZero()
     * above 0}.
     *
     * @param kind what is restored
     * @return the heat map
     * @throws IllegalArgumentException if that kind was not traced
     */
    public Heatmap heatmap(TraceKind kind) {
        return AverageFigures.heatmap(this, kind);
    }

    /**
     * Draws the averages of a kind as lines over layers or blocks, one a class of tokens, with
     * their intervals.
     *
     * @param kind what is restored
     * @return the chart
     * @throws IllegalArgumentException if that kind was not traced
     */
    public LineChart curves(TraceKind kind) {
        return AverageFigures.curves(this, kind);
    }

    /**
     * Draws what restoring the residual stream brings back at a class of tokens, as it is and with
     * attention or MLPs of later blocks severed, as figure 3 of the paper does.
     *
     * @param tokenClass at which tokens
     * @return the chart; the unsevered stream is its baseline
     * @throws IllegalArgumentException if the stream was not traced both ways
     */
    public LineChart severed(TokenClass tokenClass) {
        return AverageFigures.severed(this, tokenClass);
    }

    /** {@return heat maps and curves of all kinds, and the held-out peaks} */
    @Override
    public Page page() {
        return AverageFigures.page(this);
    }

    /** {@return the averages as JSON, for {@link #fromJson(String)}} */
    public String toJson() {
        return RecordJson.write(this);
    }

    /**
     * Reads what {@link #toJson()} wrote.
     *
     * @param json the text
     * @return equal averages
     * @throws IllegalArgumentException if the text is not such JSON; the message names the field
     */
    public static TraceAverage fromJson(String json) {
        return RecordJson.read(json, TraceAverage.class, "the text");
    }

    /**
     * The averages as comma-separated values.
     *
     * @return with columns {@code kind,class,row,effect,low,high,facts}; the row is a layer of
     *     residual kinds and a block of others
     */
    public String toCsv() {
        StringBuilder out = new StringBuilder("kind,class,row,effect,low,high,facts\n");
        for (ClassEffect e : effects) {
            out.append(
                    String.format(
                            Locale.ROOT,
                            "%s,%s,%d,%.6g,%.6g,%.6g,%d\n",
                            e.kind().name().toLowerCase(Locale.ROOT),
                            e.tokenClass().name().toLowerCase(Locale.ROOT),
                            e.row(),
                            e.effect().mean(),
                            e.effect().low(),
                            e.effect().high(),
                            e.effect().count()));
        }
        return out.toString();
    }

    /** {@return total effect, and a table of classes and layers for every kind} */
    @Override
    public String toString() {
        StringBuilder out = new StringBuilder();
        out.append(
                "%s%n%d facts, %d more not answered; clean %s, corrupted %s, total effect %s%n"
                        .formatted(
                                provenance,
                                facts.size(),
                                skipped,
                                clean(),
                                corrupted(),
                                totalEffect()));
        for (TraceKind kind : kinds()) {
            out.append(kind.label())
                    .append(": indirect effect by ")
                    .append(kind.isResidual() ? "layer" : "block")
                    .append(", then the peak, and one held out")
                    .append(System.lineSeparator());
            for (TokenClass tokenClass : TokenClass.values()) {
                peak(kind, tokenClass).ifPresent(peak -> line(out, peak));
            }
        }
        return out.toString();
    }

    private void line(StringBuilder out, ClassEffect peak) {
        out.append(String.format("  %-17s", peak.tokenClass().label()));
        for (ClassEffect e : effects(peak.kind(), peak.tokenClass())) {
            out.append("%7s".formatted(Fixed.text(e.effect().mean(), 3)));
        }
        out.append(
                String.format(
                        Locale.ROOT,
                        "   %s at %d, %s, %d facts%n",
                        peak.effect(),
                        peak.row(),
                        heldOutPeak(peak.kind(), peak.tokenClass())
                                .map(p -> "held out %s at %d".formatted(p.test(), p.row()))
                                .orElse("none held out"),
                        peak.effect().count()));
    }
}
