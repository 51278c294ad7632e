package dev.patchscopes.lens.tuned;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.hash.Hashing;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.model.HookedModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** The {@code config.json} of a lens. */
record LensConfig(
        int width,
        int layers,
        boolean bias,
        Optional<String> contentHash,
        Optional<LibraryVersion> library,
        Optional<String> numbersDigest,
        LensOrigin origin,
        ImmutableList<String> warnings) {
    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().serializeNulls().create();
    private static final String TYPE = "linear_tuned_lens";
    private static final String BASE = "base_model_name_or_path";
    private static final String OWN = "patchscopes"; // ours, which others pass over
    private static final String LIBRARY = "library";
    private static final String HASH = "base_model_content_hash";
    private static final String NUMBERS_DIGEST = "numbers_sha256";
    private static final String DIGEST = "sha256"; // of all else in the file
    private static final int LONGEST = 1 << 20;
    private static final ImmutableSet<String> KNOWN =
            ImmutableSet.of(
                    BASE,
                    "d_model",
                    "num_hidden_layers",
                    "bias",
                    "base_model_revision",
                    "unembed_hash",
                    "lens_type",
                    OWN);

    /**
     * @param numbersDigest of the lens's parameters
     */
    static String json(TunedLens lens, String numbersDigest) {
        HookedModel model = lens.model();
        JsonObject out = new JsonObject();
        out.addProperty(BASE, model.name());
        out.addProperty("d_model", model.width());
        out.addProperty("num_hidden_layers", model.layers());
        out.addProperty("bias", true);
        out.add("base_model_revision", null);
        out.add("unembed_hash", null);
        out.addProperty("lens_type", TYPE);
        JsonObject own = new JsonObject();
        lens.library().ifPresent(library -> own.addProperty(LIBRARY, library.value()));
        own.addProperty(HASH, model.contentHash());
        own.addProperty("method", lens.origin().method());
        JsonObject settings = new JsonObject();
        lens.origin().settings().forEach(settings::addProperty);
        own.add("settings", settings);
        own.addProperty(NUMBERS_DIGEST, numbersDigest);
        out.add(OWN, own);
        own.addProperty(DIGEST, digest(out));
        return GSON.toJson(out) + "\n";
    }

    static LensConfig read(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new LensFileException(
                    file, "there is no such file; a lens is a folder with config.json and params");
        }
        try {
            if (Files.size(file) > LONGEST) {
                throw new LensFileException(file, "is too long for the configuration of a lens");
            }
            return of(file, GSON.fromJson(Files.readString(file), JsonObject.class));
        } catch (CharacterCodingException e) {
            throw new LensFileException(file, "is not UTF-8, so it is damaged or no JSON", e);
        } catch (IOException e) {
            throw new UncheckedIOException("%s: %s".formatted(file, e), e);
        } catch (JsonParseException e) {
            throw new LensFileException(file, "is no JSON: " + e.getMessage(), e);
        } catch (NullPointerException | IllegalStateException | NumberFormatException e) {
            throw new LensFileException(
                    file, "is not the configuration of a lens: " + e.getMessage(), e);
        } catch (UnsupportedOperationException e) {
            throw new LensFileException(file, "has a value of another kind than expected", e);
        }
    }

    private static LensConfig of(Path file, JsonObject in) {
        ImmutableList.Builder<String> warnings = ImmutableList.builder();
        for (String key : in.keySet()) {
            if (!KNOWN.contains(key)) {
                warnings.add("%s: the key '%s' is not known and passed over".formatted(file, key));
            }
        }
        String type = text(in, "lens_type").orElse(TYPE);
        if (!type.equals(TYPE)) {
            throw new LensFileException(
                    file, "is of a lens of type '%s'; only %s is read".formatted(type, TYPE));
        }
        JsonObject own = in.has(OWN) ? in.getAsJsonObject(OWN) : new JsonObject();
        checkDigest(file, in, own);
        return new LensConfig(
                number(file, in, "d_model"),
                number(file, in, "num_hidden_layers"),
                !in.has("bias") || in.get("bias").getAsBoolean(),
                text(own, HASH),
                text(own, LIBRARY).map(LibraryVersion::new),
                text(own, NUMBERS_DIGEST),
                origin(own),
                warnings.build());
    }

    /** SHA-256 of the JSON without spaces and without this digest. */
    private static String digest(JsonObject config) {
        JsonObject copy = config.deepCopy();
        copy.getAsJsonObject(OWN).remove(DIGEST);
        return Hashing.sha256().hashString(copy.toString(), StandardCharsets.UTF_8).toString();
    }

    /** Others write none, and who edits the file deletes it. */
    private static void checkDigest(Path file, JsonObject in, JsonObject own) {
        Optional<String> written = text(own, DIGEST);
        if (written.isPresent() && !written.get().equals(digest(in))) {
            throw new LensFileException(
                    file,
                    "is not as it was saved, for its %s is another: take the folder from a copy, or save the lens again; if it was changed on purpose, delete the field %s"
                            .formatted(DIGEST, DIGEST));
        }
    }

    private static LensOrigin origin(JsonObject own) {
        if (!own.has("method")) {
            return LensOrigin.UNKNOWN;
        }
        ImmutableMap.Builder<String, String> settings = ImmutableMap.builder();
        if (own.has("settings")) {
            for (Map.Entry<String, JsonElement> entry :
                    own.getAsJsonObject("settings").entrySet()) {
                settings.put(entry.getKey(), entry.getValue().getAsString());
            }
        }
        return new LensOrigin(own.get("method").getAsString(), settings.buildOrThrow());
    }

    private static Optional<String> text(JsonObject in, String key) {
        return in.has(key) && !in.get(key).isJsonNull()
                ? Optional.of(in.get(key).getAsString())
                : Optional.empty();
    }

    private static int number(Path file, JsonObject in, String key) {
        if (!in.has(key)) {
            throw new LensFileException(file, "has no '%s'".formatted(key));
        }
        return in.get(key).getAsInt();
    }
}
