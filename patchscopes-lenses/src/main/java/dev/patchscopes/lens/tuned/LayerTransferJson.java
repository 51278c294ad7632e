package dev.patchscopes.lens.tuned;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.internal.Json;
import dev.patchscopes.internal.JsonFields;
import dev.patchscopes.internal.JsonSeal;
import java.util.List;

/** The JSON of transfer matrices. */
final class LayerTransferJson {
    private LayerTransferJson() {}

    static String write(LayerTransfer t) {
        JsonObject out = new JsonObject();
        out.addProperty("library", t.library().value());
        out.addProperty("lens", t.lens());
        out.add("model", Json.of(t.model()));
        out.addProperty("textsHash", t.textsHash());
        out.addProperty("positions", t.positions());
        out.addProperty("predictions", t.predictions());
        out.add("surprisals", matrix(t.surprisals()));
        out.add("divergences", matrix(t.divergences()));
        return JsonSeal.add(Json.text(out));
    }

    private static JsonArray matrix(List<ImmutableDoubleArray> rows) {
        return Json.array(rows, row -> Json.numbers(row.asList()));
    }

    static LayerTransfer read(String json) {
        return JsonFields.read(
                json,
                "transfer matrices",
                in ->
                        new LayerTransfer(
                                new LibraryVersion(in.text("library")),
                                in.text("lens"),
                                in.model("model"),
                                in.text("textsHash"),
                                in.longInteger("positions"),
                                in.longInteger("predictions"),
                                matrix(in, "surprisals"),
                                matrix(in, "divergences")));
    }

    private static ImmutableList<ImmutableDoubleArray> matrix(JsonFields in, String name) {
        return in.list(name, LayerTransferJson::row);
    }

    private static ImmutableDoubleArray row(JsonElement in) {
        ImmutableDoubleArray.Builder values = ImmutableDoubleArray.builder();
        in.getAsJsonArray().forEach(value -> values.add(value.getAsDouble()));
        return values.build();
    }
}
