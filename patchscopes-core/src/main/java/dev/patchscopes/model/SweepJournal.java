package dev.patchscopes.model;

import com.google.common.collect.ImmutableMap;
import com.google.gson.JsonObject;
import dev.patchscopes.checkpoint.internal.FileClaim;
import dev.patchscopes.checkpoint.internal.FullDisk;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * A sweep's finished cells in a file, so that a restarted sweep goes on where the last one stopped.
 *
 * <p>The file is text: a {@link JournalHeader}, then a {@link CellJson} for each finished cell in
 * the order in which they were finished, each a {@link JournalLine} with a check sum. It only
 * grows, so what a crash can damage is its end: a last line that is not whole is cut off. A file
 * that is damaged elsewhere, or is not this sweep's, is refused and left as it is.
 *
 * <p>The file is locked while it is open, see {@link FileClaim}. Some systems drop a process's
 * locks on a file when it closes any other handle of it, such as that of somebody who only looks
 * into the file, so each write also checks that nobody else made the file grow.
 *
 * <p>For one thread at a time.
 */
final class SweepJournal implements AutoCloseable {
    private static final long FLUSH_NANOS = 1_000_000_000;
    private static final int FLUSH_BYTES = 1 << 24;
    private static final int LONGEST_HEADER = 1 << 16;
    private static final int LONGEST_LINE = 1 << 28;

    private final Path file;
    private FileClaim claim;
    private FileChannel channel;
    private final CellJson json;
    private final ImmutableMap<Integer, CellResult> finished;

    /** Bytes of whole lines in the file. */
    private long end;

    private final ByteArrayOutputStream pending = new ByteArrayOutputStream();
    private boolean torn;
    private long flushed = System.nanoTime();

    private SweepJournal(
            Path file,
            FileClaim claim,
            CellJson json,
            ImmutableMap<Integer, CellResult> finished,
            long end) {
        this.file = file;
        this.claim = claim;
        this.channel = claim.channel();
        this.json = json;
        this.finished = finished;
        this.end = end;
    }

    /**
     * Opens a sweep's journal, or begins one if there is no such file.
     *
     * @param header which sweep
     * @param json how its cells are written
     * @throws SweepJournalException if the file is not this sweep's, is damaged before its end, or
     *     is in use
     * @throws UncheckedIOException if it cannot be read or written
     */
    static SweepJournal open(Path file, JournalHeader header, CellJson json) {
        return uninterrupted(
                "open",
                file,
                () -> {
                    FileClaim claim =
                            Files.exists(file, LinkOption.NOFOLLOW_LINKS)
                                    ? existing(file)
                                    : begin(file, header);
                    try {
                        return read(file, claim, header, json);
                    } catch (IOException | RuntimeException | Error e) {
                        closeAfter(e, claim);
                        throw e;
                    }
                },
                () -> {});
    }

    // ---- a file ---------------------------------------------------------------------------------

    private static FileClaim existing(Path file) throws IOException {
        return FileClaim.takeExisting(file).orElseThrow(() -> inUse(file));
    }

    /** A file appears under its name with its first line in it and locked, or not at all. */
    private static FileClaim begin(Path file, JournalHeader header) throws IOException {
        Path temporary =
                file.resolveSibling("%s.%s.tmp".formatted(file.getFileName(), UUID.randomUUID()));
        try {
            FileClaim claim = FileClaim.take(temporary).orElseThrow(() -> inUse(file));
            try {
                write(claim.channel(), header.line(), 0);
                claim.channel().force(true);
                publish(temporary, file);
                return claim;
            } catch (IOException | RuntimeException e) {
                closeAfter(e, claim);
                throw e;
            }
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private static void publish(Path temporary, Path file) throws IOException {
        try {
            // Unlike a move, a link never takes the place of a file that appeared in the meantime.
            Files.createLink(file, temporary);
        } catch (FileAlreadyExistsException e) {
            throw inUse(file);
        } catch (UnsupportedOperationException | FileSystemException e) {
            // a file system without links
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    private static SweepJournalException inUse(Path file) {
        return new SweepJournalException(
                "%s is in use by another sweep, in this process or in another: wait until it ends, or choose another path"
                        .formatted(file));
    }

    // ---- what is in it --------------------------------------------------------------------------

    private static SweepJournal read(
            Path file, FileClaim claim, JournalHeader header, CellJson json) throws IOException {
        FileChannel channel = claim.channel();
        JournalLines lines = new JournalLines(channel);
        JournalLines.Line first = lines.next(LONGEST_HEADER);
        if (!first.whole()) {
            throw JournalHeader.noJournal(file, first.bytes());
        }
        header.check(file, first.bytes());
        Map<Integer, CellResult> finished = new LinkedHashMap<>();
        long end = lines.position();
        for (int number = 2; lines.hasNext(); number++) {
            JournalLines.Line line = lines.next(LONGEST_LINE);
            Optional<JsonObject> cell =
                    line.whole() ? JournalLine.read(line.bytes()) : Optional.empty();
            if (cell.isEmpty()) {
                if (lines.hasNext()) {
                    throw damaged(
                            file,
                            number,
                            end,
                            "its text does not fit its check sum, and more follows");
                }
                channel.truncate(end);
                channel.force(true);
                break;
            }
            try {
                add(finished, cell.get(), header.cells(), json);
            } catch (IllegalArgumentException e) {
                throw damaged(file, number, end, e.getMessage());
            }
            end = lines.position();
        }
        return new SweepJournal(file, claim, json, ImmutableMap.copyOf(finished), end);
    }

    private static void add(
            Map<Integer, CellResult> finished, JsonObject line, int cells, CellJson json) {
        int cell = json.cell(line);
        if (cell < 0 || cell >= cells) {
            throw new IllegalArgumentException(
                    "cell %d is not in 0..%d".formatted(cell, cells - 1));
        }
        if (finished.containsKey(cell)) {
            throw new IllegalArgumentException("cell %d is there already".formatted(cell));
        }
        finished.put(cell, json.result(line));
    }

    private static SweepJournalException damaged(Path file, int line, long start, String what) {
        return new SweepJournalException(
                "line %d of %s, which begins at byte %d, is damaged: %s. The file is left as it is: cut it before that line to go on from there, delete it, or choose another path"
                        .formatted(line, file, start, what));
    }

    /** {@return the results that were in the file when it was opened, by cell} */
    ImmutableMap<Integer, CellResult> finished() {
        return finished;
    }

    // ---- what is added --------------------------------------------------------------------------

    /**
     * Adds a cell that is not there yet; in the file at the next {@link #flush}, which this is one
     * of if the last is a second ago.
     */
    void append(int cell, CellResult result) {
        pending.writeBytes(JournalLine.write(json.write(cell, result)));
        flushIfDue();
    }

    /** Flushes if the last time is a second ago, or much is waiting. */
    void flushIfDue() {
        if (pending.size() >= FLUSH_BYTES || System.nanoTime() - flushed >= FLUSH_NANOS) {
            flush();
        }
    }

    /** Returns once everything added is on the disk. */
    void flush() {
        if (pending.size() > 0) {
            uninterrupted("write", file, this::writePending, this::openAgain);
        }
        flushed = System.nanoTime();
    }

    private Optional<Void> writePending() throws IOException {
        long size = channel.size();
        if (size < end || (size > end && !torn)) {
            throw new SweepJournalException(
                    "%s has %d bytes, expected %d: something else writes to it while this sweep runs. Give each sweep a file of its own"
                            .formatted(file, size, end));
        }
        torn = true; // until all of it is there; a later attempt begins at the same place
        try {
            write(channel, pending.toByteArray(), end);
            channel.force(false);
        } catch (IOException e) {
            throw FullDisk.explained(
                    e,
                    file,
                    end + pending.size(),
                    "the cells that were in it stay, and the sweep goes on from them once there is room");
        }
        torn = false;
        end += pending.size();
        pending.reset();
        return Optional.empty();
    }

    private void openAgain() throws IOException {
        claim.close();
        claim = existing(file);
        channel = claim.channel();
    }

    private static void write(FileChannel channel, byte[] bytes, long start) throws IOException {
        ByteBuffer left = ByteBuffer.wrap(bytes);
        while (left.hasRemaining()) {
            channel.write(left, start + left.position());
        }
    }

    /** Flushes, and gives the file free. */
    @Override
    public void close() {
        try {
            flush();
        } finally {
            uninterrupted(
                    "close",
                    file,
                    () -> {
                        claim.close();
                        return Optional.empty();
                    },
                    () -> {});
        }
    }

    private static void closeAfter(Throwable failure, FileClaim claim) {
        try {
            claim.close();
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    /** Java's errors of files often say no more than the name, ours say what is wrong. */
    private static String text(IOException e) {
        return e.getClass().equals(IOException.class) ? e.getMessage() : e.toString();
    }

    @FunctionalInterface
    private interface FileAction<T> {
        T run() throws IOException;
    }

    /** Makes up for a channel that an interrupt closed. */
    @FunctionalInterface
    private interface Repair {
        void run() throws IOException;
    }

    /**
     * Works on the file as if the thread were not interrupted: an interrupt, by which a caller may
     * have stopped the sweep, closes the channel before the last cells are in it. One that comes
     * meanwhile is made up for, and the work done again.
     */
    private static <T> T uninterrupted(
            String what, Path file, FileAction<T> action, Repair repair) {
        boolean interrupted = Thread.interrupted();
        try {
            while (true) {
                try {
                    return action.run();
                } catch (ClosedByInterruptException e) {
                    interrupted = Thread.interrupted() || interrupted;
                    repair.run();
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "cannot %s the journal %s: %s".formatted(what, file, text(e)), e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** {@return the file and how much of the sweep it held when it was opened} */
    @Override
    public String toString() {
        return "SweepJournal[%s, %d cells finished]".formatted(file, finished.size());
    }
}
