package dev.patchscopes.lens.future;

import com.google.gson.JsonObject;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.internal.Json;
import dev.patchscopes.internal.JsonFields;
import dev.patchscopes.internal.JsonSeal;
import dev.patchscopes.text.TokenizedPrompt;

/** The JSON of a reading. */
final class FutureReadingJson {
    private FutureReadingJson() {}

    static String write(FutureReading r) {
        JsonObject out = new JsonObject();
        out.addProperty("library", r.library().value());
        out.addProperty("lens", r.lens());
        out.add("model", Json.of(r.model()));
        out.addProperty("text", r.prompt().text());
        out.add("tokens", Json.array(r.prompt().tokens(), Json::of));
        out.add("layers", Json.numbers(r.layers().asList()));
        out.add("positions", Json.numbers(r.positions().asList()));
        out.add("cells", Json.array(r.cells(), row -> Json.array(row, FutureReadingJson::cell)));
        return JsonSeal.add(Json.text(out));
    }

    static FutureReading read(String json) {
        return JsonFields.read(
                json,
                "a future lens reading",
                in ->
                        new FutureReading(
                                new LibraryVersion(in.text("library")),
                                in.text("lens"),
                                in.model("model"),
                                TokenizedPrompt.of(
                                        in.text("text"), in.objects("tokens", JsonFields::token)),
                                in.integers("layers"),
                                in.integers("positions"),
                                in.rows("cells", FutureReadingJson::cell)));
    }

    private static JsonObject cell(FutureCell cell) {
        JsonObject out = new JsonObject();
        out.add("tokens", Json.array(cell.tokens(), Json::of));
        return out;
    }

    private static FutureCell cell(JsonFields in) {
        return new FutureCell(in.objects("tokens", JsonFields::tokenProbability));
    }
}
