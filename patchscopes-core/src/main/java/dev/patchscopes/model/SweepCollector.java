package dev.patchscopes.model;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.internal.CallersFailure;
import dev.patchscopes.model.internal.ReadValue;
import dev.patchscopes.model.internal.SweepEngine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Takes what the engine reads. The engine is given the cells that the journal does not hold, and
 * counts those alone; {@link #places} has their places in the sweep.
 */
final class SweepCollector implements SweepEngine.Sink {
    private final HookedModel model;
    private final SweepSettings settings;
    private final ReadValue[] values;
    private final List<Optional<Continuation>> texts = new ArrayList<>();
    private final int[] generated;
    private final Optional<SweepJournal> journal;
    private final ImmutableMap<Integer, CellResult> restored;
    private final ImmutableIntArray places;
    private final long start = System.nanoTime();
    private long done;

    SweepCollector(HookedModel model, SweepSettings settings, Optional<SweepJournal> journal) {
        this.model = model;
        this.settings = settings;
        this.values = new ReadValue[settings.cells.size()];
        this.generated = new int[settings.cells.size()];
        this.journal = journal;
        this.restored = journal.map(SweepJournal::finished).orElse(ImmutableMap.of());
        this.places =
                ImmutableIntArray.copyOf(
                        IntStream.range(0, values.length)
                                .filter(cell -> !restored.containsKey(cell)));
        for (Cell cell : settings.cells) {
            texts.add(
                    settings.newTokens == 0
                            ? Optional.empty()
                            : Optional.of(
                                    new Continuation(
                                            model,
                                            settings.bases.get(cell.base()).prompt(),
                                            model.endOfText(),
                                            settings.stops,
                                            condition(texts.size()))));
        }
        if (!restored.isEmpty()) {
            done = restored.size();
            CallersFailure.in(() -> settings.progress.resumed(done));
            tell();
        }
    }

    private Optional<Predicate<String>> condition(int cell) {
        return settings.condition.map(
                condition -> text -> CallersFailure.in(() -> condition.stops(cell, text)));
    }

    /** The cells that are to be computed. */
    List<Cell> left() {
        return places.asList().stream().map(settings.cells::get).toList();
    }

    /** The place in the sweep of one of them. */
    int place(int index) {
        return places.get(index);
    }

    /** How many cells are finished. */
    long done() {
        return done;
    }

    private void tell() {
        Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
        CallersFailure.in(() -> settings.progress.update(done, values.length, elapsed));
    }

    @Override
    public void accept(int index, ReadValue value) {
        int cell = places.get(index);
        values[cell] = value;
        if (settings.newTokens == 0) {
            finish(cell);
        }
    }

    @Override
    public boolean cancelled() {
        journal.ifPresent(SweepJournal::flushIfDue);
        return CallersFailure.in(settings.progress::isCancelled);
    }

    @Override
    public boolean generated(int index, int token, double probability) {
        int cell = places.get(index);
        Continuation text = texts.get(cell).orElseThrow();
        text.add(new TokenProbability(token, model.label(token), probability));
        generated[cell]++;
        if (text.isFinished() || generated[cell] == settings.newTokens) {
            finish(cell);
        }
        return text.isFinished();
    }

    private void finish(int cell) {
        journal.ifPresent(j -> j.append(cell, result(cell)));
        done++;
        tell();
    }

    ImmutableList<CellResult> results() {
        ImmutableList.Builder<CellResult> out = ImmutableList.builder();
        for (int i = 0; i < values.length; i++) {
            out.add(restored.containsKey(i) ? restored.get(i) : result(i));
        }
        return out.build();
    }

    private CellResult result(int cell) {
        ReadValue value = values[cell];
        ImmutableList.Builder<TokenProbability> top = ImmutableList.builder();
        for (int t = 0; t < value.topIds().length(); t++) {
            int id = value.topIds().get(t);
            top.add(new TokenProbability(id, model.label(id), value.topProbabilities().get(t)));
        }
        Optional<TokenDistribution> distribution =
                value.logits().isEmpty()
                        ? Optional.empty()
                        : Optional.of(
                                TokenDistribution.ofLogits(
                                        value.logits().toArray(), model.tokenizerIfAny()));
        return new CellResult(
                top.build(),
                value.probabilities(),
                value.columns(),
                distribution,
                value.residual(),
                texts.get(cell).map(Continuation::result));
    }
}
