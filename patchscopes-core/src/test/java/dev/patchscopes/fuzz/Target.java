package dev.patchscopes.fuzz;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;

/** Everything that reads a stranger's files, one reader each. */
enum Target {
    SAFETENSORS(SafetensorsFuzz.class, SafetensorsFuzz::fuzzerTestOneInput),
    TORCH(TorchFuzz.class, TorchFuzz::fuzzerTestOneInput),
    CONFIG(ConfigFuzz.class, ConfigFuzz::fuzzerTestOneInput),
    TOKENIZER(TokenizerFuzz.class, TokenizerFuzz::fuzzerTestOneInput),
    CHECKPOINT(CheckpointFuzz.class, CheckpointFuzz::fuzzerTestOneInput);

    private static final Path SEEDS = Path.of("src", "test", "fuzz");

    /** Reads an input, and throws where it should not. */
    @FunctionalInterface
    private interface Reader {
        void read(byte[] input) throws IOException;
    }

    private final Class<?> type;

    @SuppressWarnings("ImmutableEnumChecker") // a reference to a static method
    private final Reader reader;

    Target(Class<?> type, Reader reader) {
        this.type = type;
        this.reader = reader;
    }

    /** The class whose {@code fuzzerTestOneInput} the fuzzer calls. */
    Class<?> type() {
        return type;
    }

    /** Reads one input, without the fuzzer. */
    void read(byte[] input) throws IOException {
        reader.read(input);
    }

    /** The committed inputs, below the module's directory. */
    Path seeds() {
        return SEEDS.resolve(toString());
    }

    /** Words of the format, which the fuzzer puts into inputs. */
    Path dictionary() {
        return SEEDS.resolve(this + ".dict");
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
