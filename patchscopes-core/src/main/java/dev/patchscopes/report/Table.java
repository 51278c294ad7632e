package dev.patchscopes.report;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.util.Arrays;
import java.util.List;

/**
 * Rows and columns of text and numbers, for a terminal, Markdown, CSV and pages.
 *
 * <pre>{@code
 * Table.of("Next tokens", "token", "probability").withRow(" Paris", 0.993).withRow(" Li", 0.001);
 * }</pre>
 *
 * @param title what is shown, in a line; empty for nothing
 * @param columns names of the columns
 * @param rows rows, each with a cell a column
 */
public record Table(
        String title, ImmutableList<String> columns, ImmutableList<ImmutableList<TableCell>> rows)
        implements Block, Viewable {

    /**
     * Checks that each row has a cell a column.
     *
     * @param title what is shown
     * @param columns names of the columns
     * @param rows rows
     * @throws IllegalArgumentException if a row has more or fewer cells than there are columns
     */
    public Table {
        for (ImmutableList<TableCell> row : rows) {
            checkArgument(
                    row.size() == columns.size(),
                    "row %s of table \"%s\" has %s cells for %s columns %s",
                    row,
                    title,
                    row.size(),
                    columns.size(),
                    columns);
        }
    }

    /**
     * A table without rows.
     *
     * @param title what is shown, in a line; empty for nothing
     * @param columns names of the columns
     * @return the table
     */
    public static Table of(String title, String... columns) {
        return new Table(title, ImmutableList.copyOf(columns), ImmutableList.of());
    }

    /**
     * Adds a row.
     *
     * @param values a value a column: a {@link TableCell} as it is, numbers rounded where they are
     *     shown and whole in CSV, everything else as it prints
     * @return a copy with one row more; {@link #withRows} adds many at once
     * @throws IllegalArgumentException if there are more or fewer values than columns
     */
    public Table withRow(Object... values) {
        return withRows(List.of(Arrays.asList(values)));
    }

    /**
     * Adds rows.
     *
     * @param more rows, each with a value a column as in {@link #withRow}
     * @return a copy with these rows too
     * @throws IllegalArgumentException if a row has more or fewer values than there are columns
     */
    public Table withRows(List<? extends List<?>> more) {
        ImmutableList.Builder<ImmutableList<TableCell>> all = ImmutableList.builder();
        all.addAll(rows);
        for (List<?> row : more) {
            all.add(row.stream().map(TableCell::of).collect(ImmutableList.toImmutableList()));
        }
        return new Table(title, columns, all.build());
    }

    /** {@return it as comma-separated values with a header (RFC 4180), lines ended by \n} */
    public String toCsv() {
        return TableText.csv(this);
    }

    @Override
    public String toMarkdown() {
        return TableText.markdown(this);
    }

    @Override
    public String toText(Terminal terminal) {
        return TableText.text(this, terminal);
    }

    /** {@return a page that holds it alone} */
    @Override
    public Page page() {
        return Page.of(title, this);
    }

    /** {@return it for a terminal, 100 columns wide} */
    @Override
    public String toString() {
        return toText(Terminal.plain(100));
    }
}
