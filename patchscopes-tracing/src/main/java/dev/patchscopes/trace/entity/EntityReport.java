package dev.patchscopes.trace.entity;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.internal.Csv;
import dev.patchscopes.internal.RecordJson;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Viewable;
import dev.patchscopes.trace.LayerPair;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.stream.Collectors;

/**
 * What {@link EntityDescription} found.
 *
 * @param provenance all that determined it besides the names
 * @param unpatched what the target model says of the placeholder itself, without a patch
 * @param entities each entity in the words of each pair of layers, in the order given
 */
public record EntityReport(
        EntityProvenance provenance,
        EntityText unpatched,
        ImmutableList<DescribedEntity> entities)
        implements Viewable {

    /**
     * Checks that there is a description for each pair of layers.
     *
     * @throws IllegalArgumentException if an entity has descriptions of other pairs, or there is
     *     not a mapping for each pair
     */
    EntityReport checked() {
        checkArgument(
                provenance.mappings().size() == provenance.pairs().size(),
                "%s mappings for %s pairs of layers: give one for each",
                provenance.mappings().size(),
                provenance.pairs().size());
        for (DescribedEntity entity : entities) {
            checkPairs(entity.name(), entity.patched(), provenance);
            if (!entity.random().isEmpty()) {
                checkPairs(entity.name(), entity.random(), provenance);
            }
        }
        return this;
    }

    private static void checkPairs(
            String name, ImmutableList<Description> said, EntityProvenance plan) {
        ImmutableList<LayerPair> pairs =
                said.stream()
                        .map(d -> new LayerPair(d.sourceLayer(), d.targetLayer()))
                        .collect(ImmutableList.toImmutableList());
        checkArgument(
                pairs.equals(plan.pairs()),
                "the descriptions of %s are of layers %s, and those computed are %s",
                name,
                pairs,
                plan.pairs());
    }

    /**
     * Finds an entity.
     *
     * @param name its name
     * @return the first one of this name
     * @throws NoSuchElementException if there is none; the message lists those there are
     */
    public DescribedEntity of(String name) {
        return entities.stream()
                .filter(entity -> entity.name().equals(name))
                .findFirst()
                .orElseThrow(
                        () ->
                                new NoSuchElementException(
                                        "\"%s\" was not described; those were: %s"
                                                .formatted(
                                                        name,
                                                        entities.stream()
                                                                .map(DescribedEntity::name)
                                                                .collect(
                                                                        Collectors.joining(
                                                                                ", ")))));
    }

    /**
     * {@return the descriptions as a table in colours, entities down and pairs of layers along: how
     * probable the first token is, and how much of that the patch explains}
     */
    public Heatmap heatmap() {
        return ReportFigures.heatmap(this);
    }

    /** {@return the descriptions, and those of the first entities written out} */
    @Override
    public Page page() {
        return ReportFigures.page(this);
    }

    /** {@return the report as JSON, for {@link #fromJson(String)}} */
    public String toJson() {
        return RecordJson.write(this);
    }

    /**
     * Reads what {@link #toJson()} wrote.
     *
     * @param json the text
     * @return an equal report
     * @throws IllegalArgumentException if the text is not such JSON, or an entity is not described
     *     once for each pair of layers
     */
    public static EntityReport fromJson(String json) {
        return RecordJson.read(json, EntityReport.class, "the JSON").checked();
    }

    /**
     * Writes the texts as comma-separated values.
     *
     * @return a header and a line for the unpatched text, and of each entity for the direct text
     *     and each pair of layers: entity, vector ({@code none}, {@code direct}, {@code patched} or
     *     {@code random}), source_layer and target_layer (empty for the first two), first_token,
     *     first_probability, first_relevance, text
     */
    public String toCsv() {
        StringBuilder out =
                new StringBuilder(
                        "entity,vector,source_layer,target_layer,first_token,first_probability,first_relevance,text\n");
        line(out, "", "none", ",", unpatched);
        for (DescribedEntity entity : entities) {
            line(out, entity.name(), "direct", ",", entity.direct());
            entity.patched().forEach(d -> line(out, entity.name(), "patched", layers(d), d.said()));
            entity.random().forEach(d -> line(out, entity.name(), "random", layers(d), d.said()));
        }
        return out.toString();
    }

    private static String layers(Description d) {
        return d.sourceLayer() + "," + d.targetLayer();
    }

    private static void line(
            StringBuilder out, String entity, String vector, String layers, EntityText said) {
        out.append(
                String.format(
                        Locale.ROOT,
                        "%s,%s,%s,%s,%.6f,%.6f,%s\n",
                        Csv.quoted(entity),
                        vector,
                        layers,
                        Csv.quoted(said.first().piece()),
                        said.first().patched(),
                        said.first().relevance(),
                        Csv.quoted(said.text())));
    }

    /** {@return the unpatched text, and of each entity the text by layer} */
    @Override
    public String toString() {
        return "%s%nplaceholder unpatched: %s%n%s"
                .formatted(
                        provenance,
                        unpatched,
                        entities.stream()
                                .map(DescribedEntity::toString)
                                .collect(Collectors.joining(System.lineSeparator())));
    }
}
