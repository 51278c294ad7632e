package dev.patchscopes.lens;

import dev.patchscopes.model.Progress;
import java.time.Duration;

/** A listener that stops the work after some parts; after none, before the first. */
public final class StopAfter implements Progress {
    private final long parts;
    private long done;

    public StopAfter(long parts) {
        this.parts = parts;
    }

    @Override
    public void update(long finished, long total, Duration elapsed) {
        done = finished;
    }

    @Override
    public boolean isCancelled() {
        return done >= parts;
    }
}
