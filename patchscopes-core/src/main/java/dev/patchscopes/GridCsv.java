package dev.patchscopes;

import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.text.Token;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Grids as comma-separated values. */
final class GridCsv {

    private static final String CELL = "source_layer,target_layer,token,probability,generated";

    private GridCsv() {}

    static String of(LayerGrid grid) {
        StringBuilder out = new StringBuilder(CELL).append('\n');
        for (LayerGrid.GridCell cell : grid.cells()) {
            out.append(cell(cell)).append('\n');
        }
        return out.toString();
    }

    static String of(List<LayerGrid> grids) {
        StringBuilder out =
                new StringBuilder(
                                "source_model,source_prompt,source_position,source_token,mapping,"
                                        + "target_model,target_prompt,target_position,target_token,")
                        .append(CELL)
                        .append(",unpatched_token,unpatched_probability,unpatched_generated\n");
        for (LayerGrid grid : grids) {
            Provenance p = grid.provenance();
            String from = place(p.source()) + "," + quoted(p.mapping()) + "," + place(p.target());
            String unpatched = answer(grid.unpatched());
            for (LayerGrid.GridCell cell : grid.cells()) {
                out.append(from).append(',').append(cell(cell)).append(',');
                out.append(unpatched).append('\n');
            }
        }
        return out.toString();
    }

    private static String place(Place place) {
        return String.join(
                ",",
                quoted(place.model().name()),
                quoted(text(place.prompt())),
                Integer.toString(place.position()),
                quoted(place.prompt().token(place.position()).piece()));
    }

    /** The text; of a prompt made from ids, the ids. */
    private static String text(TokenizedPrompt prompt) {
        return prompt.text().isEmpty()
                ? prompt.tokens().stream().map(Token::piece).collect(Collectors.joining(" "))
                : prompt.text();
    }

    private static String cell(LayerGrid.GridCell cell) {
        return cell.sourceLayer() + "," + cell.targetLayer() + "," + answer(cell.result());
    }

    private static String answer(CellResult result) {
        String generated = quoted(result.generation().map(g -> g.text()).orElse(""));
        if (result.top().isEmpty()) {
            return ",," + generated; // a reading without top tokens
        }
        TokenProbability top = result.top().get(0);
        return String.format(
                Locale.ROOT, "%s,%.6g,%s", quoted(top.piece()), top.probability(), generated);
    }

    private static String quoted(String text) {
        return '"' + text.replace("\"", "\"\"") + '"';
    }
}
