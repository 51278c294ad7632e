package dev.patchscopes.lens.tuned;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.checkpoint.SafetensorsFile;
import dev.patchscopes.checkpoint.SafetensorsWriter;
import dev.patchscopes.checkpoint.StoredTensor;
import dev.patchscopes.checkpoint.internal.FileClaim;
import dev.patchscopes.checkpoint.internal.OwnFile;
import dev.patchscopes.model.HookedModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A training's state in a safetensors file: translators, velocities and the losses so far, which
 * tell how many steps are done; and what the training is, so that no other goes on from it.
 */
final class TrainingSnapshot {
    private static final String TRAINING = "training";
    private static final String DIGEST = "digest";

    private final Path file;
    private final String training;
    private final String digest;

    private TrainingSnapshot(Path file, String training, String digest) {
        this.file = file;
        this.training = training;
        this.digest = digest;
    }

    /** Of a training that is about to start from these translators. */
    static TrainingSnapshot of(
            Path file,
            HookedModel model,
            TrainingSettings settings,
            TokenChunks chunks,
            Translators start) {
        String training =
                "%s, tokens at once %d, %s as %s"
                        .formatted(
                                settings.describe(chunks.length()),
                                settings.tokensAtOnce(),
                                model.name(),
                                model.computeType());
        Hasher hasher = Hashing.sha256().newHasher();
        hasher.putString(training, StandardCharsets.UTF_8);
        hasher.putString(model.contentHash(), StandardCharsets.UTF_8);
        hasher.putString(chunks.digest(), StandardCharsets.UTF_8);
        for (int k = 0; k < start.layers(); k++) {
            Translators.Numbers numbers = start.numbers(k);
            Arrays.stream(numbers.weight()).forEach(hasher::putDouble);
            Arrays.stream(numbers.bias()).forEach(hasher::putDouble);
        }
        return new TrainingSnapshot(file, training, hasher.hash().toString());
    }

    /**
     * Keeps other trainings from the file; {@link FileClaim#deleteAndClose} ends it.
     *
     * @throws IllegalArgumentException if one uses it, in this process or in another
     */
    static FileClaim claim(Path file) {
        Path lock = file.resolveSibling(".%s.lock".formatted(file.getFileName()));
        try {
            return FileClaim.take(lock)
                    .orElseThrow(
                            () ->
                                    new IllegalArgumentException(
                                            "%s is in use by another training, in this process or in another: wait until it ends, or name another file"
                                                    .formatted(file)));
        } catch (IOException e) {
            throw new UncheckedIOException("%s cannot be written: %s".formatted(file, e), e);
        }
    }

    void write(
            Translators translators,
            Descent descent,
            ImmutableIntArray layers,
            List<ImmutableDoubleArray> losses) {
        SafetensorsWriter out =
                new SafetensorsWriter().metadata(TRAINING, training).metadata(DIGEST, digest);
        for (int i = 0; i < layers.length(); i++) {
            int layer = layers.get(i);
            add(out, layer + ".weight", translators.weight(layer));
            add(out, layer + ".bias", translators.bias(layer));
            add(out, layer + ".weight.velocity", descent.weight(i));
            add(out, layer + ".bias.velocity", descent.bias(i));
        }
        double[] flat = losses.stream().flatMapToDouble(ImmutableDoubleArray::stream).toArray();
        out.add("losses", flat, losses.size(), layers.length());
        out.write(file);
    }

    private static void add(SafetensorsWriter out, String name, NDArray x) {
        if (x.getDataType() == DataType.FLOAT64) {
            out.add(name, x.toDoubleArray(), x.getShape().getShape());
        } else {
            out.add(name, x.toFloatArray(), x.getShape().getShape());
        }
    }

    /** Takes the state over if there is a file; the losses of the steps done. */
    List<ImmutableDoubleArray> resume(
            Translators translators, Descent descent, ImmutableIntArray layers) {
        List<ImmutableDoubleArray> losses = new ArrayList<>();
        if (!Files.exists(file)) {
            return losses;
        }
        try (SafetensorsFile in = OwnFile.open(file, "a training with snapshots")) {
            if (!digest.equals(in.metadata().get(DIGEST))) {
                throw new IllegalArgumentException(
                        "%s is of another training, or of other texts or weights: it has %s, and this training %s. Name another file or delete it"
                                .formatted(file, in.metadata().get(TRAINING), training));
            }
            for (int i = 0; i < layers.length(); i++) {
                int layer = layers.get(i);
                read(in, layer + ".weight", translators.weight(layer));
                read(in, layer + ".bias", translators.bias(layer));
                read(in, layer + ".weight.velocity", descent.weight(i));
                read(in, layer + ".bias.velocity", descent.bias(i));
            }
            double[] flat = in.tensor("losses").toDoubles();
            for (int at = 0; at < flat.length; at += layers.length()) {
                losses.add(
                        ImmutableDoubleArray.copyOf(
                                Arrays.copyOfRange(flat, at, at + layers.length())));
            }
        }
        return losses;
    }

    private static void read(SafetensorsFile in, String name, NDArray target) {
        StoredTensor stored = in.tensor(name);
        if (target.getDataType() == DataType.FLOAT64) {
            target.set(stored.toDoubles());
        } else {
            target.set(stored.toFloats());
        }
    }
}
