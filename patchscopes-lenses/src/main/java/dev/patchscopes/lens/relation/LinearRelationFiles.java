package dev.patchscopes.lens.relation;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import dev.patchscopes.checkpoint.CheckpointException;
import dev.patchscopes.checkpoint.SafetensorsFile;
import dev.patchscopes.checkpoint.SafetensorsWriter;
import dev.patchscopes.checkpoint.StoredTensor;
import dev.patchscopes.internal.RecordJson;
import dev.patchscopes.internal.TextFile;
import dev.patchscopes.linear.LowRank;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.model.HookedModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The two files of a saved relation: numbers, and what they are. */
final class LinearRelationFiles {

    private static final String FORMAT = "patchscopes linear relation 1";
    private static final String DESCRIPTION = "relation.json";
    private static final String NUMBERS = "relation.safetensors";

    private LinearRelationFiles() {}

    /**
     * @param rank of the factors; 0 if W is whole
     * @param digest SHA-256 of all numbers, which the header of the other file does not protect
     */
    private record Description(
            String format,
            LinearRelationProvenance provenance,
            double beta,
            int width,
            int rank,
            String digest) {}

    static void save(LinearRelation relation, Path directory) throws IOException {
        Files.createDirectories(directory);
        int width = relation.model().width();
        SafetensorsWriter numbers = new SafetensorsWriter();
        List<double[]> all = new ArrayList<>();
        if (relation.kept() instanceof Weight.Factored factored) {
            LowRank factors = factored.factors();
            add(numbers, all, "left", factors.left().values(), width, factors.rank());
            add(numbers, all, "right", factors.right().values(), width, factors.rank());
        } else {
            add(numbers, all, "weight", relation.weight().values(), width, width);
        }
        add(numbers, all, "bias", relation.bias(), width);
        Description description =
                new Description(
                        FORMAT,
                        relation.provenance(),
                        relation.beta(),
                        width,
                        relation.rank().orElse(0),
                        digest(all));
        try {
            numbers.write(directory.resolve(NUMBERS));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        TextFile.write(directory.resolve(DESCRIPTION), RecordJson.write(description));
    }

    private static void add(
            SafetensorsWriter out,
            List<double[]> all,
            String name,
            double[] values,
            long... shape) {
        out.add(name, values, shape);
        all.add(values);
    }

    static LinearRelation load(HookedModel model, Path directory) throws IOException {
        Path file = directory.resolve(DESCRIPTION);
        Description description =
                RecordJson.read(Files.readString(file), Description.class, file.toString());
        if (!description.format.equals(FORMAT)) {
            throw new IllegalArgumentException(
                    "%s has format \"%s\", expected \"%s\""
                            .formatted(file, description.format, FORMAT));
        }
        checkModel(model, description, file);
        Path numbers = directory.resolve(NUMBERS);
        List<double[]> all = new ArrayList<>();
        int width = description.width;
        int rank = description.rank;
        Weight weight;
        double[] bias;
        try (SafetensorsFile tensors = SafetensorsFile.open(numbers)) {
            if (rank > 0) {
                weight =
                        new Weight.Factored(
                                new LowRank(
                                        matrix(tensors, all, "left", width, rank),
                                        matrix(tensors, all, "right", width, rank)));
            } else {
                weight = new Weight.Whole(matrix(tensors, all, "weight", width, width));
            }
            bias = values(tensors, all, "bias", width);
        } catch (CheckpointException e) {
            throw new IllegalArgumentException(
                    "%s is damaged or does not belong to %s: %s"
                            .formatted(numbers, file, e.getMessage()),
                    e);
        }
        if (!digest(all).equals(description.digest)) {
            throw new IllegalArgumentException(
                    "the numbers of %s are not those that %s was written with: one of the two was damaged or replaced, so fit and save the relation again"
                            .formatted(numbers, file));
        }
        return new LinearRelation(model, description.provenance, description.beta, weight, bias);
    }

    private static void checkModel(HookedModel model, Description description, Path file) {
        if (!description.provenance.model().contentHash().equals(model.contentHash())
                || description.width != model.width()) {
            throw new IllegalArgumentException(
                    "%s was fitted on %s of width %d, and %s (%s, width %d) has other weights: load the relation with the model it was fitted on"
                            .formatted(
                                    file,
                                    description.provenance.model(),
                                    description.width,
                                    model.name(),
                                    model.contentHash(),
                                    model.width()));
        }
    }

    private static Matrix matrix(
            SafetensorsFile tensors, List<double[]> all, String name, int rows, int columns) {
        return Matrix.of(rows, columns, values(tensors, all, name, rows, columns));
    }

    private static double[] values(
            SafetensorsFile tensors, List<double[]> all, String name, long... shape) {
        StoredTensor tensor = tensors.tensor(name);
        if (!Arrays.equals(tensor.shape().toArray(), shape)) {
            throw new IllegalArgumentException(
                    "tensor '%s' of %s has shape %s, expected %s"
                            .formatted(
                                    name, tensors.path(), tensor.shape(), Arrays.toString(shape)));
        }
        double[] values = tensor.toDoubles();
        all.add(values);
        return values;
    }

    private static String digest(List<double[]> all) {
        Hasher hasher = Hashing.sha256().newHasher();
        for (double[] values : all) {
            hasher.putInt(values.length);
            for (double value : values) {
                hasher.putDouble(value);
            }
        }
        return hasher.hash().toString();
    }
}
