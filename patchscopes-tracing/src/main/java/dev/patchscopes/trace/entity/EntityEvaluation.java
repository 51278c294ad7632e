package dev.patchscopes.trace.entity;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.internal.RecordJson;
import dev.patchscopes.measure.Difference;
import dev.patchscopes.measure.HitTable;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.report.BarChart;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Viewable;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Descriptions compared with what is so: how often they name what an entity is, and how far they
 * agree with a reference text, beside the unpatched placeholder and random vectors of the same
 * lengths.
 *
 * <p>The paper's Figure 4 shows {@link #patchedRouge} by layer for the {@linkplain #least least}
 * and {@linkplain #most most} popular entities.
 *
 * @param report the descriptions, by random vectors too
 * @param references what is so, in the report's order
 */
public record EntityEvaluation(EntityReport report, ImmutableList<EntityReference> references)
        implements Viewable {

    /**
     * Entities in two halves by popularity.
     *
     * @param least the less popular half
     * @param most the more popular half
     */
    public record Halves(EntityEvaluation least, EntityEvaluation most) implements Viewable {

        /**
         * Draws Rouge-L by layer of both halves, the paper's figure 4, beside random vectors.
         *
         * @return the chart, with intervals
         * @throws IllegalStateException if several pairs share a source layer
         */
        public LineChart curves() {
            return EvaluationFigures.halves(this);
        }

        /** {@return the curves of both halves, and how often each names a category} */
        @Override
        public Page page() {
            return EvaluationFigures.page(this);
        }
    }

    /**
     * Checks that both speak of the same entities.
     *
     * @param report the descriptions
     * @param references what is so
     * @throws IllegalArgumentException if there are none, they differ, or random vectors are
     *     missing
     */
    public EntityEvaluation {
        checkArgument(!references.isEmpty(), "there is no entity to evaluate: give at least one");
        ImmutableList<String> described =
                report.entities().stream()
                        .map(DescribedEntity::name)
                        .collect(ImmutableList.toImmutableList());
        checkArgument(
                described.equals(references.stream().map(EntityReference::name).toList()),
                "references do not go with the descriptions, which are of %s",
                described);
        for (DescribedEntity entity : report.entities()) {
            checkArgument(
                    entity.random().size() == entity.patched().size(),
                    "%s has %s descriptions by random vectors and %s patched: use evaluate(...)",
                    entity.name(),
                    entity.random().size(),
                    entity.patched().size());
        }
    }

    // ---- categories -----------------------------------------------------------------------------

    /** {@return how often each pair of layers names a category, among entities that have some} */
    public PairRates named() {
        return rates(DescribedEntity::patched);
    }

    /** {@return the same with random vectors} */
    public PairRates namedByRandom() {
        return rates(DescribedEntity::random);
    }

    /** {@return how often the direct text, with the name itself in the prompt, names a category} */
    public Rate namedDirectly() {
        return table(i -> named(i, List.of(report.entities().get(i).direct()))).at(0);
    }

    /** {@return how often the one text of the unpatched placeholder does} */
    public Rate namedByPlaceholder() {
        return placeholder().at(0);
    }

    /**
     * Compares the held-out pair of layers with the same under random vectors.
     *
     * @return the difference of the two shares, on entities that had no part in the choice
     * @throws IllegalStateException if fewer than two entities have categories
     */
    public Difference overRandom() {
        return named().over(namedByRandom(), seed());
    }

    /**
     * Compares the held-out pair of layers with the unpatched placeholder.
     *
     * @return the difference of the two shares, on entities that had no part in the choice
     * @throws IllegalStateException if fewer than two entities have categories
     */
    public Difference overPlaceholder() {
        return named().over(placeholder(), seed());
    }

    private HitTable placeholder() {
        return table(i -> named(i, List.of(report.unpatched())));
    }

    private PairRates rates(Function<DescribedEntity, List<Description>> descriptions) {
        return new PairRates(
                report.provenance().pairs(),
                table(
                        i ->
                                named(
                                        i,
                                        descriptions.apply(report.entities().get(i)).stream()
                                                .map(Description::said)
                                                .toList())));
    }

    private BitSet named(int entity, List<EntityText> texts) {
        BitSet hits = new BitSet();
        for (int cell = 0; cell < texts.size(); cell++) {
            hits.set(cell, references.get(entity).isNamedBy(texts.get(cell).text()));
        }
        return hits;
    }

    private HitTable table(Function<Integer, BitSet> hits) {
        List<Integer> counted =
                IntStream.range(0, references.size())
                        .filter(i -> !references.get(i).categories().isEmpty())
                        .boxed()
                        .toList();
        return HitTable.of(
                counted.stream().map(i -> references.get(i).name()).toList(),
                counted.stream().map(hits).toList(),
                seed());
    }

    private long seed() {
        return report.provenance().seed();
    }

    // ---- reference texts ------------------------------------------------------------------------

    /**
     * Compares the descriptions of a pair of layers with the references.
     *
     * @param sourceLayer l
     * @param targetLayer l*
     * @return mean scores
     * @throws dev.patchscopes.model.OutOfRangeException if the pair was not computed
     */
    public RougeScores patchedRouge(int sourceLayer, int targetLayer) {
        return rouge(entity -> entity.at(sourceLayer, targetLayer).said());
    }

    /**
     * The same with random vectors.
     *
     * @param sourceLayer l
     * @param targetLayer l*
     * @return mean scores
     * @throws dev.patchscopes.model.OutOfRangeException if the pair was not computed
     */
    public RougeScores randomRouge(int sourceLayer, int targetLayer) {
        return rouge(
                entity ->
                        entity.random()
                                .get(entity.patched().indexOf(entity.at(sourceLayer, targetLayer)))
                                .said());
    }

    /** {@return scores of the direct texts, with the names themselves in the prompt} */
    public RougeScores directRouge() {
        return rouge(DescribedEntity::direct);
    }

    /** {@return scores of the one text of the unpatched placeholder} */
    public RougeScores placeholderRouge() {
        return rouge(entity -> report.unpatched());
    }

    private RougeScores rouge(Function<DescribedEntity, EntityText> text) {
        return RougeScores.of(
                IntStream.range(0, references.size())
                        .mapToObj(
                                i ->
                                        new RougeScores.Compared(
                                                references.get(i).description(),
                                                text.apply(report.entities().get(i)).text()))
                        .toList());
    }

    // ---- popularity -----------------------------------------------------------------------------

    /**
     * Keeps the least popular entities, as the paper does with 200 of PopQA.
     *
     * @param n how many, at least 1
     * @return their evaluation
     * @throws IllegalArgumentException if popularity is known of fewer
     */
    public EntityEvaluation least(int n) {
        return select(n, ranked().subList(0, Math.min(n, ranked().size())));
    }

    /**
     * Keeps the most popular entities.
     *
     * @param n how many, at least 1
     * @return their evaluation
     * @throws IllegalArgumentException if popularity is known of fewer
     */
    public EntityEvaluation most(int n) {
        return select(n, ranked().subList(Math.max(0, ranked().size() - n), ranked().size()));
    }

    /**
     * Splits at the median popularity. Of an odd number the middle one is in neither half; entities
     * of equal popularity keep their order.
     *
     * @return both halves
     * @throws IllegalArgumentException if popularity is known of fewer than two entities
     */
    public Halves halves() {
        return new Halves(least(ranked().size() / 2), most(ranked().size() / 2));
    }

    /** Entities whose popularity is known, in ascending order of it. */
    private List<Integer> ranked() {
        return IntStream.range(0, references.size())
                .filter(i -> references.get(i).popularity().isPresent())
                .boxed()
                .sorted(Comparator.comparing(i -> references.get(i).popularity().orElseThrow()))
                .toList();
    }

    private EntityEvaluation select(int n, List<Integer> chosen) {
        checkArgument(
                n >= 1 && chosen.size() == n,
                "%s entities by popularity are wanted, and it is known of %s of %s: give EntityReference a popularity",
                n,
                ranked().size(),
                references.size());
        IntPredicate kept = chosen::contains;
        List<Integer> order = IntStream.range(0, references.size()).filter(kept).boxed().toList();
        return new EntityEvaluation(
                new EntityReport(
                        report.provenance(),
                        report.unpatched(),
                        order.stream()
                                .map(report.entities()::get)
                                .collect(ImmutableList.toImmutableList())),
                order.stream().map(references::get).collect(ImmutableList.toImmutableList()));
    }

    // ---- as pictures ----------------------------------------------------------------------------

    /**
     * Draws how often each layer names a category, beside random vectors, the unpatched placeholder
     * and the name itself; the held-out layer stands apart.
     *
     * @return the chart, with intervals
     * @throws IllegalStateException if several pairs share a source layer: {@link #heatmap()} shows
     *     these
     */
    public LineChart curves() {
        return EvaluationFigures.curves(this);
    }

    /**
     * {@return how often each pair of layers names a category, l downwards and l* across, beside
     * random vectors; the held-out pair is marked}
     */
    public Heatmap heatmap() {
        return EvaluationFigures.heatmap(this);
    }

    /** {@return how often any pair and the held-out pair name a category, beside the controls} */
    public BarChart bars() {
        return EvaluationFigures.bars(this);
    }

    /**
     * Draws the F1 of Rouge-L by layer, beside the controls.
     *
     * @return the chart, with intervals
     * @throws IllegalStateException if several pairs share a source layer: {@link #rougeHeatmap()}
     *     shows these
     */
    public LineChart sequenceCurves() {
        return EvaluationFigures.rouge(this, "Rouge-L", RougeScores::sequence);
    }

    /**
     * Draws the F1 of Rouge-1 by layer, beside the controls.
     *
     * @return the chart, with intervals
     * @throws IllegalStateException if several pairs share a source layer: {@link #rougeHeatmap()}
     *     shows these
     */
    public LineChart wordCurves() {
        return EvaluationFigures.rouge(this, "Rouge-1", RougeScores::words);
    }

    /** {@return Rouge scores of each pair of layers, l downwards and l* across} */
    public Heatmap rougeHeatmap() {
        return EvaluationFigures.rougeMap(this);
    }

    /** {@return rates and scores with their controls, and the descriptions} */
    @Override
    public Page page() {
        return EvaluationFigures.page(this);
    }

    // ---- as text --------------------------------------------------------------------------------

    /** References with what JSON can hold in place of an optional number: a list of none or one. */
    private record StoredReference(
            String name,
            String description,
            ImmutableList<String> categories,
            ImmutableList<Double> popularity) {

        static StoredReference of(EntityReference r) {
            return new StoredReference(
                    r.name(),
                    r.description(),
                    r.categories(),
                    r.popularity().stream().collect(ImmutableList.toImmutableList()));
        }

        EntityReference restored() {
            return new EntityReference(
                    name,
                    description,
                    categories,
                    popularity.isEmpty() ? Optional.empty() : Optional.of(popularity.get(0)));
        }
    }

    private record Stored(EntityReport report, ImmutableList<StoredReference> references) {}

    /** {@return the evaluation as JSON, for {@link #fromJson(String)}} */
    public String toJson() {
        return RecordJson.write(
                new Stored(
                        report,
                        references.stream()
                                .map(StoredReference::of)
                                .collect(ImmutableList.toImmutableList())));
    }

    /**
     * Reads what {@link #toJson()} wrote.
     *
     * @param json the text
     * @return an equal evaluation
     * @throws IllegalArgumentException if the text is not such JSON
     */
    public static EntityEvaluation fromJson(String json) {
        Stored stored = RecordJson.read(json, Stored.class, "the JSON");
        return new EntityEvaluation(
                stored.report.checked(),
                stored.references.stream()
                        .map(StoredReference::restored)
                        .collect(ImmutableList.toImmutableList()));
    }

    /**
     * Writes the scores as comma-separated values.
     *
     * @return a header and a line for each pair of layers and kind of vector ({@code patched} or
     *     {@code random}), and for {@code direct} and {@code placeholder}, whose layers are empty:
     *     vector, source_layer, target_layer, share, low, high, hits, outcomes, subjects of named
     *     categories (see {@link Rate}), then mean, low and high of the F1 of Rouge-1 and Rouge-L
     */
    public String toCsv() {
        return EvaluationText.csv(this);
    }

    /** {@return the controls, and rate and Rouge-L of each pair of layers} */
    @Override
    public String toString() {
        return EvaluationText.table(this);
    }
}
