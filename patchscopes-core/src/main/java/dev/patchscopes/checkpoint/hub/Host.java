package dev.patchscopes.checkpoint.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** What the client needs of the computer besides files and network: time, room, links. */
interface Host {

    /** How often a long wait looks whether it is to stop. */
    Duration LOOK_EVERY = Duration.ofMillis(100);

    /** Waits, unless asked to stop. */
    void pause(Duration time, BooleanSupplier stop) throws InterruptedException;

    /** The time of day. */
    Instant now();

    /** Bytes that can be written to the disk of an existing directory. */
    long freeBytes(Path directory) throws IOException;

    /** Makes a symbolic link, or fails as the system does. */
    void link(Path link, Path target) throws IOException;

    /** This computer. */
    static Host real() {
        return new Host() {
            @Override
            public void pause(Duration time, BooleanSupplier stop) throws InterruptedException {
                long end = System.nanoTime() + time.toNanos();
                for (long left = time.toNanos();
                        left > 0 && !stop.getAsBoolean();
                        left = end - System.nanoTime()) {
                    TimeUnit.NANOSECONDS.sleep(Math.min(left, LOOK_EVERY.toNanos()));
                }
            }

            @Override
            public Instant now() {
                return Instant.now();
            }

            @Override
            public long freeBytes(Path directory) throws IOException {
                return Files.getFileStore(directory).getUsableSpace();
            }

            @Override
            public void link(Path link, Path target) throws IOException {
                Files.createSymbolicLink(link, target);
            }
        };
    }
}
