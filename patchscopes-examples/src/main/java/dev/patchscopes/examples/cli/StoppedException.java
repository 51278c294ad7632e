package dev.patchscopes.examples.cli;

import java.util.concurrent.CancellationException;

/** Work was cancelled that can go on later; the message says how. */
final class StoppedException extends CancellationException {

    private static final long serialVersionUID = 1L;

    StoppedException(String howToGoOn) {
        super(howToGoOn);
    }
}
