package dev.patchscopes;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.report.Block;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Prose;
import dev.patchscopes.report.Table;
import dev.patchscopes.text.Quoting;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/** Pages of grids, and what grids and their parts are called in them. */
final class GridPages {

    private GridPages() {}

    static Page of(LayerGrid grid) {
        List<Block> blocks = new ArrayList<>();
        blocks.add(GridFigures.heatmap(grid, List.of()));
        ImmutableList<TokenProbability> top = GridFigures.top(grid.unpatched());
        if (!top.isEmpty()) {
            blocks.add(
                    Table.of("The target prompt without a patch", "next token", "probability")
                            .withRows(
                                    top.stream()
                                            .map(
                                                    t ->
                                                            List.of(
                                                                    Quoting.quote(t.piece()),
                                                                    t.probability()))
                                            .toList()));
        }
        grid.unpatched()
                .generation()
                .filter(g -> !g.ids().isEmpty())
                .ifPresent(g -> blocks.add(Prose.of("Unpatched, it goes on: " + g)));
        return Page.of(title(grid), blocks);
    }

    static Page of(List<LayerGrid> grids) {
        checkArgument(!grids.isEmpty(), "there are no grids to show: give at least one");
        if (grids.size() == 1) {
            return of(grids.get(0));
        }
        String title = "%d patchscopes".formatted(grids.size());
        if (areAlike(grids)) {
            return Page.of(
                    title,
                    GridFigures.sideBySide(grids, List.of())
                            .withCaption("Each column is a patchscope, at the same layer of both prompts."),
                    unpatched(grids));
        }
        List<String> labels = labels(grids);
        List<Block> blocks = new ArrayList<>();
        for (int i = 0; i < grids.size(); i++) {
            blocks.add(Prose.heading(labels.get(i)));
            blocks.add(GridFigures.heatmap(grids.get(i), List.of()));
        }
        return Page.of(title, blocks);
    }

    /** Whether columns of one heat map can show them. */
    private static boolean areAlike(List<LayerGrid> grids) {
        return grids.stream().allMatch(GridFigures::isDiagonal)
                && isSame(grids, GridFigures::sourceLayers)
                && isSame(grids, GridFigures::read);
    }

    private static Table unpatched(List<LayerGrid> grids) {
        List<String> labels = labels(grids);
        return Table.of("The target prompts without a patch", "patchscope", "answer")
                .withRows(
                        IntStream.range(0, grids.size())
                                .mapToObj(
                                        i ->
                                                List.of(
                                                        labels.get(i),
                                                        answer(grids.get(i).unpatched())))
                                .toList());
    }

    static String title(LayerGrid grid) {
        return title(grid.provenance());
    }

    static String title(Provenance p) {
        Place from = p.source();
        return "Patchscope of %s in %s"
                .formatted(
                        Quoting.quote(from.prompt().token(from.position()).piece()),
                        shown(from.prompt()));
    }

    /** The text; of a prompt made from ids, its tokens. */
    static String shown(TokenizedPrompt prompt) {
        return prompt.text().isEmpty() ? prompt.toString() : Quoting.quoteShort(prompt.text());
    }

    /** What a run says, in a line. */
    static String answer(CellResult result) {
        ImmutableList<TokenProbability> top = GridFigures.top(result);
        String next = top.isEmpty() ? result.toString() : "next " + top.get(0);
        return result.generation()
                .filter(g -> !g.ids().isEmpty())
                .map(g -> "%s, generated %s".formatted(next, Quoting.quoteShort(g.toString())))
                .orElse(next);
    }

    /** What each grid does not share with all others; its source's token if it shares all. */
    static ImmutableList<String> labels(List<LayerGrid> grids) {
        List<Function<LayerGrid, String>> parts = new ArrayList<>();
        for (Function<LayerGrid, String> part : List.<Function<LayerGrid, String>>of(
                g -> shown(g.provenance().source().prompt()),
                g -> token(g.provenance().source()),
                g -> g.provenance().mapping(),
                g -> "into " + shown(g.provenance().target().prompt()),
                g -> "over " + token(g.provenance().target()))) {
            if (!isSame(grids, part)) {
                parts.add(part);
            }
        }
        if (parts.isEmpty()) {
            return grids.stream()
                    .map(g -> token(g.provenance().source()))
                    .collect(ImmutableList.toImmutableList());
        }
        return grids.stream()
                .map(g -> String.join(", ", parts.stream().map(part -> part.apply(g)).toList()))
                .collect(ImmutableList.toImmutableList());
    }

    private static <T> boolean isSame(List<LayerGrid> grids, Function<LayerGrid, T> part) {
        return grids.stream().map(part).distinct().count() == 1;
    }

    /** Index and piece: a prompt may hold a token twice. */
    private static String token(Place place) {
        return place.prompt().token(place.position()).toString();
    }
}
