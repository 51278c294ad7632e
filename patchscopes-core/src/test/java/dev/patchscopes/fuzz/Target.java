package dev.patchscopes.fuzz;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;

/** Everything that reads a stranger's files, one reader each. */
enum Target {
    SAFETENSORS(SafetensorsFuzz.class) {
        @Override
        void read(byte[] input) throws IOException {
            SafetensorsFuzz.fuzzerTestOneInput(input);
        }
    },
    TORCH(TorchFuzz.class) {
        @Override
        void read(byte[] input) throws IOException {
            TorchFuzz.fuzzerTestOneInput(input);
        }
    },
    CONFIG(ConfigFuzz.class) {
        @Override
        void read(byte[] input) throws IOException {
            ConfigFuzz.fuzzerTestOneInput(input);
        }
    },
    TOKENIZER(TokenizerFuzz.class) {
        @Override
        void read(byte[] input) throws IOException {
            TokenizerFuzz.fuzzerTestOneInput(input);
        }
    },
    CHECKPOINT(CheckpointFuzz.class) {
        @Override
        void read(byte[] input) throws IOException {
            CheckpointFuzz.fuzzerTestOneInput(input);
        }
    };

    private static final Path SEEDS = Path.of("src", "test", "fuzz");

    private final Class<?> type;

    Target(Class<?> type) {
        this.type = type;
    }

    /** The class whose {@code fuzzerTestOneInput} the fuzzer calls. */
    Class<?> type() {
        return type;
    }

    /** Reads one input, without the fuzzer. */
    abstract void read(byte[] input) throws IOException;

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
