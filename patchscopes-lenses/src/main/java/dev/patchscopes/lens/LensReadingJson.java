package dev.patchscopes.lens;

import com.google.common.primitives.ImmutableIntArray;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.lens.internal.Json;
import dev.patchscopes.lens.internal.JsonFields;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.StateReading;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.model.TokenScore;
import dev.patchscopes.text.Token;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.Optional;

/** The JSON of a reading. */
final class LensReadingJson {
    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

    private LensReadingJson() {}

    static String write(LensReading r) {
        JsonObject out = new JsonObject();
        out.addProperty("library", r.library().value());
        out.addProperty("lens", r.lens());
        out.add("model", Json.of(r.model()));
        out.addProperty("text", r.prompt().text());
        out.add("tokens", Json.array(r.prompt().tokens(), LensReadingJson::token));
        out.add("points", Json.texts(r.points().stream().map(HookPoint::name).toList()));
        out.add("positions", Json.numbers(r.positions().asList()));
        out.add("cells", Json.array(r.cells(), row -> Json.array(row, LensReadingJson::cell)));
        return GSON.toJson(out);
    }

    static LensReading read(String json) {
        return JsonFields.read(
                json,
                "a lens reading",
                in ->
                        new LensReading(
                                new LibraryVersion(in.text("library")),
                                in.text("lens"),
                                in.model("model"),
                                TokenizedPrompt.of(
                                        in.text("text"),
                                        in.objects("tokens", LensReadingJson::token)),
                                in.list("points", e -> HookPoint.parse(e.getAsString())),
                                ImmutableIntArray.copyOf(
                                        in.list("positions", JsonElement::getAsInt)),
                                in.rows("cells", LensReadingJson::cell)));
    }

    private static JsonObject token(Token t) {
        JsonObject out = t.span().map(Json::of).orElseGet(JsonObject::new);
        out.addProperty("index", t.index());
        out.addProperty("id", t.id());
        out.addProperty("piece", t.piece());
        return out;
    }

    private static Token token(JsonFields in) {
        return new Token(
                in.integer("index"),
                in.integer("id"),
                in.text("piece"),
                in.has("start") ? Optional.of(in.span()) : Optional.empty());
    }

    private static JsonObject cell(StateReading cell) {
        JsonObject out = new JsonObject();
        out.add("top", Json.array(cell.top(), LensReadingJson::probability));
        out.addProperty("entropy", cell.entropy());
        out.addProperty("divergence", cell.divergence());
        out.addProperty("surprisalUnderFinal", cell.surprisalUnderFinal());
        out.add("finalPrediction", score(cell.finalPrediction()));
        cell.next().ifPresent(s -> out.add("next", score(s)));
        out.add("asked", Json.array(cell.tokens(), LensReadingJson::score));
        return out;
    }

    private static StateReading cell(JsonFields in) {
        return new StateReading(
                in.objects("top", LensReadingJson::probability),
                in.number("entropy"),
                in.number("divergence"),
                in.number("surprisalUnderFinal"),
                score(in.object("finalPrediction")),
                in.optionalObject("next").map(LensReadingJson::score),
                in.objects("asked", LensReadingJson::score));
    }

    private static JsonObject probability(TokenProbability t) {
        JsonObject out = new JsonObject();
        out.addProperty("id", t.id());
        out.addProperty("piece", t.piece());
        out.addProperty("probability", t.probability());
        return out;
    }

    private static TokenProbability probability(JsonFields in) {
        return new TokenProbability(in.integer("id"), in.text("piece"), in.number("probability"));
    }

    private static JsonObject score(TokenScore s) {
        JsonObject out = new JsonObject();
        out.addProperty("id", s.id());
        out.addProperty("piece", s.piece());
        out.addProperty("logProbability", s.logProbability());
        out.addProperty("rank", s.rank());
        return out;
    }

    private static TokenScore score(JsonFields in) {
        return new TokenScore(
                in.integer("id"),
                in.text("piece"),
                in.number("logProbability"),
                in.integer("rank"));
    }
}
