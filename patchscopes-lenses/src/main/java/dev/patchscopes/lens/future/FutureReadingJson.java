package dev.patchscopes.lens.future;

import com.google.gson.JsonObject;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.text.CharSpan;
import dev.patchscopes.text.Token;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.Optional;

/** The JSON of a reading. */
final class FutureReadingJson {
    private FutureReadingJson() {}

    static String write(FutureReading r) {
        JsonObject out = new JsonObject();
        out.addProperty("library", r.library().value());
        out.addProperty("lens", r.lens());
        out.add("model", Json.model(r.model()));
        out.addProperty("text", r.prompt().text());
        out.add("tokens", Json.array(r.prompt().tokens(), FutureReadingJson::token));
        out.add("layers", Json.ints(r.layers()));
        out.add("positions", Json.ints(r.positions()));
        out.add(
                "cells",
                Json.array(
                        r.cells(),
                        row ->
                                Json.array(
                                        row,
                                        cell ->
                                                Json.array(
                                                        cell.tokens(),
                                                        FutureReadingJson::probability))));
        return Json.write(out);
    }

    static FutureReading read(String json) {
        return Json.read(
                json,
                "a future lens reading",
                in ->
                        new FutureReading(
                                new LibraryVersion(in.get("library").getAsString()),
                                in.get("lens").getAsString(),
                                Json.model(in.getAsJsonObject("model")),
                                TokenizedPrompt.of(
                                        in.get("text").getAsString(),
                                        Json.list(
                                                in.get("tokens"), e -> token(e.getAsJsonObject()))),
                                Json.ints(in.get("layers")),
                                Json.ints(in.get("positions")),
                                Json.list(
                                        in.get("cells"),
                                        row ->
                                                Json.list(
                                                        row,
                                                        cell ->
                                                                new FutureCell(
                                                                        Json.list(
                                                                                cell,
                                                                                e ->
                                                                                        probability(
                                                                                                e
                                                                                                        .getAsJsonObject())))))));
    }

    private static JsonObject token(Token t) {
        JsonObject out = new JsonObject();
        out.addProperty("index", t.index());
        out.addProperty("id", t.id());
        out.addProperty("piece", t.piece());
        t.span()
                .ifPresent(
                        span -> {
                            out.addProperty("start", span.start());
                            out.addProperty("end", span.end());
                        });
        return out;
    }

    private static Token token(JsonObject in) {
        Optional<CharSpan> span =
                in.has("start")
                        ? Optional.of(
                                new CharSpan(in.get("start").getAsInt(), in.get("end").getAsInt()))
                        : Optional.empty();
        return new Token(
                in.get("index").getAsInt(),
                in.get("id").getAsInt(),
                in.get("piece").getAsString(),
                span);
    }

    private static JsonObject probability(TokenProbability t) {
        JsonObject out = new JsonObject();
        out.addProperty("id", t.id());
        out.addProperty("piece", t.piece());
        out.addProperty("probability", t.probability());
        return out;
    }

    private static TokenProbability probability(JsonObject in) {
        return new TokenProbability(
                in.get("id").getAsInt(),
                in.get("piece").getAsString(),
                in.get("probability").getAsDouble());
    }
}
