package dev.patchscopes.lens.relation;

import dev.patchscopes.checkpoint.SafetensorsWriter;
import dev.patchscopes.internal.DescribedTensors;
import dev.patchscopes.linear.LowRank;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.model.HookedModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A saved relation: a safetensors file of numbers, with what they are in its metadata. */
final class LinearRelationFile {

    private static final String FORMAT = "patchscopes linear relation 1";

    private LinearRelationFile() {}

    /**
     * @param rank of the factors; 0 if W is whole
     */
    private record Description(
            LinearRelationProvenance provenance, double beta, int width, int rank) {}

    static void save(LinearRelation relation, Path file) throws IOException {
        int width = relation.model().width();
        Description description =
                new Description(
                        relation.provenance(), relation.beta(), width, relation.rank().orElse(0));
        SafetensorsWriter out = DescribedTensors.writer(FORMAT, description);
        if (relation.kept() instanceof Weight.Factored factored) {
            LowRank factors = factored.factors();
            out.add("left", factors.left().values(), width, factors.rank())
                    .add("right", factors.right().values(), width, factors.rank());
        } else {
            out.add("weight", relation.weight().values(), width, width);
        }
        try {
            out.add("bias", relation.bias(), width).write(file);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    static LinearRelation load(HookedModel model, Path file) throws IOException {
        if (!Files.exists(file)) {
            throw new NoSuchFileException(file.toString());
        }
        try (DescribedTensors in = DescribedTensors.open(file, FORMAT, "LinearRelation.save")) {
            Description description = in.description(Description.class);
            checkModel(model, description, file);
            int width = description.width;
            int rank = description.rank;
            Weight weight =
                    rank > 0
                            ? new Weight.Factored(
                                    new LowRank(
                                            matrix(in, "left", width, rank),
                                            matrix(in, "right", width, rank)))
                            : new Weight.Whole(matrix(in, "weight", width, width));
            return new LinearRelation(
                    model,
                    description.provenance,
                    description.beta,
                    weight,
                    in.values("bias", width));
        }
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

    private static Matrix matrix(DescribedTensors in, String name, int rows, int columns) {
        return Matrix.of(rows, columns, in.values(name, rows, columns));
    }
}
