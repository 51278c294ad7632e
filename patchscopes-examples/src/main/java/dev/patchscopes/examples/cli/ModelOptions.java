package dev.patchscopes.examples.cli;

import ai.djl.Device;
import dev.patchscopes.checkpoint.CheckpointException;
import dev.patchscopes.checkpoint.hub.HubException;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.MatrixProducts;
import dev.patchscopes.model.ModelException;
import dev.patchscopes.model.ModelLoader;
import dev.patchscopes.model.Progress;
import dev.patchscopes.text.TokenizerFormatException;
import dev.patchscopes.text.TokenizerNotFoundException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.function.UnaryOperator;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Options of commands that look inside a model: which, and how it computes. */
final class ModelOptions {

    @Option(
            names = {"-m", "--model"},
            paramLabel = "MODEL",
            defaultValue = "demo",
            description = {
                "demo or demo-small, which come with the library, the name of a model on the"
                        + " Hugging Face hub, or a checkpoint directory in its layout; demo"
                        + " unless given"
            })
    private String model;

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            converter = DeviceConverter.class,
            description = "cpu, gpu or gpu:N; the first GPU if there is one, unless given")
    private Optional<Device> device = Optional.empty();

    @Option(
            names = "--dtype",
            paramLabel = "TYPE",
            converter = NameConverter.OfComputeType.class,
            defaultValue = "float32",
            description = "numbers the model computes with: float32, float64 or float16")
    private ComputeType type;

    @Option(
            names = "--products",
            paramLabel = "WAY",
            converter = NameConverter.OfProducts.class,
            defaultValue = "tuned",
            description = {
                "how the model multiplies by its weights on a CPU: tuned, plain, split or packed"
            })
    private MatrixProducts products;

    /**
     * Loads the model.
     *
     * @param session shows how far it has come
     * @throws LoadException if it cannot be loaded
     */
    HookedModel load(Session session) {
        return load(session, model);
    }

    /**
     * Loads another model in the same way.
     *
     * @param session shows how far it has come
     * @param name the model's
     * @throws LoadException if it cannot be loaded
     */
    HookedModel load(Session session, String name) {
        try {
            return Work.run(session, "loading", progress -> load(name, progress));
        } catch (CheckpointException
                | HubException
                | ModelException
                | TokenizerFormatException
                | TokenizerNotFoundException
                | UncheckedIOException e) {
            throw new LoadException(e);
        }
    }

    private HookedModel load(String name, Progress progress) {
        UnaryOperator<ModelLoader> choices = loader -> configured(loader).progress(progress);
        return switch (name) {
            case "demo" -> DemoModel.STANDARD.load(choices);
            case "demo-small" -> DemoModel.SMALL.load(choices);
            default -> choices.apply(HookedModel.loader(name)).load();
        };
    }

    private ModelLoader configured(ModelLoader loader) {
        ModelLoader chosen = loader.computeType(type).matrixProducts(products);
        return device.map(chosen::device).orElse(chosen);
    }

    /** Reads {@code cpu}, {@code gpu} and {@code gpu:1}. */
    static final class DeviceConverter implements ITypeConverter<Device> {

        @Override
        public Device convert(String value) {
            if (value.equals("cpu")) {
                return Device.cpu();
            }
            if (value.equals("gpu")) {
                return Device.gpu();
            }
            if (value.matches("gpu:\\d{1,3}")) {
                return Device.gpu(Integer.parseInt(value.substring(4)));
            }
            throw new TypeConversionException(
                    "\"%s\" is no device: there are cpu, gpu, gpu:0, gpu:1, ...".formatted(value));
        }
    }
}
