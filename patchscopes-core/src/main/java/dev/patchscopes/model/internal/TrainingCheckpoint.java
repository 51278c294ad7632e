package dev.patchscopes.model.internal;

import com.google.common.hash.Hashing;
import dev.patchscopes.checkpoint.Checkpoint;
import dev.patchscopes.checkpoint.SafetensorsFile;
import dev.patchscopes.checkpoint.SafetensorsWriter;
import dev.patchscopes.checkpoint.StoredTensor;
import dev.patchscopes.checkpoint.StoredType;
import dev.patchscopes.model.WeightMismatchException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** First values of parameters, and parameters as files. */
public final class TrainingCheckpoint {
    private static final double DEVIATION = 0.02;
    private static final String CONFIG_DIGEST = "config_sha256";

    private TrainingCheckpoint() {}

    /**
     * Reads parameters.
     *
     * @param runtime gets them
     * @param checkpoint holds them
     */
    public static void read(TrainingRuntime runtime, Checkpoint checkpoint) {
        StoredNames names = StoredNames.of(runtime.architecture().weights(), checkpoint);
        for (TrainingRuntime.Place place : runtime.places()) {
            StoredTensor stored = checkpoint.tensor(names.stored(place.name()));
            if (!stored.shape().asList().equals(place.shape())) {
                throw new WeightMismatchException(
                        "%s has shape %s, expected %s: is config.json the one that belongs to these weights?"
                                .formatted(stored.name(), stored.shape(), place.shape()));
            }
            runtime.write(place.offset(), stored.toDoubles());
        }
    }

    /**
     * Draws parameters: matrices from N(0, 0.02^2), those whose product is added to the stream
     * divided by sqrt(2 L), norms one, biases zero.
     *
     * @param runtime gets them
     * @param seed of the generator
     */
    public static void draw(TrainingRuntime runtime, long seed) {
        Random random = new Random(seed);
        ArchitectureSpec spec = runtime.architecture().spec();
        for (TrainingRuntime.Place place : runtime.places()) {
            double[] values = new double[place.elements()];
            double deviation =
                    place.role() == ParameterRole.RESIDUAL
                            ? DEVIATION / Math.sqrt(2.0 * spec.layers())
                            : DEVIATION;
            for (int i = 0; i < values.length; i++) {
                values[i] =
                        switch (place.role()) {
                            case MATRIX, RESIDUAL -> deviation * random.nextGaussian();
                            case NORM -> 1 - spec.norm().weightOffset();
                            case BIAS -> 0;
                        };
            }
            runtime.write(place.offset(), values);
        }
    }

    /**
     * Refuses a configuration that the weights were not written with, if they say so.
     *
     * @param configFile names it in messages
     * @param config its content
     * @param weights the file of weights, which may be missing
     * @throws WeightMismatchException if it is another
     */
    public static void checkConfig(Path configFile, byte[] config, Path weights) {
        if (!Files.exists(weights)) {
            return;
        }
        try (SafetensorsFile file = SafetensorsFile.open(weights)) {
            String written = file.metadata().get(CONFIG_DIGEST);
            if (written != null && !written.equals(Hashing.sha256().hashBytes(config).toString())) {
                throw new WeightMismatchException(
                        "%s is not the configuration that %s was written with: one of the two was damaged or replaced, so take both from one copy"
                                .formatted(configFile, weights));
            }
        }
    }

    /**
     * Writes parameters to a safetensors file.
     *
     * @param runtime has them
     * @param config the configuration they go with
     * @param file where to
     * @param type F16, F32 or F64
     */
    public static void write(TrainingRuntime runtime, byte[] config, Path file, StoredType type) {
        StoredNames names = StoredNames.canonical(runtime.architecture().weights());
        SafetensorsWriter writer =
                new SafetensorsWriter()
                        .metadata("format", "pt")
                        .metadata(CONFIG_DIGEST, Hashing.sha256().hashBytes(config).toString());
        for (TrainingRuntime.Place place : runtime.places()) {
            double[] values = runtime.read(place.offset(), place.elements(), false);
            String name = names.stored(place.name());
            long[] shape = place.shape().stream().mapToLong(Long::longValue).toArray();
            switch (type) {
                case F64 -> writer.add(name, values, shape);
                case F32 -> writer.add(name, floats(values), shape);
                default -> writer.addFloat16(name, halves(values), shape);
            }
        }
        writer.write(file);
    }

    private static float[] floats(double[] values) {
        float[] out = new float[values.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) values[i];
        }
        return out;
    }

    private static short[] halves(double[] values) {
        short[] out = new short[values.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = Float16.round((float) values[i]);
        }
        return out;
    }
}
