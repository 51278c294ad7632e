package dev.patchscopes.lens.tuned;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.common.primitives.ImmutableLongArray;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.checkpoint.SafetensorsFile;
import dev.patchscopes.checkpoint.SafetensorsWriter;
import dev.patchscopes.checkpoint.StoredTensor;
import dev.patchscopes.checkpoint.TorchFile;
import dev.patchscopes.checkpoint.TorchWriter;
import dev.patchscopes.checkpoint.internal.WholeFile;
import dev.patchscopes.model.HookedModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder of a lens: {@code config.json}, and the state dict of a list of linear modules as
 * {@code params.safetensors} or {@code params.pt}.
 */
final class LensFolder {
    private static final Logger LOG = LoggerFactory.getLogger(LensFolder.class);
    private static final String CONFIG = "config.json";
    private static final String SAFETENSORS = "params.safetensors";
    private static final String TORCH = "params.pt";
    private static final ImmutableSet<String> FILES = ImmutableSet.of(CONFIG, SAFETENSORS, TORCH);

    private LensFolder() {}

    /** What a folder holds. */
    record Content(
            ImmutableList<Translators.Numbers> numbers,
            LensOrigin origin,
            Optional<LibraryVersion> library,
            ImmutableList<String> warnings) {}

    static Content read(HookedModel model, Path named) {
        Path folder = readable(named);
        Path file = folder.resolve(CONFIG);
        LensConfig config = LensConfig.read(file);
        check(file, "d_model", config.width(), model.width(), model);
        check(file, "num_hidden_layers", config.layers(), model.layers(), model);
        ImmutableList.Builder<String> warnings = ImmutableList.builder();
        warnings.addAll(config.warnings());
        if (config.contentHash().isPresent()
                && !config.contentHash().get().equals(model.contentHash())) {
            warnings.add(
                    "%s: the lens was made for a model with other weights than %s (%s... and %s...)"
                            .formatted(
                                    file,
                                    model.name(),
                                    start(config.contentHash().get()),
                                    start(model.contentHash())));
        }
        ImmutableList<Translators.Numbers> numbers = weights(model, folder, config, warnings);
        ImmutableList<String> all = warnings.build();
        all.forEach(LOG::warn);
        return new Content(numbers, config.origin(), config.library(), all);
    }

    private static String start(String hash) {
        return hash.substring(0, Math.min(12, hash.length()));
    }

    private static void check(Path file, String what, int found, int wanted, HookedModel model) {
        if (found != wanted) {
            throw new LensFileException(
                    file,
                    "%s is %d, and %s has %d: the lens is of another model"
                            .formatted(what, found, model.name(), wanted));
        }
    }

    private static ImmutableList<Translators.Numbers> weights(
            HookedModel model,
            Path folder,
            LensConfig config,
            ImmutableList.Builder<String> warnings) {
        Path safetensors = folder.resolve(SAFETENSORS);
        Path torch = folder.resolve(TORCH);
        if (Files.exists(safetensors)) {
            try (SafetensorsFile in = SafetensorsFile.open(safetensors)) {
                boolean ours = in.verify();
                return new Weights(safetensors, in.tensors(), model, config, ours).read(warnings);
            }
        }
        if (Files.exists(torch)) {
            try (TorchFile in = TorchFile.open(torch)) {
                in.verify();
                return new Weights(torch, in.tensors(), model, config, false).read(warnings);
            }
        }
        throw new LensFileException(
                folder,
                "there is neither %s nor %s beside %s".formatted(SAFETENSORS, TORCH, CONFIG));
    }

    /** The tensors of one file. */
    private record Weights(
            Path file,
            ImmutableMap<String, StoredTensor> tensors,
            HookedModel model,
            LensConfig config,
            boolean ours) {

        ImmutableList<Translators.Numbers> read(ImmutableList.Builder<String> warnings) {
            int width = model.width();
            Set<String> unread = new HashSet<>(tensors.keySet());
            ImmutableList.Builder<Translators.Numbers> out = ImmutableList.builder();
            for (int k = 0; k < model.layers(); k++) {
                double[] bias = new double[width];
                if (config.bias()) {
                    bias = values(k + ".bias", width);
                }
                out.add(new Translators.Numbers(values(k + ".weight", width, width), bias));
                unread.remove(k + ".weight");
                if (config.bias()) {
                    unread.remove(k + ".bias");
                }
            }
            unread.stream()
                    .sorted()
                    .forEach(
                            name ->
                                    warnings.add(
                                            "%s: the tensor '%s' is not known and passed over"
                                                    .formatted(file, name)));
            ImmutableList<Translators.Numbers> all = out.build();
            checkTogether(all);
            return all;
        }

        /** Lenses that others wrote say nothing of their numbers beside them. */
        private void checkTogether(ImmutableList<Translators.Numbers> all) {
            if (config.numbersDigest().isEmpty() && !ours) {
                return;
            }
            if (!config.numbersDigest().equals(Optional.of(digest(all)))) {
                throw new LensFileException(
                        file,
                        "its numbers are not those that %s was saved with: one of the two was damaged or replaced, so take the whole folder from a copy, or save the lens again"
                                .formatted(CONFIG));
            }
        }

        private double[] values(String name, long... shape) {
            StoredTensor tensor = tensors.get(name);
            if (tensor == null) {
                throw new LensFileException(
                        file,
                        "has no tensor '%s'; a lens of %s has weights%s for layers 0..%d, and this file has %d tensors"
                                .formatted(
                                        name,
                                        model.name(),
                                        config.bias() ? " and biases" : "",
                                        model.layers() - 1,
                                        tensors.size()));
            }
            if (!tensor.shape().equals(ImmutableLongArray.copyOf(shape))) {
                throw new LensFileException(
                        file,
                        "tensor '%s' has shape %s, expected %s (d_model of %s)"
                                .formatted(
                                        name,
                                        tensor.shape(),
                                        ImmutableLongArray.copyOf(shape),
                                        model.name()));
            }
            double[] values = tensor.toDoubles();
            for (int i = 0; i < values.length; i++) {
                if (!Double.isFinite(values[i])) {
                    throw new LensFileException(
                            file, "number %d of tensor '%s' is %s".formatted(i, name, values[i]));
                }
            }
            return values;
        }
    }

    private static Path readable(Path named) {
        try {
            return new FolderSwap(named, FILES).readable();
        } catch (IOException e) {
            throw new UncheckedIOException("%s: %s".formatted(named, e), e);
        }
    }

    static void write(TunedLens lens, Path folder) {
        try {
            FolderSwap swap = new FolderSwap(folder, FILES);
            Path temporary = swap.fresh();
            checkReplaceable(folder);
            Files.createDirectory(temporary);
            try {
                WholeFile.write(
                        temporary.resolve(CONFIG),
                        LensConfig.json(lens, digest(numbers(lens.translators()))));
                writeWeights(lens.translators(), temporary);
                swap.replaceBy(temporary);
            } catch (IOException | RuntimeException | Error e) {
                swap.discard(temporary, e);
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("%s is not saved: %s".formatted(folder, e), e);
        } catch (UncheckedIOException e) {
            throw new UncheckedIOException(
                    "%s is not saved: %s".formatted(folder, e.getMessage()), e.getCause());
        }
    }

    private static Iterable<Translators.Numbers> numbers(Translators translators) {
        return () ->
                IntStream.range(0, translators.layers()).mapToObj(translators::numbers).iterator();
    }

    /** SHA-256 of the numbers as they are written, in float32, whichever file they are in. */
    private static String digest(Iterable<Translators.Numbers> all) {
        Hasher hasher = Hashing.sha256().newHasher();
        for (Translators.Numbers numbers : all) {
            put(numbers.weight(), hasher);
            put(numbers.bias(), hasher);
        }
        return hasher.hash().toString();
    }

    private static void put(double[] values, Hasher hasher) {
        hasher.putInt(values.length);
        for (double value : values) {
            hasher.putFloat((float) value);
        }
    }

    private static void writeWeights(Translators translators, Path folder) {
        SafetensorsWriter safetensors = new SafetensorsWriter().metadata("format", "pt");
        TorchWriter torch = new TorchWriter();
        long width = translators.width();
        for (int k = 0; k < translators.layers(); k++) {
            Translators.Numbers numbers = translators.numbers(k);
            float[] weight = floats(numbers.weight());
            float[] bias = floats(numbers.bias());
            safetensors.add(k + ".weight", weight, width, width).add(k + ".bias", bias, width);
            torch.add(k + ".weight", weight, width, width).add(k + ".bias", bias, width);
        }
        safetensors.write(folder.resolve(SAFETENSORS));
        torch.write(folder.resolve(TORCH));
    }

    private static float[] floats(double[] values) {
        float[] out = new float[values.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) values[i];
        }
        return out;
    }

    private static void checkReplaceable(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        if (!Files.isDirectory(folder)) {
            throw new LensFileException(folder, "is a file; a lens is saved as a folder");
        }
        try (Stream<Path> files = Files.list(folder)) {
            List<String> others =
                    files.map(f -> f.getFileName().toString())
                            .filter(name -> !FILES.contains(name))
                            .sorted()
                            .toList();
            if (!others.isEmpty()) {
                throw new LensFileException(
                        folder,
                        "holds other files than a lens's, such as %s; name a folder of its own"
                                .formatted(others.get(0)));
            }
        }
    }
}
