package dev.patchscopes.model;

import dev.patchscopes.checkpoint.internal.WholeFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The small trained models that come with the library: no network, no GPU and no files of your own
 * are needed to try a method on a model that knows something.
 *
 * <p>Both read the same tokens and were taught the same facts; {@link
 * dev.patchscopes.facts.GroundTruth#of(DemoModel)} has these, and {@link #card} says how they were
 * trained and what they cannot do. They are ordinary checkpoints: {@link #copyTo} makes them a
 * directory that any program reads which knows the layout of the Hugging Face hub.
 *
 * <pre>{@code
 * try (HookedModel model = HookedModel.demo()) {
 *     System.out.println(model.topTokens("The capital of France is", 3));
 * }
 * Path directory = DemoModel.SMALL.copyTo(Path.of("demo-small"));
 * HookedModel again = HookedModel.load(directory);
 * }</pre>
 */
public enum DemoModel {
    /** The usual one, 10 blocks of width 128. */
    STANDARD("demo"),

    /** A smaller sibling, 6 blocks of width 64, for work between models. */
    SMALL("demo-small");

    private static final String TOKENIZER = "tokenizer.json";
    private static final List<String> OWN = List.of("config.json", "model.safetensors");

    private final String directory;

    DemoModel(String directory) {
        this.directory = directory;
    }

    /**
     * Loads the model with the defaults of {@link ModelLoader}.
     *
     * @return the model; the caller closes it
     * @throws UncheckedIOException if the directory for temporary files cannot be written to
     */
    public HookedModel load() {
        return load(loader -> loader);
    }

    /**
     * Loads the model with choices of device, number format and the like.
     *
     * <pre>{@code
     * DemoModel.STANDARD.load(loader -> loader.computeType(ComputeType.FLOAT64));
     * }</pre>
     *
     * @param how changes a loader
     * @return the model; the caller closes it
     * @throws UncheckedIOException if the directory for temporary files cannot be written to
     */
    public HookedModel load(UnaryOperator<ModelLoader> how) {
        try {
            Path files = Files.createTempDirectory("patchscopes-" + directory);
            HookedModel model;
            try {
                model = how.apply(HookedModel.loader(copyTo(files)).name(directory)).load();
            } catch (RuntimeException | Error e) {
                delete(files);
                throw e;
            }
            try {
                delete(files); // loading has read everything
                return model;
            } catch (IOException | RuntimeException e) {
                model.close();
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Writes config.json, model.safetensors and tokenizer.json to a directory.
     *
     * @param target the directory, made if it is not there; files of these names are replaced
     * @return the directory
     * @throws UncheckedIOException if it cannot be written to
     */
    public Path copyTo(Path target) {
        try {
            Files.createDirectories(target);
            for (String file : OWN) {
                copy(directory + "/" + file, target.resolve(file));
            }
            copy(STANDARD.directory + "/" + TOKENIZER, target.resolve(TOKENIZER));
            return target;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return what the model was trained on, how, what it knows and what not, as Markdown} */
    public String card() {
        return text("README.md");
    }

    /**
     * {@return the facts it was taught, as JSON; see {@link
     * dev.patchscopes.facts.GroundTruth#of(DemoModel)}}
     */
    public String facts() {
        return text("facts.json");
    }

    private String text(String file) {
        try (InputStream in = open(directory + "/" + file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void copy(String resource, Path target) throws IOException {
        try (InputStream in = open(resource)) {
            WholeFile.write(target, in.readAllBytes());
        }
    }

    private static InputStream open(String resource) throws IOException {
        InputStream in = DemoModel.class.getResourceAsStream(resource);
        if (in == null) {
            throw new IOException(
                    "%s is missing beside %s: the library's jar was repackaged without its resources"
                            .formatted(resource, DemoModel.class.getName()));
        }
        return in;
    }

    private static void delete(Path files) throws IOException {
        for (String file : OWN) {
            Files.deleteIfExists(files.resolve(file));
        }
        Files.deleteIfExists(files.resolve(TOKENIZER));
        Files.deleteIfExists(files);
    }
}
