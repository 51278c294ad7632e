package dev.patchscopes.trace.knockout;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.internal.RecordJson;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.model.Execution;
import dev.patchscopes.report.BarChart;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Viewable;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * How often each block extracts the answer, see {@link AttributeExtraction}. Intervals take each
 * subject for one draw.
 *
 * @param library version of the library
 * @param model which model
 * @param layers its number of blocks L
 * @param blocked first block in which the subject was cut off the last token, and the block after
 *     the last one; empty if it was not
 * @param execution how the facts were asked
 * @param facts those the model answers, with the blocks that extract the answer
 * @param unknown how many facts were left out because the model does not answer them
 * @param withoutSubject how many were left out because the subject is the last token alone
 */
public record ExtractionResult(
        LibraryVersion library,
        ModelIdentity model,
        int layers,
        ImmutableList<Integer> blocked,
        Execution execution,
        ImmutableList<ExtractedFact> facts,
        int unknown,
        int withoutSubject)
        implements Viewable {

    /**
     * Returns how often a block's attention extracts the answer.
     *
     * @param block block, 0..L-1
     * @return the rate
     * @throws IllegalArgumentException if there is no such block
     */
    public Rate attention(int block) {
        return rate(block, ExtractedFact::attention);
    }

    /**
     * Returns how often a block's MLP extracts the answer.
     *
     * @param block block, 0..L-1
     * @return the rate
     * @throws IllegalArgumentException if there is no such block
     */
    public Rate mlp(int block) {
        return rate(block, ExtractedFact::mlp);
    }

    /** {@return how often the attention of any block extracts the answer} */
    public Rate anyAttention() {
        return rate(fact -> !fact.attention().isEmpty());
    }

    /** {@return how often the MLP of any block does} */
    public Rate anyMlp() {
        return rate(fact -> !fact.mlp().isEmpty());
    }

    private Rate rate(int block, Function<ExtractedFact, ImmutableList<Integer>> blocks) {
        checkArgument(block >= 0 && block < layers, "block %s is not in 0..%s", block, layers - 1);
        return rate(fact -> blocks.apply(fact).contains(block));
    }

    private Rate rate(Predicate<ExtractedFact> extracts) {
        return Rate.of(facts, extracts, fact -> fact.fact().subject());
    }

    /** {@return the rates of attention and MLPs as lines over blocks, with intervals} */
    public LineChart curves() {
        return ExtractionFigures.curves(this);
    }

    /**
     * Draws the rates as lines over blocks, beside those of another result, such as one with the
     * subject cut off.
     *
     * @param baseline what to compare with, of as many blocks
     * @return the chart, with intervals
     * @throws IllegalArgumentException if the other has more or fewer blocks
     */
    public LineChart curves(ExtractionResult baseline) {
        return ExtractionFigures.curves(this, baseline);
    }

    /** {@return how often any block extracts the answer, with intervals} */
    public BarChart bars() {
        return ExtractionFigures.bars(this);
    }

    /** {@return the rates by block, and those of any block} */
    @Override
    public Page page() {
        return ExtractionFigures.page(this);
    }

    /**
     * Writes the rates as comma-separated values.
     *
     * @return a header and a line for each block and sublayer ({@code attention} or {@code mlp}):
     *     block, sublayer, and those of {@link Rate#CSV_COLUMNS}
     */
    public String toCsv() {
        StringBuilder out = new StringBuilder("block,sublayer,%s\n".formatted(Rate.CSV_COLUMNS));
        for (int block = 0; block < layers; block++) {
            out.append(
                    String.format(
                            Locale.ROOT,
                            "%d,attention,%s%n%d,mlp,%s%n",
                            block,
                            attention(block).toCsv(),
                            block,
                            mlp(block).toCsv()));
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
     * @return an equal result
     * @throws IllegalArgumentException if the text is not such JSON
     */
    public static ExtractionResult fromJson(String json) {
        return RecordJson.read(json, ExtractionResult.class, "the text");
    }

    /** {@return rates with intervals, a line for each block} */
    @Override
    public String toString() {
        StringBuilder out =
                new StringBuilder(
                        "%d facts (%d not answered, %d without a subject before the last token), extraction of the answer in %s%s%n"
                                .formatted(
                                        facts.size(),
                                        unknown,
                                        withoutSubject,
                                        model.name(),
                                        blocked.isEmpty()
                                                ? ""
                                                : ", subject cut off in blocks %d..%d"
                                                        .formatted(
                                                                blocked.get(0),
                                                                blocked.get(1) - 1)));
        for (int block = 0; block < layers; block++) {
            line(out, "block " + block, attention(block), mlp(block));
        }
        line(out, "any block", anyAttention(), anyMlp());
        return out.toString();
    }

    private static void line(StringBuilder out, String name, Rate attention, Rate mlp) {
        out.append("  %-10s attention %-28s mlp %s%n".formatted(name, attention, mlp));
    }
}
