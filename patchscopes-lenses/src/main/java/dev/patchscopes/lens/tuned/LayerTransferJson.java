package dev.patchscopes.lens.tuned;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.model.ComputeType;
import java.util.List;

/** The JSON of transfer matrices. */
final class LayerTransferJson {
    // a mean over no tokens is not a number, and is written as such
    private static final Gson GSON =
            new GsonBuilder().disableHtmlEscaping().serializeSpecialFloatingPointValues().create();

    private LayerTransferJson() {}

    static String write(LayerTransfer t) {
        JsonObject model = new JsonObject();
        model.addProperty("name", t.model().name());
        model.addProperty("contentHash", t.model().contentHash());
        model.addProperty("modelType", t.model().modelType());
        model.addProperty("computeType", t.model().computeType().name());
        model.addProperty("device", t.model().device());
        JsonObject out = new JsonObject();
        out.addProperty("lens", t.lens());
        out.add("model", model);
        out.addProperty("positions", t.positions());
        out.addProperty("predictions", t.predictions());
        out.add("surprisals", matrix(t.surprisals()));
        out.add("divergences", matrix(t.divergences()));
        return GSON.toJson(out);
    }

    private static JsonArray matrix(List<ImmutableDoubleArray> rows) {
        JsonArray out = new JsonArray();
        for (ImmutableDoubleArray row : rows) {
            JsonArray values = new JsonArray();
            row.forEach(values::add);
            out.add(values);
        }
        return out;
    }

    static LayerTransfer read(String json) {
        try {
            JsonObject in = GSON.fromJson(json, JsonObject.class);
            JsonObject model = in.getAsJsonObject("model");
            return new LayerTransfer(
                    in.get("lens").getAsString(),
                    new ModelIdentity(
                            model.get("name").getAsString(),
                            model.get("contentHash").getAsString(),
                            model.get("modelType").getAsString(),
                            ComputeType.valueOf(model.get("computeType").getAsString()),
                            model.get("device").getAsString()),
                    in.get("positions").getAsLong(),
                    in.get("predictions").getAsLong(),
                    rows(in.getAsJsonArray("surprisals")),
                    rows(in.getAsJsonArray("divergences")));
        } catch (JsonParseException
                | NullPointerException
                | ClassCastException
                | UnsupportedOperationException
                | NumberFormatException
                | IllegalStateException e) {
            throw new IllegalArgumentException(
                    "this is not the JSON of transfer matrices: " + e.getMessage(), e);
        }
    }

    private static ImmutableList<ImmutableDoubleArray> rows(JsonArray in) {
        ImmutableList.Builder<ImmutableDoubleArray> out = ImmutableList.builder();
        for (JsonElement row : in) {
            ImmutableDoubleArray.Builder values = ImmutableDoubleArray.builder();
            row.getAsJsonArray().forEach(value -> values.add(value.getAsDouble()));
            out.add(values.build());
        }
        return out.build();
    }
}
