package dev.patchscopes;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.Generation;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.Optional;

/** The JSON of grids. Numbers are written so that reading gives the same bits. */
final class GridJson {

    private GridJson() {}

    static JsonObject write(LayerGrid grid) {
        JsonObject out = new JsonObject();
        out.add("provenance", RecordJson.write(grid.provenance()));
        out.add("unpatched", write(grid.unpatched()));
        JsonArray cells = new JsonArray();
        for (LayerGrid.GridCell cell : grid.cells()) {
            JsonObject written = new JsonObject();
            written.addProperty("sourceLayer", cell.sourceLayer());
            written.addProperty("targetLayer", cell.targetLayer());
            written.add("result", write(cell.result()));
            cells.add(written);
        }
        out.add("cells", cells);
        return out;
    }

    static LayerGrid grid(JsonFields in) {
        Provenance provenance = RecordJson.provenance(in.child("provenance"));
        TokenizedPrompt prompt = provenance.target().prompt();
        return new LayerGrid(
                provenance,
                in.objects(
                        "cells",
                        cell ->
                                new LayerGrid.GridCell(
                                        cell.integer("sourceLayer"),
                                        cell.integer("targetLayer"),
                                        result(cell.child("result"), prompt))),
                result(in.child("unpatched"), prompt));
    }

    private static JsonObject write(CellResult result) {
        JsonObject out = new JsonObject();
        out.add("top", RecordJson.array(result.top(), RecordJson::write));
        out.add("probabilities", numbers(result.probabilities()));
        out.add("logits", numbers(result.logits()));
        if (!result.residual().isEmpty()) {
            out.add("residual", numbers(result.residual()));
        }
        result.generation()
                .ifPresent(
                        generation -> {
                            out.addProperty("text", generation.text());
                            out.add(
                                    "tokens",
                                    RecordJson.array(generation.tokens(), RecordJson::write));
                            out.addProperty("reason", generation.reason().name());
                        });
        return out;
    }

    private static CellResult result(JsonFields in, TokenizedPrompt prompt) {
        return new CellResult(
                in.objects("top", RecordJson::tokenProbability),
                in.numbers("probabilities"),
                in.numbers("logits"),
                Optional.empty(),
                in.has("residual") ? in.numbers("residual") : ImmutableDoubleArray.of(),
                in.has("text") ? Optional.of(generation(in, prompt)) : Optional.empty());
    }

    private static Generation generation(JsonFields in, TokenizedPrompt prompt) {
        ImmutableList<TokenProbability> tokens = in.objects("tokens", RecordJson::tokenProbability);
        return new Generation(
                prompt,
                in.string("text"),
                ImmutableIntArray.copyOf(tokens.stream().mapToInt(TokenProbability::id)),
                tokens,
                in.constant("reason", Generation.StopReason.class));
    }

    private static JsonArray numbers(ImmutableDoubleArray values) {
        JsonArray out = new JsonArray();
        values.forEach(out::add);
        return out;
    }
}
