package dev.patchscopes.checkpoint.hub;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;

/** A computer whose clock moves on by the pauses alone. */
final class FakeHost implements Host {

    private static final Instant START = Instant.parse("2024-01-01T00:00:00Z");

    private final List<Duration> pauses = new CopyOnWriteArrayList<>();
    private volatile long free = Long.MAX_VALUE;
    private volatile boolean links = true;

    FakeHost free(long bytes) {
        free = bytes;
        return this;
    }

    FakeHost withoutLinks() {
        links = false;
        return this;
    }

    List<Duration> pauses() {
        return ImmutableList.copyOf(pauses);
    }

    @Override
    public void pause(Duration time, BooleanSupplier stop) {
        pauses.add(time);
    }

    @Override
    public Instant now() {
        return pauses.stream().reduce(START, Instant::plus, (a, b) -> b);
    }

    @Override
    public long freeBytes(Path directory) {
        return free;
    }

    @Override
    public void link(Path link, Path target) throws IOException {
        if (!links) {
            throw new FileSystemException(link.toString(), null, "a privilege is missing");
        }
        Files.createSymbolicLink(link, target);
    }
}
