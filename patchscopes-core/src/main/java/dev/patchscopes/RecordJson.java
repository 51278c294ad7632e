package dev.patchscopes;

import com.google.common.collect.ImmutableList;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.patchscopes.internal.JsonSeal;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.Generation;
import dev.patchscopes.model.Sampling;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.text.CharSpan;
import dev.patchscopes.text.Token;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** The JSON of results. Numbers are written so that reading gives the same bits. */
final class RecordJson {

    private RecordJson() {}

    static String text(JsonElement element) {
        return JsonSeal.add(JsonText.of(element));
    }

    // ---- a result -------------------------------------------------------------------------------

    static JsonObject write(PatchscopeRecord r) {
        JsonObject out = new JsonObject();
        out.add("provenance", write(r.provenance()));
        out.addProperty("vectorNorm", r.vectorNorm());
        out.addProperty("patchNorm", r.patchNorm());
        out.add("patched", write(r.patched()));
        out.add("unpatched", write(r.unpatched()));
        out.add("relevance", array(r.relevance(), RecordJson::write));
        return out;
    }

    static PatchscopeRecord patchscope(JsonFields in) {
        return new PatchscopeRecord(
                provenance(in.child("provenance")),
                in.number("vectorNorm"),
                in.number("patchNorm"),
                reply(in.child("patched")),
                reply(in.child("unpatched")),
                in.objects("relevance", RecordJson::relevance));
    }

    private static JsonObject write(PatchscopeRecord.Reply reply) {
        JsonObject out = new JsonObject();
        out.add("top", array(reply.top(), RecordJson::write));
        out.addProperty("entropy", reply.entropy());
        out.addProperty("text", reply.text());
        out.add("tokens", array(reply.tokens(), RecordJson::write));
        out.addProperty("reason", reply.reason().name());
        return out;
    }

    private static PatchscopeRecord.Reply reply(JsonFields in) {
        return new PatchscopeRecord.Reply(
                in.objects("top", RecordJson::tokenProbability),
                in.number("entropy"),
                in.string("text"),
                in.objects("tokens", RecordJson::tokenProbability),
                in.constant("reason", Generation.StopReason.class));
    }

    static JsonObject write(TokenProbability token) {
        JsonObject out = new JsonObject();
        out.addProperty("id", token.id());
        out.addProperty("piece", token.piece());
        out.addProperty("probability", token.probability());
        return out;
    }

    static TokenProbability tokenProbability(JsonFields in) {
        return new TokenProbability(in.integer("id"), in.string("piece"), in.number("probability"));
    }

    private static JsonObject write(TokenRelevance token) {
        JsonObject out = new JsonObject();
        out.addProperty("id", token.id());
        out.addProperty("piece", token.piece());
        out.addProperty("patched", token.patched());
        out.addProperty("unpatched", token.unpatched());
        return out;
    }

    private static TokenRelevance relevance(JsonFields in) {
        return new TokenRelevance(
                in.integer("id"), in.string("piece"), in.number("patched"), in.number("unpatched"));
    }

    // ---- where it came from ---------------------------------------------------------------------

    static JsonObject write(Provenance p) {
        JsonObject out = new JsonObject();
        out.addProperty("library", p.library().value());
        out.add("source", write(p.source()));
        out.add("target", write(p.target()));
        out.addProperty("mapping", p.mapping());
        out.addProperty("maxNewTokens", p.maxNewTokens());
        out.add("sampling", write(p.sampling()));
        JsonArray stops = new JsonArray();
        p.stopAt().forEach(stops::add);
        out.add("stopAt", stops);
        return out;
    }

    static Provenance provenance(JsonFields in) {
        return new Provenance(
                new LibraryVersion(in.string("library")),
                place(in.child("source")),
                place(in.child("target")),
                in.string("mapping"),
                in.integer("maxNewTokens"),
                sampling(in.child("sampling")),
                in.strings("stopAt"));
    }

    private static JsonObject write(Place place) {
        JsonObject model = new JsonObject();
        model.addProperty("name", place.model().name());
        model.addProperty("contentHash", place.model().contentHash());
        model.addProperty("modelType", place.model().modelType());
        model.addProperty("computeType", place.model().computeType().name());
        model.addProperty("device", place.model().device());
        JsonObject out = new JsonObject();
        out.add("model", model);
        out.addProperty("text", place.prompt().text());
        out.add("tokens", array(place.prompt().tokens(), RecordJson::write));
        out.addProperty("position", place.position());
        out.addProperty("layer", place.layer());
        return out;
    }

    private static Place place(JsonFields in) {
        JsonFields model = in.child("model");
        ImmutableList<Written> written =
                in.objects("tokens", t -> new Written(t.integer("id"), t.string("piece"), span(t)));
        ImmutableList.Builder<Token> tokens = ImmutableList.builder();
        for (int i = 0; i < written.size(); i++) {
            Written token = written.get(i);
            tokens.add(new Token(i, token.id, token.piece, token.span));
        }
        return new Place(
                new ModelIdentity(
                        model.string("name"),
                        model.string("contentHash"),
                        model.string("modelType"),
                        model.constant("computeType", ComputeType.class),
                        model.string("device")),
                TokenizedPrompt.of(in.string("text"), tokens.build()),
                in.integer("position"),
                in.integer("layer"));
    }

    /** A token without its index, which is its place in the list. */
    private record Written(int id, String piece, Optional<CharSpan> span) {}

    private static JsonObject write(Token token) {
        JsonObject out = new JsonObject();
        out.addProperty("id", token.id());
        out.addProperty("piece", token.piece());
        token.span()
                .ifPresent(
                        span -> {
                            out.addProperty("start", span.start());
                            out.addProperty("end", span.end());
                        });
        return out;
    }

    private static Optional<CharSpan> span(JsonFields in) {
        return in.has("start")
                ? Optional.of(new CharSpan(in.integer("start"), in.integer("end")))
                : Optional.empty();
    }

    private static JsonObject write(Sampling sampling) {
        JsonObject out = new JsonObject();
        out.addProperty("temperature", sampling.temperature());
        out.addProperty("topK", sampling.topK());
        out.addProperty("topP", sampling.topP());
        out.addProperty("seed", sampling.seed());
        return out;
    }

    private static Sampling sampling(JsonFields in) {
        return new Sampling(
                in.number("temperature"), in.integer("topK"), in.number("topP"), in.wide("seed"));
    }

    static <T> JsonArray array(List<T> values, Function<T, JsonObject> writer) {
        JsonArray out = new JsonArray();
        values.forEach(value -> out.add(writer.apply(value)));
        return out;
    }
}
