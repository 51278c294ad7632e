package dev.patchscopes.lens;

import com.google.gson.JsonObject;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.internal.Json;
import dev.patchscopes.internal.JsonFields;
import dev.patchscopes.internal.JsonSeal;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.StateReading;
import dev.patchscopes.model.TokenScore;
import dev.patchscopes.text.TokenizedPrompt;

/** The JSON of a reading. */
final class LensReadingJson {
    private LensReadingJson() {}

    static String write(LensReading r) {
        JsonObject out = new JsonObject();
        out.addProperty("library", r.library().value());
        out.addProperty("lens", r.lens());
        out.add("model", Json.of(r.model()));
        out.addProperty("text", r.prompt().text());
        out.add("tokens", Json.array(r.prompt().tokens(), Json::of));
        out.add("points", Json.texts(r.points().stream().map(HookPoint::name).toList()));
        out.add("positions", Json.numbers(r.positions().asList()));
        out.add("cells", Json.array(r.cells(), row -> Json.array(row, LensReadingJson::cell)));
        return JsonSeal.add(Json.text(out));
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
                                        in.text("text"), in.objects("tokens", JsonFields::token)),
                                in.list("points", e -> HookPoint.parse(e.getAsString())),
                                in.integers("positions"),
                                in.rows("cells", LensReadingJson::cell)));
    }

    private static JsonObject cell(StateReading cell) {
        JsonObject out = new JsonObject();
        out.add("top", Json.array(cell.top(), Json::of));
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
                in.objects("top", JsonFields::tokenProbability),
                in.number("entropy"),
                in.number("divergence"),
                in.number("surprisalUnderFinal"),
                score(in.object("finalPrediction")),
                in.optionalObject("next").map(LensReadingJson::score),
                in.objects("asked", LensReadingJson::score));
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
