package dev.patchscopes.model.golden;

import dev.patchscopes.checkpoint.SafetensorsFile;
import dev.patchscopes.checkpoint.StoredTensor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;

/** The inputs and expected outputs of one configuration, read into memory. */
final class GoldenValues {
    private final String configuration;
    private final Map<String, Tensor> tensors;

    /** Values row-major; float32 and integers are exact in double. */
    private static final class Tensor {
        private final int[] shape;
        private final double[] values;

        Tensor(StoredTensor stored) {
            shape = stored.shape().stream().mapToInt(Math::toIntExact).toArray();
            values = stored.toDoubles();
        }
    }

    private GoldenValues(String configuration, Map<String, Tensor> tensors) {
        this.configuration = configuration;
        this.tensors = tensors;
    }

    static GoldenValues read(String configuration) {
        Path packed = GoldenFiles.file(configuration, "golden.safetensors.gz");
        try {
            Path file = Files.createTempFile(configuration, ".safetensors");
            try (InputStream in = new GZIPInputStream(Files.newInputStream(packed))) {
                Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
                return new GoldenValues(configuration, tensors(file));
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, Tensor> tensors(Path path) {
        Map<String, Tensor> tensors = new TreeMap<>();
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            file.tensors().forEach((name, stored) -> tensors.put(name, new Tensor(stored)));
        }
        return tensors;
    }

    boolean has(String name) {
        return tensors.containsKey(name);
    }

    double[] get(String name) {
        return tensor(name).values.clone();
    }

    double scalar(String name) {
        double[] values = tensor(name).values;
        if (values.length != 1) {
            throw new AssertionError(name + " holds " + values.length + " values");
        }
        return values[0];
    }

    int[] ints(String name) {
        return Arrays.stream(tensor(name).values).mapToInt(v -> (int) v).toArray();
    }

    int[] shape(String name) {
        return tensor(name).shape.clone();
    }

    /** One entry along the first axis. */
    double[] row(String name, int row) {
        Tensor tensor = tensor(name);
        int width = tensor.values.length / tensor.shape[0];
        return Arrays.copyOfRange(tensor.values, row * width, (row + 1) * width);
    }

    /** A matrix of integers. */
    int[][] rowsOfInts(String name) {
        int rows = tensor(name).shape[0];
        int[][] out = new int[rows][];
        for (int r = 0; r < rows; r++) {
            out[r] = Arrays.stream(row(name, r)).mapToInt(v -> (int) v).toArray();
        }
        return out;
    }

    private Tensor tensor(String name) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new AssertionError(
                    "no golden tensor "
                            + name
                            + " of "
                            + configuration
                            + " in "
                            + tensors.keySet());
        }
        return tensor;
    }
}
