package dev.patchscopes.examples.demo.corpus;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.List;
import java.util.Optional;

/**
 * A list of entities of one kind with what is known of each.
 *
 * @param name name of the list, for example {@code countries}
 * @param rows values by column; unknown ones are left out
 */
record Table(String name, ImmutableList<ImmutableMap<String, String>> rows) {

    /** The column that names the entity. */
    static final String NAME = "name";

    private static final Splitter CELLS = Splitter.on('|').trimResults();
    private static final String UNKNOWN = "-";

    static Table load(String name) {
        List<String> lines = ResourceLines.of(name + ".txt");
        List<String> columns = CELLS.splitToList(lines.get(0));
        ImmutableList.Builder<ImmutableMap<String, String>> rows = ImmutableList.builder();
        for (String line : lines.subList(1, lines.size())) {
            List<String> cells = CELLS.splitToList(line);
            checkState(
                    cells.size() == columns.size(),
                    "%s.txt: \"%s\" has %s cells instead of %s",
                    name,
                    line,
                    cells.size(),
                    columns.size());
            ImmutableMap.Builder<String, String> row = ImmutableMap.builder();
            for (int i = 0; i < cells.size(); i++) {
                if (!cells.get(i).equals(UNKNOWN)) {
                    row.put(columns.get(i), cells.get(i));
                }
            }
            rows.add(row.buildOrThrow());
        }
        return new Table(name, rows.build());
    }

    /** The name of the only row that has a value in a column; empty if several have it. */
    Optional<String> onlyNameWith(String column, String value) {
        List<String> names =
                rows.stream()
                        .filter(row -> value.equals(row.get(column)))
                        .map(row -> row.get(NAME))
                        .toList();
        return names.size() == 1 ? Optional.of(names.get(0)) : Optional.empty();
    }

    /** What a column says of the row with a name; empty if it is not known. */
    Optional<String> value(String entity, String column) {
        ImmutableMap<String, String> row =
                rows.stream()
                        .filter(candidate -> entity.equals(candidate.get(NAME)))
                        .findFirst()
                        .orElse(ImmutableMap.of());
        checkArgument(!row.isEmpty(), "%s has no row named \"%s\"", name, entity);
        return Optional.ofNullable(row.get(column));
    }
}
