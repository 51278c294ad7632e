package dev.patchscopes.model;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.checkpoint.internal.Interrupts;
import dev.patchscopes.model.internal.SweepEngine;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;

/**
 * Many variations of a few runs, computed together.
 *
 * <p>A sweep has base runs and cells; a cell is a base run with interventions of its own, and is
 * read at the prompt's last token. {@link Execution#EXACT} computes each base run once and of each
 * cell only the tokens and blocks that its first change can reach, all cells in one pass over the
 * blocks; {@link Execution#NAIVE} runs every cell in full. Both give the same numbers up to
 * rounding.
 *
 * <p>Immutable; each method returns a new sweep.
 *
 * <pre>{@code
 * List<Cell> cells = new ArrayList<>();
 * for (int layer = 0; layer <= model.layers(); layer++) {
 *   cells.add(Cell.of(0, Intervention.replace(HookPoint.residual(layer), Positions.last(), h)));
 * }
 * List<CellResult> results = model.sweep(BaseRun.of(prompt)).cells(cells).execute();
 * }</pre>
 */
public final class Sweep {
    private static final String WHAT = "the sweep";
    private static final String PARTS = "cells";

    private final HookedModel model;
    private final SweepSettings settings;

    private Sweep(HookedModel model, SweepSettings settings) {
        this.model = model;
        this.settings = settings;
    }

    static Sweep of(HookedModel model, List<BaseRun> bases) {
        checkArgument(!bases.isEmpty(), "a sweep needs at least one base run");
        SweepSettings settings = new SweepSettings();
        settings.bases = ImmutableList.copyOf(bases);
        return new Sweep(model, settings);
    }

    private Sweep with(Consumer<SweepSettings> change) {
        SweepSettings copy = settings.copy();
        change.accept(copy);
        return new Sweep(model, copy);
    }

    /**
     * Sets the cells.
     *
     * @param all cells; results come in this order
     * @return the sweep
     * @throws OutOfRangeException if a cell names a base run there is not
     */
    public Sweep cells(List<Cell> all) {
        for (Cell cell : all) {
            if (cell.base() < 0 || cell.base() >= settings.bases.size()) {
                throw new OutOfRangeException(
                        "base run %d of a cell is not in 0..%d"
                                .formatted(cell.base(), settings.bases.size() - 1));
            }
            for (Patch patch : cell.patches()) {
                if (patch.source() >= settings.bases.size()) {
                    throw new OutOfRangeException(
                            "base run %d of the patch %s is not in 0..%d"
                                    .formatted(patch.source(), patch, settings.bases.size() - 1));
                }
            }
        }
        return with(s -> s.cells = ImmutableList.copyOf(all));
    }

    /**
     * Chooses what is read of each cell; the most probable token unless chosen.
     *
     * @param what the reading
     * @return the sweep
     */
    public Sweep reading(Reading what) {
        for (int token : what.tokens().asList()) {
            if (token < 0 || token >= model.vocabularySize()) {
                throw new OutOfRangeException(
                        "token id %d is not in 0..%d, the vocabulary of %s"
                                .formatted(token, model.vocabularySize() - 1, model.name()));
            }
        }
        return with(s -> s.reading = what);
    }

    /** Says when the text of a cell has what was waited for. */
    @FunctionalInterface
    public interface TextStop {

        /**
         * Asked after each new token.
         *
         * @param cell number of the cell, in the order given
         * @param text what has been generated of it
         * @return true to end it
         */
        boolean stops(int cell, String text);
    }

    /**
     * Ends the text of a cell as soon as it has what is waited for, which saves the tokens that
     * would follow. Such a sweep cannot be {@linkplain #resume resumed}: its file could not tell
     * one function from another.
     *
     * @param condition when to end a text
     * @return the sweep
     */
    public Sweep stopWhen(TextStop condition) {
        model.tokenizer(); // texts need one
        return with(s -> s.condition = Optional.of(condition));
    }

    /**
     * Generates after each cell, greedily.
     *
     * @param newTokens tokens at most; 0 for none
     * @param stopAt strings that end a text
     * @return the sweep
     */
    public Sweep generate(int newTokens, String... stopAt) {
        checkArgument(newTokens >= 0, "%s new tokens", newTokens);
        if (stopAt.length > 0) {
            model.tokenizer(); // stop strings need one
        }
        checkArgument(
                Arrays.stream(stopAt).noneMatch(String::isEmpty),
                "an empty stop string would stop at once; drop it");
        return with(
                s -> {
                    s.newTokens = newTokens;
                    s.stops = ImmutableList.copyOf(stopAt);
                });
    }

    /**
     * Chooses how cells are computed; {@link Execution#EXACT} unless chosen.
     *
     * @param how the execution
     * @return the sweep
     */
    public Sweep execution(Execution how) {
        return with(s -> s.execution = how);
    }

    /**
     * Limits the memory that cells in flight may take beyond the model; an eighth of the machine's
     * memory, and at most 2 GiB, unless set. A smaller budget means more passes over the blocks.
     *
     * <p>Counted are the tensors of base runs, of cells, of what they cut and generate, and of the
     * logits that are read. Not counted are the model with all copies of its weights, such as those
     * that {@link MatrixProducts} rearranges for faster products or lays out again on the way; what
     * is kept in Java's own memory, such as results; and what functions among the interventions
     * allocate. A single cell and its base run are computed whatever they take, as are cells that
     * need a full pass of their own.
     *
     * @param bytes the limit, at least 1
     * @return the sweep
     */
    public Sweep memoryBudget(long bytes) {
        checkArgument(bytes >= 1, "a memory budget of %s bytes is none", bytes);
        return with(s -> s.budget = Optional.of(bytes));
    }

    /**
     * Sets a listener. A cell counts as finished when it has been read and has generated; cells
     * that go through the blocks together are finished one soon after another, at their pass's end.
     *
     * @param listener hears of finished cells, and can stop the sweep
     * @return the sweep
     */
    public Sweep progress(Progress listener) {
        return with(s -> s.progress = listener);
    }

    /**
     * Keeps finished cells in a file, and takes those that are in it already from there: a sweep
     * that was stopped, by a crash too, goes on where it was when it is stated and executed again.
     * Cells are on the disk a second after they are finished, or once the block under way is done.
     *
     * <pre>{@code
     * List<CellResult> results = model.sweep(BaseRun.of(prompt))
     *     .cells(cells)
     *     .resume(Path.of("sweep.journal"))
     *     .execute();
     * }</pre>
     *
     * <p>{@link #execute()} begins the file if there is none. It refuses one that belongs to
     * another sweep: the model (by its {@linkplain HookedModel#contentHash() content}, number
     * format and kind of device), base runs, cells, reading and generation must be the same to the
     * last bit; execution, memory budget and progress may differ. A function cannot be recognised,
     * so interventions that are functions are refused; a patch's map is known by its name. Results
     * from the file are those that were computed; the others are computed among fewer cells, which
     * changes no more than rounding. Delete the file when it is no longer needed.
     *
     * @param file the file, in a directory that exists; one sweep at a time
     * @return the sweep
     */
    public Sweep resume(Path file) {
        return with(s -> s.journal = Optional.of(file));
    }

    /**
     * Stops with an exception at the first cell or base run whose values are not all finite; see
     * {@link Run#checkFinite()}. The exception names it, and the first point in the order of its
     * own computation. Cells that are finished by then are in the file to {@link #resume resume}
     * from.
     *
     * @return the sweep
     */
    public Sweep checkFinite() {
        return with(s -> s.checksFinite = true);
    }

    private long budget() {
        return settings.budget.orElseGet(SweepEngine::defaultBudget);
    }

    /**
     * {@return what {@link Execution#EXACT} will take for all cells, those that a file to {@link
     * #resume resume} from holds among them}
     */
    public SweepEstimate explain() {
        return new SweepEngine(model.runtime(), settings.checksFinite)
                .estimate(settings.bases, settings.cells, settings.newTokens, budget());
    }

    /**
     * Computes all cells.
     *
     * @return a result a cell, in their order
     * @throws CancellationException if the listener or an interrupt of this thread stopped the
     *     sweep; the file to {@link #resume resume} from holds what was finished
     * @throws NonFiniteException if {@link #checkFinite()} was asked for and values are not finite
     * @throws ModelClosedException if the model is closed
     * @throws InterventionException if an intervention has the wrong shape or never applies, or is
     *     a function in a sweep that is to be resumed
     * @throws SweepJournalException if the file to {@link #resume resume} from is damaged, is
     *     another sweep's, or is in use
     * @throws java.io.UncheckedIOException if that file cannot be read or written
     * @throws MemoryException if memory runs out; cells finished before are in the file to {@link
     *     #resume resume} from, and the same sweep with a smaller {@link #memoryBudget} goes on
     *     there
     */
    public ImmutableList<CellResult> execute() {
        Interrupts.check(WHAT, 0, settings.cells.size(), PARTS);
        return new SweepMemoryAdvice(
                        "a sweep of %s on %s of %s"
                                .formatted(
                                        MemoryWords.count(settings.cells.size(), "cell"),
                                        MemoryWords.count(settings.bases.size(), "base run"),
                                        model.name()),
                        settings.execution == Execution.NAIVE
                                ? OptionalLong.empty()
                                : OptionalLong.of(budget()),
                        settings.reading,
                        settings.journal)
                .advice()
                .get(this::compute);
    }

    private ImmutableList<CellResult> compute() {
        checkArgument(
                settings.journal.isEmpty() || settings.condition.isEmpty(),
                "a sweep with stopWhen(...) cannot be resumed from a file, which could not tell one function from another: use stop strings");
        if (settings.journal.isEmpty()) {
            return execute(new SweepCollector(model, settings, Optional.empty()));
        }
        try (SweepJournal journal = journal(settings.journal.get())) {
            return execute(new SweepCollector(model, settings, Optional.of(journal)));
        }
    }

    private SweepJournal journal(Path file) {
        JournalHeader header =
                new JournalHeader(
                        fingerprint(),
                        settings.cells.size(),
                        model.name(),
                        LibraryVersion.current().value());
        return SweepJournal.open(
                file,
                header,
                new CellJson(
                        model::label,
                        model.tokenizerIfAny(),
                        cell -> settings.bases.get(settings.cells.get(cell).base()).prompt()));
    }

    /** What the sweep is recognised by. */
    String fingerprint() {
        return model.runtime()
                .whileOpen(
                        () ->
                                SweepFingerprint.of(
                                        model,
                                        settings.bases,
                                        settings.cells,
                                        settings.reading,
                                        settings.newTokens,
                                        settings.stops));
    }

    private ImmutableList<CellResult> execute(SweepCollector collector) {
        checkArgument(
                !settings.reading.residual() || settings.newTokens == 0,
                "only last residuals are read, and %s new tokens are asked for: read top tokens to generate",
                settings.newTokens);
        List<Cell> cells = collector.left();
        if (cells.isEmpty() && !settings.cells.isEmpty()) {
            return collector.results(); // not even a base run is needed
        }
        try {
            compute(cells, collector);
            return collector.results();
        } catch (NonFiniteException e) {
            throw e.cell().isPresent() ? e.ofCell(collector.place(e.cell().getAsInt())) : e;
        } catch (CancellationException e) {
            throw Interrupts.within(e, WHAT, collector.done(), settings.cells.size(), PARTS);
        }
    }

    private void compute(List<Cell> cells, SweepCollector collector) {
        SweepEngine engine = new SweepEngine(model.runtime(), settings.checksFinite);
        if (settings.execution == Execution.NAIVE) {
            engine.naive(settings.bases, cells, settings.reading, settings.newTokens, collector);
        } else {
            engine.merged(
                    settings.bases,
                    cells,
                    settings.reading,
                    settings.newTokens,
                    budget(),
                    collector);
        }
    }

    /** {@return the number of cells and base runs, and how they are computed} */
    @Override
    public String toString() {
        return "Sweep[%s, %d cells on %d base runs, %s]"
                .formatted(
                        model.name(),
                        settings.cells.size(),
                        settings.bases.size(),
                        settings.execution);
    }
}
