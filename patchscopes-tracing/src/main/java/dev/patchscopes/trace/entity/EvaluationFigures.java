package dev.patchscopes.trace.entity;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.measure.Difference;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.report.BarChart;
import dev.patchscopes.report.BarSeries;
import dev.patchscopes.report.Block;
import dev.patchscopes.report.HeatCell;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Measure;
import dev.patchscopes.report.Measured;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Prose;
import dev.patchscopes.report.Series;
import dev.patchscopes.trace.LayerPair;
import dev.patchscopes.trace.internal.PairMap;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Stream;

/** Pictures of evaluated descriptions. */
final class EvaluationFigures {
    private static final String NAMED = "share that names a category";

    private EvaluationFigures() {}

    private static PairMap map(EntityEvaluation e) {
        return PairMap.of(e.report().provenance().pairs());
    }

    static LineChart curves(EntityEvaluation e) {
        PairMap map = map(e);
        PairRates named = e.named();
        PairRates random = e.namedByRandom();
        ImmutableList.Builder<Series> lines = ImmutableList.builder();
        lines.add(PairFigures.line("patched", map, pair -> at(named, pair)));
        PairFigures.heldOutPoint(named).ifPresent(lines::add);
        lines.add(
                PairFigures.line("random vectors", map, pair -> at(random, pair)).asBaseline(),
                level("placeholder unpatched", map, Measured.of(e.namedByPlaceholder())),
                level("by name", map, Measured.of(e.namedDirectly())));
        return PairFigures.chart(
                        "How often descriptions say what an entity is",
                        NAMED,
                        map,
                        lines.build())
                .withCaption(
                        "%d entities with categories. %s"
                                .formatted(
                                        named.table().subjects().size(),
                                        PairFigures.heldOut(named, "Apart"))
                                .strip());
    }

    private static Measured at(PairRates rates, LayerPair pair) {
        return Measured.of(rates.at(pair.source(), pair.target()));
    }

    private static Series level(String name, PairMap map, Measured level) {
        return Series.level(name, map.sourceLayers(), level);
    }

    static Heatmap heatmap(EntityEvaluation e) {
        PairRates named = e.named();
        Heatmap map =
                PairFigures.heatmap(
                        "How often descriptions say what an entity is",
                        NAMED,
                        named,
                        e.namedByRandom());
        return map.withCaption(
                "%s By name %s, placeholder unpatched %s."
                        .formatted(map.caption(), e.namedDirectly(), e.namedByPlaceholder())
                        .strip());
    }

    static LineChart rouge(
            EntityEvaluation e, String name, Function<RougeScores, RougeMeans> kind) {
        PairMap map = map(e);
        return PairFigures.chart(
                        name + " of descriptions with the references",
                        name + " F1",
                        map,
                        ImmutableList.of(
                                PairFigures.line(
                                        "patched",
                                        map,
                                        p -> f1(kind, e.patchedRouge(p.source(), p.target()))),
                                PairFigures.line(
                                                "random vectors",
                                                map,
                                                p -> f1(kind, e.randomRouge(p.source(), p.target())))
                                        .asBaseline(),
                                level("placeholder unpatched", map, f1(kind, e.placeholderRouge())),
                                level("by name", map, f1(kind, e.directRouge()))))
                .withCaption("Mean over %d entities.".formatted(e.references().size()));
    }

    private static Measured f1(Function<RougeScores, RougeMeans> kind, RougeScores scores) {
        return Measured.of(kind.apply(scores).f1());
    }

    static Heatmap rougeMap(EntityEvaluation e) {
        return map(e).heatmap(
                        "Agreement of descriptions with the references",
                        List.of(
                                Measure.of("Rouge-L F1", "").from(0),
                                Measure.of("Rouge-1 F1", "").from(0),
                                Measure.of("Rouge-L F1, random vectors", "").from(0)),
                        pair -> rougeCell(e, pair))
                .withCaption(
                        "Rouge-L by name %s, placeholder unpatched %s; mean over %d entities."
                                .formatted(
                                        e.directRouge().sequence(),
                                        e.placeholderRouge().sequence(),
                                        e.references().size()));
    }

    private static HeatCell rougeCell(EntityEvaluation e, LayerPair pair) {
        RougeScores patched = e.patchedRouge(pair.source(), pair.target());
        RougeScores random = e.randomRouge(pair.source(), pair.target());
        double f1 = patched.sequence().f1().mean();
        return HeatCell.of(
                        String.format(Locale.ROOT, "%.2f", f1),
                        f1,
                        patched.words().f1().mean(),
                        random.sequence().f1().mean())
                .withNote("%s; random vectors: %s".formatted(patched, random));
    }

    static BarChart bars(EntityEvaluation e) {
        PairRates named = e.named();
        PairRates random = e.namedByRandom();
        ImmutableList.Builder<String> names = ImmutableList.builder();
        ImmutableList.Builder<Measured> patched = ImmutableList.builder();
        ImmutableList.Builder<Measured> controls = ImmutableList.builder();
        names.add("any layer");
        patched.add(Measured.of(named.oracle()));
        controls.add(Measured.of(random.oracle()));
        if (named.hasHeldOut()) {
            names.add("held-out layer");
            patched.add(Measured.of(named.heldOut().test()));
            controls.add(Measured.of(random.heldOut().test()));
        }
        for (Rate rate : List.of(e.namedByPlaceholder(), e.namedDirectly())) {
            patched.add(Measured.of(Double.NaN));
            controls.add(Measured.of(rate));
        }
        names.add("placeholder unpatched", "by name");
        return BarChart.of(
                        "Descriptions beside their controls",
                        NAMED,
                        names.build(),
                        List.of(
                                BarSeries.of("patched", patched.build()),
                                BarSeries.of("control", controls.build()).asBaseline()))
                .between(0, 1)
                .withCaption(
                        "Any layer counts an entity if one of the layers names a category, and is to be compared with the same of random vectors only. Random vectors have a held-out layer of their own.%s"
                                .formatted(
                                        named.hasHeldOut()
                                                ? differences(e.overRandom(), e.overPlaceholder())
                                                : ""));
    }

    private static String differences(Difference random, Difference placeholder) {
        return " Held-out layer less the same layer of random vectors: %s; less the placeholder: %s."
                .formatted(random, placeholder);
    }

    static LineChart halves(EntityEvaluation.Halves halves) {
        PairMap map = map(halves.most());
        return PairFigures.chart(
                        "Rouge-L of descriptions by popularity of the entity",
                        "Rouge-L F1",
                        map,
                        ImmutableList.of(
                                popular("more popular half", map, halves.most()),
                                popular("less popular half", map, halves.least()),
                                random("more popular half, random vectors", map, halves.most()),
                                random("less popular half, random vectors", map, halves.least())))
                .withCaption(
                        "%d entities in each half."
                                .formatted(halves.most().references().size()));
    }

    private static Series popular(String name, PairMap map, EntityEvaluation e) {
        return PairFigures.line(
                name, map, p -> Measured.of(e.patchedRouge(p.source(), p.target()).sequence().f1()));
    }

    private static Series random(String name, PairMap map, EntityEvaluation e) {
        return PairFigures.line(
                        name,
                        map,
                        p -> Measured.of(e.randomRouge(p.source(), p.target()).sequence().f1()))
                .asBaseline();
    }

    static Page page(EntityEvaluation e) {
        Stream<Block> figures =
                map(e).isLine()
                        ? Stream.of(curves(e), bars(e), e.sequenceCurves(), e.wordCurves())
                        : Stream.of(heatmap(e), bars(e), rougeMap(e));
        return Page.of(
                "Descriptions of %d entities evaluated".formatted(e.references().size()),
                Stream.concat(
                                figures,
                                Stream.of(
                                        ReportFigures.heatmap(e.report()),
                                        ReportFigures.measured(e.report())))
                        .toList());
    }

    static Page page(EntityEvaluation.Halves halves) {
        ImmutableList.Builder<Block> blocks = ImmutableList.builder();
        if (map(halves.most()).isLine()) {
            blocks.add(halves(halves));
        }
        addFigures(blocks, "More popular half", halves.most());
        addFigures(blocks, "Less popular half", halves.least());
        return Page.of("Descriptions by popularity", blocks.build());
    }

    private static void addFigures(
            ImmutableList.Builder<Block> blocks, String heading, EntityEvaluation e) {
        blocks.add(Prose.heading(heading));
        if (map(e).isLine()) {
            blocks.add(curves(e));
        } else {
            blocks.add(heatmap(e), rougeMap(e));
        }
    }
}
