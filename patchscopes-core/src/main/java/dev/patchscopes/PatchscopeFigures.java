package dev.patchscopes;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.report.BarChart;
import dev.patchscopes.report.BarSeries;
import dev.patchscopes.report.Block;
import dev.patchscopes.report.Measured;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Prose;
import dev.patchscopes.report.Table;
import dev.patchscopes.text.Quoting;
import java.util.ArrayList;
import java.util.List;

/** What a patchscope found, as pictures. */
final class PatchscopeFigures {
    private static final int RANKED = 10;

    private PatchscopeFigures() {}

    static BarChart chart(PatchscopeRecord result) {
        ImmutableList<TokenRelevance> all = result.relevance();
        return BarChart.of(
                        "What each generated token owes to the patch",
                        "probability with the patch, less that without",
                        all.stream().map(TokenRelevance::piece).toList(),
                        List.of(
                                BarSeries.of(
                                        "relevance",
                                        all.stream()
                                                .map(t -> Measured.of(t.relevance()))
                                                .toList())))
                .withCaption(
                        "Near 1: only the patch explains the token. Near 0: the model would have said it anyway. Both runs read the same text so far.")
                .between(Math.min(0, least(all)), 1);
    }

    private static double least(List<TokenRelevance> all) {
        return all.stream().mapToDouble(TokenRelevance::relevance).min().orElse(0);
    }

    static Page page(PatchscopeRecord result) {
        List<Block> blocks = new ArrayList<>();
        blocks.add(Prose.of(words(result)));
        blocks.add(next(result));
        if (!result.relevance().isEmpty()) {
            blocks.add(chart(result));
            blocks.add(relevance(result));
        }
        return Page.of(GridPages.title(result.provenance()), blocks);
    }

    private static String words(PatchscopeRecord result) {
        Provenance p = result.provenance();
        Place from = p.source();
        Place to = p.target();
        String where =
                "Layer %d of token %s of %s in %s, written (%s) into layer %d, over token %s of %s in %s."
                        .formatted(
                                from.layer(),
                                from.prompt().token(from.position()),
                                GridPages.shown(from.prompt()),
                                from.model().name(),
                                p.mapping(),
                                to.layer(),
                                to.prompt().token(to.position()),
                                GridPages.shown(to.prompt()),
                                to.model().name());
        return result.patched().tokens().isEmpty()
                ? where
                : "%s\n\nPatched: %s\n\nUnpatched: %s"
                        .formatted(
                                where,
                                Quoting.quote(result.patched().text()),
                                Quoting.quote(result.unpatched().text()));
    }

    private static Table next(PatchscopeRecord result) {
        List<TokenProbability> with = result.patched().top();
        List<TokenProbability> without = result.unpatched().top();
        List<List<?>> rows = new ArrayList<>();
        for (int i = 0; i < Math.min(RANKED, with.size()); i++) {
            rows.add(
                    List.of(
                            i + 1,
                            Quoting.quote(with.get(i).piece()),
                            with.get(i).probability(),
                            Quoting.quote(without.get(i).piece()),
                            without.get(i).probability()));
        }
        return Table.of(
                        "Next token",
                        "rank",
                        "patched",
                        "probability",
                        "unpatched",
                        "probability unpatched")
                .withRows(rows);
    }

    private static Table relevance(PatchscopeRecord result) {
        return Table.of("Generated tokens", "token", "patched", "unpatched", "relevance")
                .withRows(
                        result.relevance().stream()
                                .map(
                                        t ->
                                                List.of(
                                                        Quoting.quote(t.piece()),
                                                        t.patched(),
                                                        t.unpatched(),
                                                        t.relevance()))
                                .toList());
    }
}
