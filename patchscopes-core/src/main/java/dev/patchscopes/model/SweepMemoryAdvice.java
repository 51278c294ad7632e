package dev.patchscopes.model;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What to lower in a sweep.
 *
 * @param sweep names it
 * @param budget the memory budget; empty where nothing keeps to one
 * @param reading what is read of each cell
 * @param journal where finished cells are
 */
record SweepMemoryAdvice(
        String sweep, OptionalLong budget, Reading reading, Optional<Path> journal) {

    MemoryAdvice advice() {
        return MemoryAdvice.of(() -> sweep, lower() + goOn()).inJava(lowerInJava() + goOn());
    }

    private String lower() {
        return budget.isPresent()
                ? String.format(
                        Locale.ROOT,
                        "lower memoryBudget(...), which is %.1f MiB now, shorten the prompts",
                        budget.getAsLong() / 0x1p20)
                : "compute with Execution.EXACT, which keeps to a memoryBudget(...), shorten the prompts";
    }

    private String lowerInJava() {
        return (reading.distribution() ? "read top tokens rather than distributions, " : "")
                + "give fewer cells at once";
    }

    private String goOn() {
        return journal.map(
                        file ->
                                " (cells finished are in %s, and the sweep goes on from there)"
                                        .formatted(file))
                .orElse("");
    }
}
