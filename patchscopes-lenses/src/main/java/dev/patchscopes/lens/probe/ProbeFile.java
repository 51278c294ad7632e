package dev.patchscopes.lens.probe;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableLongArray;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.checkpoint.SafetensorsFile;
import dev.patchscopes.checkpoint.SafetensorsWriter;
import dev.patchscopes.checkpoint.internal.OwnFile;
import dev.patchscopes.model.ComputeType;
import java.nio.file.Path;

/** Probes as safetensors files. */
final class ProbeFile {

    private static final String FORMAT = "patchscopes linear probe 1";

    private ProbeFile() {}

    static void write(LinearProbe probe, Path file) {
        JsonArray labels = new JsonArray();
        probe.labels().forEach(labels::add);
        new SafetensorsWriter()
                .metadata("format", FORMAT)
                .metadata("labels", labels.toString())
                .metadata("layer", Integer.toString(probe.layer()))
                .metadata("model", probe.model().name())
                .metadata("contentHash", probe.model().contentHash())
                .metadata("modelType", probe.model().modelType())
                .metadata("computeType", probe.model().computeType().name())
                .metadata("device", probe.model().device())
                .add("weight", probe.weights().toArray(), probe.labels().size(), probe.width())
                .add("bias", probe.biases().toArray(), probe.labels().size())
                .write(file);
    }

    static LinearProbe read(Path path) {
        try (SafetensorsFile file = OwnFile.open(path, "LinearProbe.save")) {
            ImmutableMap<String, String> metadata = file.metadata();
            checkArgument(
                    FORMAT.equals(metadata.get("format")),
                    "%s holds no linear probe of this version: its metadata has format \"%s\", expected \"%s\"",
                    path,
                    metadata.get("format"),
                    FORMAT);
            ImmutableList<String> labels = labels(path, field(path, metadata, "labels"));
            ImmutableLongArray shape = file.tensor("weight").shape();
            checkArgument(
                    shape.length() == 2 && shape.get(0) == labels.size(),
                    "weight of %s has the shape %s, expected [%s, d_model], a row a label",
                    path,
                    shape,
                    labels.size());
            return new LinearProbe(
                    new ModelIdentity(
                            field(path, metadata, "model"),
                            field(path, metadata, "contentHash"),
                            field(path, metadata, "modelType"),
                            computeType(path, field(path, metadata, "computeType")),
                            field(path, metadata, "device")),
                    layer(path, field(path, metadata, "layer")),
                    labels,
                    ImmutableDoubleArray.copyOf(file.tensor("weight").toDoubles()),
                    ImmutableDoubleArray.copyOf(file.tensor("bias").toDoubles()));
        }
    }

    private static String field(Path path, ImmutableMap<String, String> metadata, String name) {
        String value = metadata.get(name);
        checkArgument(value != null, "\"%s\" is missing from the metadata of %s", name, path);
        return value;
    }

    private static ImmutableList<String> labels(Path path, String json) {
        try {
            return JsonParser.parseString(json).getAsJsonArray().asList().stream()
                    .map(JsonElement::getAsString)
                    .collect(ImmutableList.toImmutableList());
        } catch (JsonParseException | IllegalStateException | UnsupportedOperationException e) {
            throw new IllegalArgumentException(
                    "the labels of %s are %s, expected a JSON list of texts".formatted(path, json),
                    e);
        }
    }

    private static int layer(Path path, String text) {
        checkArgument(
                text.matches("\\d{1,9}"),
                "the layer of %s is \"%s\", expected a number",
                path,
                text);
        return Integer.parseInt(text);
    }

    private static ComputeType computeType(Path path, String text) {
        try {
            return ComputeType.valueOf(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "the computeType of %s is \"%s\", expected one of %s"
                            .formatted(path, text, ImmutableList.copyOf(ComputeType.values())),
                    e);
        }
    }
}
