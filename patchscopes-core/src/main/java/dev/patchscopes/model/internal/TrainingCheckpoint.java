package dev.patchscopes.model.internal;

import dev.patchscopes.checkpoint.Checkpoint;
import dev.patchscopes.checkpoint.SafetensorsWriter;
import dev.patchscopes.checkpoint.StoredTensor;
import dev.patchscopes.checkpoint.StoredType;
import dev.patchscopes.model.WeightMismatchException;
import java.nio.file.Path;
import java.util.Random;

/** First values of parameters, and parameters as files. */
public final class TrainingCheckpoint {
    private static final double DEVIATION = 0.02;

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
     * Writes parameters to a safetensors file.
     *
     * @param runtime has them
     * @param file where to
     * @param type F16, F32 or F64
     */
    public static void write(TrainingRuntime runtime, Path file, StoredType type) {
        StoredNames names = StoredNames.canonical(runtime.architecture().weights());
        SafetensorsWriter writer = new SafetensorsWriter().metadata("format", "pt");
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
