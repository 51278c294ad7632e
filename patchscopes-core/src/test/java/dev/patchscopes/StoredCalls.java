package dev.patchscopes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.checkpoint.Checkpoint;
import dev.patchscopes.checkpoint.SafetensorsFile;
import dev.patchscopes.checkpoint.SafetensorsWriter;
import dev.patchscopes.checkpoint.StoredType;
import dev.patchscopes.checkpoint.TorchWriter;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.MatrixProducts;
import dev.patchscopes.model.ModelLoader;
import dev.patchscopes.model.TrainableModel;
import dev.patchscopes.model.TrainingSetup;
import dev.patchscopes.testing.StoppedCalls;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Long calls that read or write checkpoints. */
final class StoredCalls {
    private final Path own;
    private final int layers;

    /**
     * @param own for files
     * @param layers of the model that is loaded
     */
    StoredCalls(Path own, int layers) {
        this.own = own;
        this.layers = layers;
    }

    /** Loading, training, tensors of files. */
    void addTo(StoppedCalls calls) {
        addLoading(calls);
        addTraining(calls);
        addFiles(calls);
    }

    // ---- loading --------------------------------------------------------------------------------

    private void addLoading(StoppedCalls calls) {
        calls.add(
                        ModelLoader.class,
                        "loading",
                        1 + tensors("llama"),
                        progress ->
                                next(
                                        StoppedCallsTest.loader(StoppedCallsTest.directory("llama"))
                                                .progress(progress)))
                .add(
                        "loading of a pickle in float64",
                        1 + 2 * layers,
                        () ->
                                next(
                                        StoppedCallsTest.loader(pickle())
                                                .config(
                                                        StoppedCallsTest.directory("gpt2")
                                                                .resolve("config.json"))
                                                .computeType(ComputeType.FLOAT64)))
                .add(
                        "loading of the demo model",
                        20,
                        () -> {
                            try (HookedModel demo = HookedModel.demoSmall()) {
                                return demo.contentHash();
                            }
                        });
    }

    private int tensors(String name) {
        try (Checkpoint checkpoint = Checkpoint.open(StoppedCallsTest.directory(name))) {
            return checkpoint.tensorNames().size();
        }
    }

    /** GPT-2's weights as PyTorch saves them. */
    private Path pickle() {
        Path folder = own.resolve("pickle");
        Path file = folder.resolve("pytorch_model.bin");
        if (Files.exists(file)) {
            return folder;
        }
        TorchWriter out = new TorchWriter();
        try (Checkpoint checkpoint = Checkpoint.open(StoppedCallsTest.directory("gpt2"))) {
            Files.createDirectories(folder);
            for (String name : checkpoint.tensorNames()) {
                out.add(
                        name,
                        checkpoint.tensor(name).toFloats(),
                        checkpoint.tensor(name).shape().toArray());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        out.write(file);
        return folder;
    }

    private String next(ModelLoader loader) {
        try (HookedModel loaded = loader.matrixProducts(MatrixProducts.PLAIN).load()) {
            return loaded.contentHash() + loaded.layers();
        }
    }

    // ---- training -------------------------------------------------------------------------------

    private void addTraining(StoppedCalls calls) {
        calls.add(
                "opening and saving a model in training",
                1,
                () -> {
                    TrainingSetup setup = new TrainingSetup(ComputeType.FLOAT32, 2, 64);
                    try (TrainableModel training =
                            TrainableModel.open(StoppedCallsTest.directory("gpt2"), setup)) {
                        training.save(own.resolve("saved"), StoredType.F32);
                        return "" + training.size();
                    }
                });
    }

    // ---- files ----------------------------------------------------------------------------------

    private void addFiles(StoppedCalls calls) {
        float[] values = new float[1 << 20];
        calls.add(
                        "reading of a tensor",
                        2,
                        () -> {
                            Path file = own.resolve("numbers").resolve("model.safetensors");
                            try (SafetensorsFile in = SafetensorsFile.open(written(file, values))) {
                                return "" + in.tensor("x").toDoubles().length;
                            }
                        })
                .add(
                        "writing of safetensors",
                        2,
                        () -> {
                            Path file = own.resolve("written.safetensors");
                            new SafetensorsWriter()
                                    .add("x", values, values.length)
                                    .add("y", values, values.length)
                                    .write(file);
                            return only(file);
                        })
                .add(
                        "writing of a pickle",
                        2,
                        () -> {
                            Path file = own.resolve("written.bin");
                            new TorchWriter()
                                    .add("x", values, values.length)
                                    .add("y", values, values.length)
                                    .write(file);
                            return only(file);
                        });
    }

    private Path written(Path file, float[] values) {
        if (!Files.exists(file)) {
            try {
                Files.createDirectories(file.getParent());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            new SafetensorsWriter().add("x", values, values.length).write(file);
        }
        return file;
    }

    /** Its size, once no other file that was begun lies beside it. */
    private String only(Path file) {
        try (Stream<Path> all = Files.list(file.getParent())) {
            assertThat(all.filter(f -> f.getFileName().toString().startsWith("."))).isEmpty();
            return "" + Files.size(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
