package dev.patchscopes.trace.knockout;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.internal.Csv;
import dev.patchscopes.internal.Fixed;
import dev.patchscopes.internal.RecordJson;
import dev.patchscopes.measure.Estimate;
import dev.patchscopes.measure.HitTable;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Viewable;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * What attention knockout changes on average over the facts that a model answers, by group and
 * block.
 *
 * <p>Intervals take each subject for one draw, as several prompts about one go together. The group
 * {@link AttentionKnockout#RANDOM} is the control: as many tokens as the subject has, drawn from
 * the others.
 *
 * @param provenance all that determined the values besides the facts
 * @param facts those the model answers, with what was measured
 * @param unknown how many facts were left out because the model does not answer them
 * @param withoutSubject how many were left out because the subject is the last token alone, which
 *     has no other to attend to it
 */
public record KnockoutAverage(
        KnockoutProvenance provenance,
        ImmutableList<AveragedFact> facts,
        int unknown,
        int withoutSubject)
        implements Viewable {

    /** {@return names of the groups, in order} */
    public ImmutableSet<String> groups() {
        return facts.stream()
                .flatMap(fact -> fact.measured().curves().stream())
                .map(KnockoutCurve::name)
                .collect(ImmutableSet.toImmutableSet());
    }

    /**
     * Returns how much cutting a group changes the answer.
     *
     * @param group its name, such as {@link AttentionKnockout#SUBJECT}
     * @param centre block in the middle of the window, 0..L-1
     * @return mean change with its 95 % interval over the facts whose prompt has such edges, of the
     *     control those where it is {@linkplain AveragedFact#hasFullControl() as large as the
     *     subject}; see {@link KnockoutResult#change(String, int)}
     * @throws IllegalArgumentException if there is no such group or block
     */
    public Estimate change(String group, int centre) {
        checked(centre);
        return change(counted(group), group, centre);
    }

    /** The facts that a group's mean is taken over. */
    private ImmutableList<AveragedFact> counted(String group) {
        return facts.stream()
                .filter(f -> f.measured().curve(group).hasEdges())
                .filter(f -> !group.equals(AttentionKnockout.RANDOM) || f.hasFullControl())
                .collect(ImmutableList.toImmutableList());
    }

    /**
     * Compares the subject with as many random tokens, fact by fact. Left out are facts with a
     * {@linkplain AveragedFact#hasFullControl() smaller control}, and those whose {@linkplain
     * AveragedFact#hasFirstInSubject() subject includes the first token}: cutting that one off can
     * hurt for reasons that have nothing to do with the fact, and controls avoid it.
     *
     * @param centre block in the middle of the window, 0..L-1
     * @return mean of the random tokens' change less the subject's: positive where cutting the
     *     subject hurts more
     * @throws IllegalArgumentException if there is no such block
     */
    public Estimate subjectOverRandom(int centre) {
        checked(centre);
        return subjectOverRandom(facts, centre);
    }

    private Estimate subjectOverRandom(List<AveragedFact> some, int centre) {
        return mean(
                some.stream().filter(f -> f.hasFullControl() && !f.hasFirstInSubject()).toList(),
                fact ->
                        change(fact, AttentionKnockout.RANDOM, centre)
                                - change(fact, AttentionKnockout.SUBJECT, centre));
    }

    /** {@return facts whose prompt has too few other tokens for a control as large} */
    public int withSmallerControl() {
        return (int) facts.stream().filter(fact -> !fact.hasFullControl()).count();
    }

    /** {@return facts whose subject includes the first token} */
    public int withFirstInSubject() {
        return (int) facts.stream().filter(AveragedFact::hasFirstInSubject).count();
    }

    /**
     * Finds where cutting a group hurts most: on half of the subjects, drawn by the seed, so that
     * its mean on the others is not one chosen for being low.
     *
     * @param group its name
     * @return the centre with the lowest mean on one half, with its means on the other; empty if
     *     fewer than two subjects have such edges
     * @throws IllegalArgumentException if there is no such group
     */
    public Optional<HeldOutBlock> strongest(String group) {
        List<AveragedFact> all = counted(group);
        Set<String> half =
                HitTable.half(
                        all.stream().map(KnockoutAverage::subject).toList(), provenance.seed());
        if (half.isEmpty()) {
            return Optional.empty();
        }
        List<AveragedFact> dev = all.stream().filter(f -> half.contains(subject(f))).toList();
        List<AveragedFact> test = all.stream().filter(f -> !half.contains(subject(f))).toList();
        int centre =
                IntStream.range(0, provenance.layers())
                        .boxed()
                        .min(Comparator.comparingDouble(c -> change(dev, group, c).mean()))
                        .orElseThrow();
        List<AveragedFact> controlled = test.stream().filter(AveragedFact::hasFullControl).toList();
        return Optional.of(
                new HeldOutBlock(
                        group,
                        centre,
                        change(dev, group, centre),
                        change(test, group, centre),
                        change(controlled, AttentionKnockout.RANDOM, centre),
                        subjectOverRandom(test, centre)));
    }

    private Estimate change(List<AveragedFact> some, String group, int centre) {
        return mean(some, fact -> change(fact, group, centre));
    }

    private double change(AveragedFact fact, String group, int centre) {
        return provenance.change(
                fact.measured().base(), fact.measured().curve(group).values().get(centre));
    }

    private static Estimate mean(List<AveragedFact> facts, ToDoubleFunction<AveragedFact> value) {
        return Estimate.of(
                facts.stream().map(value::applyAsDouble).toList(),
                facts.stream().map(KnockoutAverage::subject).toList());
    }

    private static String subject(AveragedFact fact) {
        return fact.fact().subject();
    }

    private void checked(int centre) {
        checkArgument(
                centre >= 0 && centre < provenance.layers(),
                "block %s is not in 0..%s",
                centre,
                provenance.layers() - 1);
    }

    /**
     * Draws what cutting each group changes on average as lines over blocks, with intervals; the
     * random control is the baseline. {@link AttentionKnockout#SUBJECT_BUT_FIRST} and its
     * counterpart are left out, as they are much like the others; {@link #curves(String...)} shows
     * them.
     *
     * @return the chart; groups of which no prompt has an edge have no line, and the caption names
     *     them
     */
    public LineChart curves() {
        return KnockoutAverageFigures.curves(
                this,
                groups().stream()
                        .filter(group -> !KnockoutFigures.BUT_FIRST.contains(group))
                        .toList());
    }

    /**
     * Draws what cutting some groups changes on average as lines over blocks, with intervals.
     *
     * @param groups their names, such as {@link AttentionKnockout#SUBJECT}
     * @return the chart; groups of which no prompt has an edge have no line, and the caption names
     *     them
     * @throws IllegalArgumentException if there is no such group
     */
    public LineChart curves(String... groups) {
        return KnockoutAverageFigures.curves(this, List.of(groups));
    }

    /** {@return {@link #subjectOverRandom} as a line over blocks, with intervals} */
    public LineChart overRandom() {
        return KnockoutAverageFigures.overRandom(this);
    }

    /** {@return the curves, the subject beside the control, and the held-out blocks} */
    @Override
    public Page page() {
        return KnockoutAverageFigures.page(this);
    }

    /**
     * Writes the means as comma-separated values.
     *
     * @return a header and a line for each group and centre: group, centre, from, to (excluded),
     *     mean, low, high, facts
     */
    public String toCsv() {
        StringBuilder out = new StringBuilder("group,centre,from,to,mean,low,high,facts\n");
        for (String group : groups()) {
            for (int centre = 0; centre < provenance.layers(); centre++) {
                Estimate mean = change(group, centre);
                out.append(
                        String.format(
                                Locale.ROOT,
                                "%s,%d,%d,%d,%.6f,%.6f,%.6f,%d%n",
                                Csv.quoted(group),
                                centre,
                                provenance.around(centre).from(),
                                provenance.around(centre).to(),
                                mean.mean(),
                                mean.low(),
                                mean.high(),
                                mean.count()));
            }
        }
        return out.toString();
    }

    /**
     * Writes all that was measured as JSON, for {@link #fromJson(String)}.
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
     * @return an equal average
     * @throws IllegalArgumentException if the text is not such JSON
     */
    public static KnockoutAverage fromJson(String json) {
        return RecordJson.read(json, KnockoutAverage.class, "the text");
    }

    /** {@return mean changes with half the interval's width, a line for each group} */
    @Override
    public String toString() {
        StringBuilder out =
                new StringBuilder(
                        "%d facts (%d not answered, %d without a subject to cut, %d with a smaller control, left out of random; %d with the first token in the subject, these too out of the difference), %s%nmean change in %s by block%n"
                                .formatted(
                                        facts.size(),
                                        unknown,
                                        withoutSubject,
                                        withSmallerControl(),
                                        withFirstInSubject(),
                                        provenance,
                                        provenance.unit()));
        for (String group : groups()) {
            out.append("  %-24s".formatted(group));
            for (int centre = 0; centre < provenance.layers(); centre++) {
                append(out, change(group, centre));
            }
            out.append(System.lineSeparator());
        }
        out.append("  %-24s".formatted("random less subject"));
        for (int centre = 0; centre < provenance.layers(); centre++) {
            append(out, subjectOverRandom(centre));
        }
        return out.append(System.lineSeparator()).toString();
    }

    private static void append(StringBuilder out, Estimate mean) {
        out.append(
                " %12s"
                        .formatted(
                                Fixed.text(mean.mean(), 1)
                                        + "±"
                                        + Fixed.text(mean.high() - mean.mean(), 1)));
    }
}
