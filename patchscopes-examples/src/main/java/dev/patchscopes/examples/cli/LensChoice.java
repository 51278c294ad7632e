package dev.patchscopes.examples.cli;

import dev.patchscopes.lens.Lens;
import dev.patchscopes.lens.LogitLens;
import dev.patchscopes.lens.TokenIdentityLens;
import dev.patchscopes.lens.tuned.LensFileException;
import dev.patchscopes.lens.tuned.TunedLens;
import dev.patchscopes.model.HookedModel;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A lens as it is named on the command line.
 *
 * @param kind which
 * @param folder where a tuned lens is kept, if it was said beside it
 */
record LensChoice(Kind kind, Optional<Path> folder) {

    /** The lenses. */
    enum Kind {
        /** States as they are. */
        LOGIT,
        /** States through translators that were trained. */
        TUNED,
        /** States patched into a prompt that repeats words. */
        TOKEN_IDENTITY,
        /** The next four tokens of a state. */
        FUTURE
    }

    /** Whether its reading is of the next token alone, as other lenses' are. */
    boolean isOfNextToken() {
        return kind != Kind.FUTURE;
    }

    /**
     * Makes the lens ready.
     *
     * @param usual where tuned lenses are kept whose folder was not said beside them
     * @throws UsageException if a tuned lens has no folder, or the lens is none of the next token
     * @throws LoadException if a tuned lens cannot be loaded
     */
    OpenLens open(HookedModel model, Optional<Path> usual) {
        return switch (kind) {
            case LOGIT -> new OpenLens(LogitLens.of(model), () -> {});
            case TOKEN_IDENTITY -> new OpenLens(TokenIdentityLens.of(model), () -> {});
            case TUNED -> tuned(model, usual);
            case FUTURE ->
                    throw new UsageException(
                            "the future lens reads four tokens a state, and cannot stand beside"
                                    + " lenses of the next one: choose among logit, tuned and"
                                    + " token-identity");
        };
    }

    private OpenLens tuned(HookedModel model, Optional<Path> usual) {
        Path from =
                folder.or(() -> usual)
                        .orElseThrow(
                                () ->
                                        new UsageException(
                                                "--lens tuned needs --lens-dir DIR or --lens"
                                                        + " tuned:DIR, a folder that train-lens"
                                                        + " wrote"));
        try {
            TunedLens lens = TunedLens.load(model, from);
            return new OpenLens(lens, lens::close);
        } catch (LensFileException | UncheckedIOException e) {
            throw new LoadException(e);
        }
    }

    /**
     * A lens in use.
     *
     * @param lens the lens
     * @param closing what to do when it is no longer used
     */
    record OpenLens(Lens lens, Runnable closing) implements AutoCloseable {
        @Override
        public void close() {
            closing.run();
        }
    }

    /** Reads {@code logit}, {@code tuned}, {@code tuned:DIR} and so on. */
    static final class Converter implements ITypeConverter<LensChoice> {

        private static final String TUNED = "tuned:";

        @Override
        public LensChoice convert(String value) {
            if (value.startsWith(TUNED)) {
                String folder = value.substring(TUNED.length());
                if (folder.isEmpty()) {
                    throw new TypeConversionException(
                            "\"%s\" names no folder: write tuned:DIR".formatted(value));
                }
                return new LensChoice(Kind.TUNED, Optional.of(Path.of(folder)));
            }
            return new LensChoice(new NameConverter.OfLens().convert(value), Optional.empty());
        }
    }
}
