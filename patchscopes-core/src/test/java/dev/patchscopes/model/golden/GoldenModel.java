package dev.patchscopes.model.golden;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.checkpoint.ModelConfig;
import dev.patchscopes.model.Activation;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.MatrixProducts;
import dev.patchscopes.model.internal.Architecture;
import dev.patchscopes.model.internal.family.Families;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** A configuration in one number format: the model, loaded when first asked for, and its values. */
final class GoldenModel implements AutoCloseable {
    private final String name;
    private final ComputeType type;
    private final GoldenValues golden;
    private final Deviations deviations;
    private final Architecture architecture;
    private Optional<HookedModel> loaded = Optional.empty();

    GoldenModel(String name, ComputeType type, GoldenValues golden, Deviations deviations) {
        this.name = name;
        this.type = type;
        this.golden = golden;
        this.deviations = deviations;
        this.architecture =
                Families.describe(ModelConfig.read(GoldenFiles.file(name, "config.json")));
    }

    HookedModel model() {
        if (loaded.isEmpty()) {
            loaded = Optional.of(load(GoldenFiles.directory(name)));
        }
        return loaded.get();
    }

    /** The same model with packed weights; the caller closes it. */
    HookedModel packed() {
        return HookedModel.loader(GoldenFiles.directory(name))
                .computeType(type)
                .matrixProducts(MatrixProducts.PACKED)
                .load();
    }

    /** Another checkpoint in the same number format; the caller closes it. */
    HookedModel load(Path directory) {
        return HookedModel.loader(directory).computeType(type).load();
    }

    String name() {
        return name;
    }

    ComputeType type() {
        return type;
    }

    GoldenValues golden() {
        return golden;
    }

    Architecture architecture() {
        return architecture;
    }

    /** The smallest relative error that this number format can promise. */
    double unitRoundoff() {
        return type == ComputeType.FLOAT32 ? 0x1p-24 : 0x1p-53;
    }

    /** The prompts of a tensor of ids [row, pos]. */
    TokenBatch batch(String ids) {
        return TokenBatch.of(
                Arrays.stream(golden.rowsOfInts(ids)).map(TokenizedPrompt::ofIds).toList());
    }

    /** The same prompt several times. */
    static TokenBatch repeated(TokenizedPrompt prompt, int times) {
        return TokenBatch.of(IntStream.range(0, times).mapToObj(i -> prompt).toList());
    }

    Activations capture(TokenBatch batch, HookPoint... points) {
        return model().run(batch).capture(points).execute();
    }

    Activations capture(TokenBatch batch, List<HookPoint> points) {
        return model().run(batch).capture(points).execute();
    }

    /** The logits of every position of a batch, row after row. */
    double[] logits(TokenBatch batch) {
        return all(capture(batch, HookPoint.logits()).get(HookPoint.logits()));
    }

    /** The values of all prompts, one after the other. */
    static double[] all(Activation activation) {
        return IntStream.range(0, activation.rows())
                .mapToObj(activation::doubles)
                .flatMapToDouble(DoubleStream::of)
                .toArray();
    }

    /**
     * Compares with a reference, and keeps the deviation for the table.
     *
     * @param kind column of the table
     * @param reference name of the golden tensor
     */
    void check(Kind kind, Quantity quantity, double[] actual, String reference) {
        check(kind, quantity, actual, golden.get(reference), reference);
    }

    void check(Kind kind, Quantity quantity, double[] actual, double[] expected, String reference) {
        double deviation = quantity.deviation(actual, expected);
        deviations.add(name, type, kind, deviation);
        assertThat(deviation)
                .as("deviation from %s of %s", reference, this)
                .isLessThanOrEqualTo(quantity.bound(name, type));
    }

    @Override
    public void close() {
        loaded.ifPresent(HookedModel::close);
    }

    @Override
    public String toString() {
        return name + " " + type.name().toLowerCase(Locale.ROOT);
    }
}
