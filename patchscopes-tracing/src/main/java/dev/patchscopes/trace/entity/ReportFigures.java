package dev.patchscopes.trace.entity;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.report.AxisLabels;
import dev.patchscopes.report.Block;
import dev.patchscopes.report.HeatCell;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.Measure;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Prose;
import dev.patchscopes.report.Table;
import dev.patchscopes.text.Quoting;
import dev.patchscopes.trace.LayerPair;
import dev.patchscopes.trace.internal.PairMap;
import java.util.List;
import java.util.Locale;

/** Pictures of descriptions. */
final class ReportFigures {

    /** Entities whose descriptions a page also writes out. */
    private static final int WRITTEN_OUT = 12;

    private ReportFigures() {}

    static Heatmap heatmap(EntityReport report) {
        ImmutableList<LayerPair> pairs = report.provenance().pairs();
        PairMap map = PairMap.of(pairs);
        ImmutableList<DescribedEntity> entities = report.entities();
        return Heatmap.of(
                        "Entities in the words of each layer",
                        AxisLabels.of(
                                "entity", entities.stream().map(DescribedEntity::name).toList()),
                        AxisLabels.of(
                                map.isDiagonal() ? "layer l = l*" : "layers l -> l*",
                                pairs.stream().map(map::label).toList()),
                        List.of(
                                Measure.probability().named("probability of the first token"),
                                Measure.difference("more than unpatched", "").between(-1, 1)),
                        (row, column) -> cell(entities.get(row), column))
                .withCaption(
                        "Without a patch: %s".formatted(Quoting.quote(text(report.unpatched()))));
    }

    private static HeatCell cell(DescribedEntity entity, int pair) {
        EntityText said = entity.patched().get(pair).said();
        HeatCell cell = HeatCell.of(text(said), said.first().patched(), said.first().relevance());
        return entity.random().isEmpty()
                ? cell
                : cell.withNote(
                        "random vector: %s"
                                .formatted(Quoting.quote(text(entity.random().get(pair).said()))));
    }

    /** In words, or as token ids where there are none. */
    private static String text(EntityText said) {
        return said.toString();
    }

    static Table table(DescribedEntity entity) {
        Table table =
                Table.of(
                        "%s (by name: %s)".formatted(entity.name(), text(entity.direct())),
                        "l",
                        "l*",
                        "description",
                        "first token",
                        "probability",
                        "more than unpatched");
        return table.withRows(entity.patched().stream().map(ReportFigures::line).toList());
    }

    private static List<Object> line(Description d) {
        return List.of(
                d.sourceLayer(),
                d.targetLayer(),
                text(d.said()),
                d.said().first().piece(),
                d.said().first().patched(),
                d.said().first().relevance());
    }

    static Page page(DescribedEntity entity) {
        return Page.of(entity.name(), table(entity));
    }

    static Page page(EntityReport report) {
        ImmutableList.Builder<Block> blocks = ImmutableList.builder();
        blocks.add(heatmap(report));
        report.entities().stream()
                .limit(WRITTEN_OUT)
                .map(ReportFigures::table)
                .forEach(blocks::add);
        if (report.entities().size() > WRITTEN_OUT) {
            blocks.add(
                    Prose.of(
                            "The first %d of %d entities are written out."
                                    .formatted(WRITTEN_OUT, report.entities().size())));
        }
        return Page.of(
                report.entities().size() == 1
                        ? "Description of " + report.entities().get(0).name()
                        : String.format(
                                Locale.ROOT,
                                "Descriptions of %d entities",
                                report.entities().size()),
                blocks.add(measured(report)).build());
    }

    static Prose measured(EntityReport report) {
        EntityProvenance p = report.provenance();
        return new Prose(
                "How it was measured",
                "%s. The vector of the name's last token in %s takes the place of token %s of %s."
                        .formatted(
                                p,
                                Quoting.quote(p.template()),
                                Quoting.quote(p.tokens().get(p.position())),
                                Quoting.quote(p.prompt())));
    }
}
