package dev.patchscopes.model;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import dev.patchscopes.text.TokenizedPrompt;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;

/** Files of a small sweep, for tests of them. */
abstract class JournalFixture {
    static final TokenizedPrompt PROMPT = TokenizedPrompt.ofIds(7, 30, 12);
    static final JournalHeader HEADER = new JournalHeader("f00d", 4, "gpt2", "0.1.0");

    static final CellJson JSON = new CellJson(id -> "#" + id, Optional.empty(), cell -> PROMPT);

    @TempDir Path directory;

    static SweepJournal open(Path file) {
        return SweepJournal.open(file, HEADER, JSON);
    }

    Path file() {
        return directory.resolve("journal" + System.nanoTime());
    }

    static CellResult result(int token) {
        return new CellResult(
                tokens(token),
                ImmutableDoubleArray.of(1.0 / token),
                ImmutableDoubleArray.of(),
                Optional.empty(),
                ImmutableDoubleArray.of(),
                Optional.empty());
    }

    static ImmutableList<TokenProbability> tokens(int... ids) {
        return Arrays.stream(ids)
                .mapToObj(id -> new TokenProbability(id, "#" + id, Math.sqrt(id)))
                .collect(ImmutableList.toImmutableList());
    }

    /** Three of four cells. */
    Path small() {
        Path file = file();
        try (SweepJournal journal = open(file)) {
            for (int cell : new int[] {2, 0, 1}) {
                journal.append(cell, result(cell + 3));
            }
        }
        return file;
    }

    static Map<Integer, CellResult> finished(Path file) {
        try (SweepJournal journal = open(file)) {
            return journal.finished();
        }
    }
}
