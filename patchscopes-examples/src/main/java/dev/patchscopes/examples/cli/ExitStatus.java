package dev.patchscopes.examples.cli;

import dev.patchscopes.checkpoint.CheckpointException;
import dev.patchscopes.checkpoint.hub.HubException;
import dev.patchscopes.model.ModelException;
import dev.patchscopes.model.UnsupportedModelException;
import dev.patchscopes.model.WeightMismatchException;
import dev.patchscopes.text.TokenizerFormatException;
import dev.patchscopes.text.TokenizerNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CancellationException;

/** What a program tells the one that started it. */
public enum ExitStatus {
    /** All went well. */
    OK(0),
    /** Something nobody foresaw. */
    UNEXPECTED(1),
    /** A wrong option or value, or a file that cannot be read or written. */
    USAGE(2),
    /** A model or a lens cannot be loaded. */
    MODEL(3),
    /** Stopped from outside, as by Ctrl-C. */
    CANCELLED(130);

    private final int code;

    ExitStatus(int code) {
        this.code = code;
    }

    /** {@return the number} */
    public int code() {
        return code;
    }

    /**
     * Tells what an error means.
     *
     * @param error what a command ended with
     * @return its status
     */
    public static ExitStatus of(Throwable error) {
        if (error instanceof CancellationException) {
            return CANCELLED;
        }
        if (error instanceof LoadException
                || error instanceof CheckpointException
                || error instanceof HubException
                || error instanceof UnsupportedModelException
                || error instanceof WeightMismatchException
                || error instanceof TokenizerFormatException
                || error instanceof TokenizerNotFoundException) {
            return MODEL;
        }
        return error instanceof UsageException
                        || error instanceof IllegalArgumentException
                        || error instanceof ModelException
                        || error instanceof IOException
                        || error instanceof UncheckedIOException
                ? USAGE
                : UNEXPECTED;
    }
}
