package dev.patchscopes.lens;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.StateReading;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.model.TokenScore;
import dev.patchscopes.text.CharSpan;
import dev.patchscopes.text.Token;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** The JSON of a reading. */
final class LensReadingJson {
    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

    private LensReadingJson() {}

    static String write(LensReading r) {
        JsonObject out = new JsonObject();
        out.addProperty("library", r.library().value());
        out.addProperty("lens", r.lens());
        out.add("model", model(r.model()));
        out.addProperty("text", r.prompt().text());
        out.add("tokens", array(r.prompt().tokens(), LensReadingJson::token));
        JsonArray points = new JsonArray();
        r.points().forEach(p -> points.add(p.name()));
        out.add("points", points);
        JsonArray positions = new JsonArray();
        r.positions().asList().forEach(positions::add);
        out.add("positions", positions);
        out.add("cells", array(r.cells(), row -> array(row, LensReadingJson::cell)));
        return GSON.toJson(out);
    }

    static LensReading read(String json) {
        try {
            JsonObject in = GSON.fromJson(json, JsonObject.class);
            return new LensReading(
                    new LibraryVersion(in.get("library").getAsString()),
                    in.get("lens").getAsString(),
                    model(in.getAsJsonObject("model")),
                    TokenizedPrompt.of(
                            in.get("text").getAsString(),
                            list(in.get("tokens"), e -> token(e.getAsJsonObject()))),
                    list(in.get("points"), e -> HookPoint.parse(e.getAsString())),
                    ImmutableIntArray.copyOf(list(in.get("positions"), JsonElement::getAsInt)),
                    list(in.get("cells"), row -> list(row, e -> cell(e.getAsJsonObject()))));
        } catch (JsonParseException
                | NullPointerException
                | ClassCastException
                | UnsupportedOperationException
                | IllegalStateException e) {
            throw new IllegalArgumentException(
                    "this is not the JSON of a lens reading: " + e.getMessage(), e);
        }
    }

    static JsonObject model(ModelIdentity m) {
        JsonObject out = new JsonObject();
        out.addProperty("name", m.name());
        out.addProperty("contentHash", m.contentHash());
        out.addProperty("modelType", m.modelType());
        out.addProperty("computeType", m.computeType().name());
        out.addProperty("device", m.device());
        return out;
    }

    static ModelIdentity model(JsonObject in) {
        return new ModelIdentity(
                in.get("name").getAsString(),
                in.get("contentHash").getAsString(),
                in.get("modelType").getAsString(),
                ComputeType.valueOf(in.get("computeType").getAsString()),
                in.get("device").getAsString());
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

    private static JsonObject cell(StateReading cell) {
        JsonObject out = new JsonObject();
        out.add("top", array(cell.top(), LensReadingJson::probability));
        out.addProperty("entropy", cell.entropy());
        out.addProperty("divergence", cell.divergence());
        out.addProperty("surprisalUnderFinal", cell.surprisalUnderFinal());
        out.add("finalPrediction", score(cell.finalPrediction()));
        cell.next().ifPresent(s -> out.add("next", score(s)));
        out.add("asked", array(cell.tokens(), LensReadingJson::score));
        return out;
    }

    private static StateReading cell(JsonObject in) {
        return new StateReading(
                list(in.get("top"), e -> probability(e.getAsJsonObject())),
                in.get("entropy").getAsDouble(),
                in.get("divergence").getAsDouble(),
                in.get("surprisalUnderFinal").getAsDouble(),
                score(in.getAsJsonObject("finalPrediction")),
                Optional.ofNullable(in.getAsJsonObject("next")).map(LensReadingJson::score),
                list(in.get("asked"), e -> score(e.getAsJsonObject())));
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

    private static JsonObject score(TokenScore s) {
        JsonObject out = new JsonObject();
        out.addProperty("id", s.id());
        out.addProperty("piece", s.piece());
        out.addProperty("logProbability", s.logProbability());
        out.addProperty("rank", s.rank());
        return out;
    }

    private static TokenScore score(JsonObject in) {
        return new TokenScore(
                in.get("id").getAsInt(),
                in.get("piece").getAsString(),
                in.get("logProbability").getAsDouble(),
                in.get("rank").getAsInt());
    }

    private static <T> JsonArray array(List<T> items, Function<T, JsonElement> writer) {
        JsonArray out = new JsonArray();
        items.forEach(item -> out.add(writer.apply(item)));
        return out;
    }

    private static <T> ImmutableList<T> list(JsonElement in, Function<JsonElement, T> reader) {
        return in.getAsJsonArray().asList().stream()
                .map(reader)
                .collect(ImmutableList.toImmutableList());
    }
}
