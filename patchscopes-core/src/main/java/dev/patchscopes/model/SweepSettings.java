package dev.patchscopes.model;

import com.google.common.collect.ImmutableList;
import java.nio.file.Path;
import java.util.Optional;

/** A sweep's choices; only {@link Sweep} changes one, and only on a copy nobody else has. */
final class SweepSettings {
    ImmutableList<BaseRun> bases = ImmutableList.of();
    ImmutableList<Cell> cells = ImmutableList.of();
    Reading reading = Reading.top(1);
    int newTokens;
    ImmutableList<String> stops = ImmutableList.of();
    Optional<Sweep.TextStop> condition = Optional.empty();
    Execution execution = Execution.EXACT;
    Optional<Long> budget = Optional.empty();
    Progress progress = Progress.none();
    Optional<Path> journal = Optional.empty();
    boolean checksFinite;

    SweepSettings copy() {
        SweepSettings copy = new SweepSettings();
        copy.bases = bases;
        copy.cells = cells;
        copy.reading = reading;
        copy.newTokens = newTokens;
        copy.stops = stops;
        copy.condition = condition;
        copy.execution = execution;
        copy.budget = budget;
        copy.progress = progress;
        copy.journal = journal;
        copy.checksFinite = checksFinite;
        return copy;
    }
}
