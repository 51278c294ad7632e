package dev.patchscopes.checkpoint;

import com.google.common.base.Supplier;
import com.google.common.base.Suppliers;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.math.LongMath;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * A checkpoint directory in the Hugging Face layout, open for reading.
 *
 * <p>The weights come from the first of these that is there: {@code model.safetensors}, {@code
 * model.safetensors.index.json} with its shards, {@code pytorch_model.bin}, {@code
 * pytorch_model.bin.index.json} with its shards. Opening reads headers only, not weights. Of a
 * checkpoint with an index the tensors are those the index lists; others in the shards are ignored.
 *
 * <p>A {@code .bin} file is a Python pickle. It is interpreted by an allow-list and runs nothing.
 * If its top level is a dictionary without tensors that wraps the weights under {@code state_dict},
 * {@code model_state_dict}, {@code model} or {@code module}, the wrapped dictionary is taken.
 * Tensors in dictionaries further down are named by their keys with dots between them; whatever
 * else the pickle holds is ignored.
 *
 * <p>Safe for several threads. The caller closes it, after which its tensors cannot be read.
 *
 * <pre>{@code
 * try (Checkpoint checkpoint = Checkpoint.open(Path.of("gpt2"))) {
 *     int width = checkpoint.config().integer("n_embd");
 *     float[] embedding = checkpoint.tensor("wte.weight").toFloats(); // [vocab, d_model]
 * }
 * }</pre>
 */
public final class Checkpoint implements AutoCloseable {

    private static final String INDEX = ".index.json";

    private final Path directory;
    private final ModelConfig config;
    private final ImmutableMap<String, StoredTensor> tensors;
    private final ImmutableList<WeightFile> files;
    private final Supplier<String> contentHash;

    private Checkpoint(
            Path directory,
            ModelConfig config,
            ImmutableMap<String, StoredTensor> tensors,
            ImmutableList<WeightFile> files) {
        this.directory = directory;
        this.config = config;
        this.tensors = tensors;
        this.files = files;
        this.contentHash = Suppliers.memoize(() -> ContentHash.of(config, tensors));
    }

    /**
     * Opens a directory with its own {@code config.json}.
     *
     * @param directory holds {@code config.json} and weights
     * @return the open checkpoint, to be closed by the caller
     * @throws CheckpointNotFoundException if the directory, the configuration or the weights are
     *     missing
     * @throws CorruptCheckpointException if a file contradicts itself or its format
     * @throws UnsupportedCheckpointException if a file uses a feature that is not supported
     * @throws ForbiddenPickleException if a pickle wants to call something other than tensor
     *     builders
     * @throws MissingTensorException if the index lists a tensor that its shard does not have
     */
    public static Checkpoint open(Path directory) {
        return open(directory, directory.resolve("config.json"));
    }

    /**
     * Opens the weights of a directory with another configuration file.
     *
     * @param directory holds the weights
     * @param configFile the configuration, wherever it is
     * @return the open checkpoint, to be closed by the caller
     * @throws CheckpointException as {@link #open(Path)} does
     */
    public static Checkpoint open(Path directory, Path configFile) {
        if (!Files.isDirectory(directory)) {
            throw new CheckpointNotFoundException(
                    directory,
                    Files.exists(directory)
                            ? "is not a directory; give the directory that holds config.json"
                            : "there is no such directory; give one that holds config.json, weights"
                                    + " and tokenizer.json, or load a model of the hub by its"
                                    + " name, such as gpt2 (HookedModel.load)");
        }
        if (!Files.exists(configFile)) {
            throw new CheckpointNotFoundException(
                    configFile,
                    "there is no such file; a checkpoint needs its config.json (in a hub cache,"
                            + " give the directory below snapshots)");
        }
        ModelConfig config = ModelConfig.read(configFile);
        for (Format format : Format.values()) {
            Path whole = directory.resolve(format.fileName);
            if (isListed(whole)) {
                WeightFile file = format.open(whole);
                return new Checkpoint(directory, config, file.tensors(), ImmutableList.of(file));
            }
            Path index = directory.resolve(format.fileName + INDEX);
            if (isListed(index)) {
                return openShards(directory, config, format, index);
            }
        }
        throw new CheckpointNotFoundException(
                directory,
                "there are no weights: none of model.safetensors, model.safetensors.index.json,"
                        + " pytorch_model.bin, pytorch_model.bin.index.json");
    }

    private static Checkpoint openShards(
            Path directory, ModelConfig config, Format format, Path index) {
        ImmutableMap<String, String> shardOf = WeightIndex.read(index);
        Map<String, WeightFile> shards = new LinkedHashMap<>();
        try {
            for (String shard : shardOf.values()) {
                if (!shards.containsKey(shard)) {
                    shards.put(shard, openShard(format, index, directory.resolve(shard)));
                }
            }
            ImmutableMap.Builder<String, StoredTensor> tensors = ImmutableMap.builder();
            shardOf.forEach(
                    (name, shard) -> {
                        StoredTensor tensor = shards.get(shard).tensors().get(name);
                        if (tensor == null) {
                            throw new MissingTensorException(
                                    directory.resolve(shard),
                                    name,
                                    shards.get(shard).tensors().keySet());
                        }
                        tensors.put(name, tensor);
                    });
            return new Checkpoint(
                    directory,
                    config,
                    tensors.buildOrThrow(),
                    ImmutableList.copyOf(shards.values()));
        } catch (Throwable e) {
            shards.values().forEach(WeightFile::close);
            throw e;
        }
    }

    /**
     * Lists the files that an index splits a checkpoint over, without opening them.
     *
     * @param index {@code model.safetensors.index.json} or {@code pytorch_model.bin.index.json}
     * @return plain file names
     * @throws CorruptCheckpointException if the index is malformed or names files elsewhere
     */
    public static ImmutableSet<String> shards(Path index) {
        return ImmutableSet.copyOf(WeightIndex.read(index).values());
    }

    /**
     * Also of a link to nothing, as an unfinished download leaves: better an error than the next.
     */
    private static boolean isListed(Path path) {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
    }

    private static WeightFile openShard(Format format, Path index, Path shard) {
        if (!Files.exists(shard)) {
            throw new CheckpointNotFoundException(
                    shard,
                    "there is no such file, but "
                            + index.getFileName()
                            + " places tensors in it; was the download complete?");
        }
        return format.open(shard);
    }

    /**
     * Returns the directory of the checkpoint.
     *
     * @return the directory as it was given
     */
    public Path directory() {
        return directory;
    }

    /**
     * Returns the configuration.
     *
     * @return the values of the configuration file
     */
    public ModelConfig config() {
        return config;
    }

    /**
     * Returns the names of all tensors.
     *
     * @return the names, in the order of the file or the index
     */
    public ImmutableSet<String> tensorNames() {
        return tensors.keySet();
    }

    /**
     * Tells whether there is a tensor of that name.
     *
     * @param name the name
     * @return true if there is
     */
    public boolean has(String name) {
        return tensors.containsKey(name);
    }

    /**
     * Returns a tensor.
     *
     * @param name its name in the checkpoint
     * @return the tensor, usable until this checkpoint is closed
     * @throws MissingTensorException if there is none; the nearest name is suggested
     */
    public StoredTensor tensor(String name) {
        StoredTensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new MissingTensorException(
                    directory,
                    name,
                    tensorNames(),
                    "; is config.json the one that belongs to these weights?");
        }
        return tensor;
    }

    /**
     * Returns the size of all tensors in their stored types; one stored under two names counts
     * twice.
     *
     * @return bytes, {@link Long#MAX_VALUE} if there are more
     */
    public long totalBytes() {
        long total = 0;
        for (StoredTensor tensor : tensors.values()) {
            total = LongMath.saturatedAdd(total, tensor.bytes());
        }
        return total;
    }

    /**
     * Returns an identification of the content that is quick to compute, for provenance.
     *
     * <p>It is the SHA-256 of the configuration's values, of every tensor's name, type and shape,
     * and of a sample of every tensor's elements: up to 8 stretches of up to 64 elements, evenly
     * spread from the first to the last. The same weights give the same value whatever files they
     * are split over and in whichever format; a change between the stretches goes unnoticed, so
     * this tells checkpoints apart and does not prove that nobody tampered with one.
     *
     * @return 64 hexadecimal digits
     */
    public String contentHash() {
        return contentHash.get();
    }

    /**
     * Reads all weights and compares them with the digests and check sums in their files: those of
     * {@link SafetensorsWriter} and of archives of {@code torch.save} have some. Loading a model
     * does not, for it takes as long again as the reading.
     *
     * @return true if every file has them and fits them; false if one has none
     * @throws CorruptCheckpointException if a file is not what it was when it was written
     * @throws java.util.concurrent.CancellationException if this thread is interrupted
     */
    public boolean verify() {
        boolean all = true;
        for (WeightFile file : files) {
            all &= file.verify();
        }
        return all;
    }

    /** Closes the weight files. */
    @Override
    public void close() {
        files.forEach(WeightFile::close);
    }

    /** {@code Checkpoint[gpt2, 148 tensors, 548.1 MB]}. */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "Checkpoint[%s, %d tensors, %.1f MB]",
                directory,
                tensors.size(),
                totalBytes() / 1e6);
    }

    /** The formats in the order of preference. */
    private enum Format {
        SAFETENSORS("model.safetensors") {
            @Override
            WeightFile open(Path path) {
                return SafetensorsFile.open(path);
            }
        },
        TORCH("pytorch_model.bin") {
            @Override
            WeightFile open(Path path) {
                return TorchFile.open(path);
            }
        };

        private final String fileName;

        Format(String fileName) {
            this.fileName = fileName;
        }

        abstract WeightFile open(Path path);
    }
}
