package dev.patchscopes.trace.causal;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.internal.RecordJson;
import dev.patchscopes.measure.Estimate;
import dev.patchscopes.trace.internal.NormalInterval;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * Indirect effects averaged over facts and classes of tokens, the AIE of Meng et al. (2022, figure
 * 2), beside the average total effect, ATE.
 *
 * <p>Intervals are 1.96 sd / sqrt(n), n the number of facts. Of a fact with several tokens of a
 * class their mean counts once; the paper's code counts each token, which are not independent.
 *
 * @param provenance all that determines the averages
 * @param facts what was traced, each with its total effect
 * @param skipped how many facts were left out since the model does not answer them
 * @param effects averages for every kind, class and row
 */
public record TraceAverage(
        AverageProvenance provenance,
        ImmutableList<FactEffect> facts,
        int skipped,
        ImmutableList<ClassEffect> effects) {

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
        return NormalInterval.of(facts.stream().map(number::applyAsDouble).toList());
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
        checkArgument(
                kinds().contains(kind),
                "%s was not traced, only %s: add it by kinds(...)",
                kind,
                kinds());
        return effects.stream()
                .filter(e -> e.kind() == kind && e.tokenClass() == tokenClass)
                .collect(ImmutableList.toImmutableList());
    }

    /** {@return what was restored} */
    public ImmutableSet<TraceKind> kinds() {
        return effects.stream().map(ClassEffect::kind).collect(ImmutableSet.toImmutableSet());
    }

    /**
     * The layer or block at which restoring brings back most.
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
                    .append(", then the peak with its interval")
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
            out.append(String.format(Locale.ROOT, "%7.3f", e.effect().mean()));
        }
        out.append(
                String.format(
                        Locale.ROOT,
                        "   %s at %d, %d facts%n",
                        peak.effect(),
                        peak.row(),
                        peak.effect().count()));
    }
}
