package dev.patchscopes.text;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkElementIndex;

import com.google.common.collect.ImmutableList;
import java.util.Arrays;
import java.util.List;

/**
 * Prompts of any lengths laid out in columns, with an explicit mask and explicit position ids.
 *
 * <p>Row {@code r} holds its {@code length(r)} tokens in one unbroken run of columns that starts at
 * {@code start(r)}; every other column of the row is padding. Which columns are padding is never
 * guessed from ids, so a prompt may contain the padding id itself. Positions of a prompt are
 * indices into its own tokens; {@link #column(int, int)} translates.
 *
 * <pre>{@code
 * TokenizedPrompt hello = tokenizer.tokenize("Hello");             // one token
 * TokenizedPrompt needle = tokenizer.tokenize("The Space Needle"); // three tokens
 * TokenBatch batch = TokenBatch.of(hello, needle);
 * batch.columns();        // 3
 * batch.start(0);         // 2: padded on the left
 * batch.column(0, 0);     // 2
 * batch.positionId(0, 2); // 0: a token's position never depends on padding
 * }</pre>
 *
 * <p>Immutable and safe to share.
 */
public final class TokenBatch {

    private final ImmutableList<BatchRow> rows;
    private final int columns;
    private final int padId;

    private TokenBatch(ImmutableList<BatchRow> rows, int columns, int padId) {
        this.rows = rows;
        this.columns = columns;
        this.padId = padId;
    }

    /**
     * Lays prompts out, padded on the left with id 0.
     *
     * @param prompts at least one
     * @return the batch
     * @throws IllegalArgumentException if there is no prompt
     */
    public static TokenBatch of(TokenizedPrompt... prompts) {
        return of(Arrays.asList(prompts));
    }

    /**
     * Lays prompts out, padded on the left with id 0.
     *
     * @param prompts at least one
     * @return the batch
     * @throws IllegalArgumentException if there is no prompt
     */
    public static TokenBatch of(List<TokenizedPrompt> prompts) {
        checkArgument(!prompts.isEmpty(), "a batch needs at least one prompt, and there is none");
        ImmutableList<BatchRow> rows =
                prompts.stream().map(p -> BatchRow.of(p)).collect(ImmutableList.toImmutableList());
        int columns = rows.stream().mapToInt(BatchRow::length).max().getAsInt();
        return new TokenBatch(rows, columns, 0).paddedLeft();
    }

    /**
     * Takes over ids that are already laid out, with position ids counted from 0 at each row's
     * first real token.
     *
     * @param ids token ids, {@code [row, column]}
     * @param mask 1 for a real token and 0 for padding, {@code [row, column]}; each row's ones must
     *     be one unbroken run
     * @return the batch, each row where the mask has it
     * @throws EmptyPromptException if a row has no real token
     * @throws IllegalArgumentException if shapes differ or a mask row has gaps or other values
     */
    public static TokenBatch ofPadded(int[][] ids, int[][] mask) {
        return new TokenBatch(GivenLayout.rows(ids, mask), ids[0].length, 0);
    }

    /**
     * Takes over ids that are already laid out, with their position ids.
     *
     * @param ids token ids, {@code [row, column]}
     * @param mask 1 for a real token and 0 for padding, {@code [row, column]}; each row's ones must
     *     be one unbroken run
     * @param positionIds what the model's position embedding is asked for, {@code [row, column]};
     *     entries at padding are ignored and become 0
     * @return the batch, each row where the mask has it
     * @throws EmptyPromptException if a row has no real token
     * @throws IllegalArgumentException if shapes differ, a mask row has gaps or other values, or a
     *     position id of a real token is negative
     */
    public static TokenBatch ofPadded(int[][] ids, int[][] mask, int[][] positionIds) {
        return new TokenBatch(GivenLayout.rows(ids, mask, positionIds), ids[0].length, 0);
    }

    /**
     * Returns the same prompts with all padding on the left, so that last tokens line up.
     *
     * @return a batch as wide as its longest prompt
     */
    public TokenBatch paddedLeft() {
        int width = longest();
        return new TokenBatch(
                rows.stream()
                        .map(row -> row.startingAt(width - row.length()))
                        .collect(ImmutableList.toImmutableList()),
                width,
                padId);
    }

    /**
     * Returns the same prompts with all padding on the right, so that first tokens line up.
     *
     * @return a batch as wide as its longest prompt
     */
    public TokenBatch paddedRight() {
        return new TokenBatch(
                rows.stream()
                        .map(row -> row.startingAt(0))
                        .collect(ImmutableList.toImmutableList()),
                longest(),
                padId);
    }

    /**
     * Returns the same layout with another id in the padding. Padding is masked, so the id only has
     * to be one the model has an embedding for.
     *
     * @param id a token id, not negative
     * @return the batch
     * @throws IllegalArgumentException if the id is negative
     */
    public TokenBatch withPadId(int id) {
        checkArgument(id >= 0, "padding id %s is negative", id);
        return new TokenBatch(rows, columns, id);
    }

    /**
     * Returns some of the rows, in the given order, laid out as they are here.
     *
     * @param row row indices, at least one
     * @return a batch of those rows and the same number of columns
     * @throws IllegalArgumentException if no row is named
     * @throws IndexOutOfBoundsException if there is no such row
     */
    public TokenBatch select(int... row) {
        checkArgument(row.length > 0, "select() names no row: give at least one");
        return new TokenBatch(
                Arrays.stream(row).mapToObj(this::at).collect(ImmutableList.toImmutableList()),
                columns,
                padId);
    }

    /**
     * Returns the number of prompts.
     *
     * @return at least 1
     */
    public int rows() {
        return rows.size();
    }

    /**
     * Returns the number of columns, padding included.
     *
     * @return at least 1
     */
    public int columns() {
        return columns;
    }

    /**
     * Returns the prompts, {@code [row]}.
     *
     * @return the prompts in row order
     */
    public ImmutableList<TokenizedPrompt> prompts() {
        return rows.stream().map(BatchRow::prompt).collect(ImmutableList.toImmutableList());
    }

    /**
     * Returns the prompt of a row.
     *
     * @param row row index
     * @return the prompt, without padding
     * @throws IndexOutOfBoundsException if there is no such row
     */
    public TokenizedPrompt prompt(int row) {
        return at(row).prompt();
    }

    /**
     * Returns the number of real tokens of a row.
     *
     * @param row row index
     * @return at least 1
     * @throws IndexOutOfBoundsException if there is no such row
     */
    public int length(int row) {
        return at(row).length();
    }

    /**
     * Returns the column of a row's first real token.
     *
     * @param row row index
     * @return column index
     * @throws IndexOutOfBoundsException if there is no such row
     */
    public int start(int row) {
        return at(row).start();
    }

    /**
     * Returns the column of a token.
     *
     * @param row row index
     * @param tokenIndex absolute position in the row's prompt, from 0
     * @return column index
     * @throws IndexOutOfBoundsException if there is no such row or token
     */
    public int column(int row, int tokenIndex) {
        BatchRow r = at(row);
        if (tokenIndex < 0 || tokenIndex >= r.length()) {
            throw new IndexOutOfBoundsException(
                    "token %d is not in 0..%d, the tokens of row %d"
                            .formatted(tokenIndex, r.length() - 1, row));
        }
        return r.start() + tokenIndex;
    }

    /**
     * Returns whether a column of a row holds a real token: the mask.
     *
     * @param row row index
     * @param column column index
     * @return false at padding
     * @throws IndexOutOfBoundsException if there is no such row or column
     */
    public boolean isToken(int row, int column) {
        BatchRow r = at(row);
        checkElementIndex(column, columns, "column");
        return column >= r.start() && column < r.start() + r.length();
    }

    /**
     * Returns what the model's position embedding is asked for at a column.
     *
     * @param row row index
     * @param column column index
     * @return the token's index in its prompt unless position ids were given; 0 at padding
     * @throws IndexOutOfBoundsException if there is no such row or column
     */
    public long positionId(int row, int column) {
        return isToken(row, column) ? at(row).positionIds().get(column - start(row)) : 0;
    }

    /**
     * Returns all token ids, row after row.
     *
     * @return a new array, {@code [row * columns + column]}; {@link #padId()} at padding
     */
    public long[] ids() {
        long[] ids = new long[Math.multiplyExact(rows(), columns)];
        Arrays.fill(ids, padId);
        for (int r = 0; r < rows(); r++) {
            BatchRow row = rows.get(r);
            for (int i = 0; i < row.length(); i++) {
                ids[r * columns + row.start() + i] = row.prompt().ids().get(i);
            }
        }
        return ids;
    }

    /**
     * Returns all position ids, row after row.
     *
     * @return a new array, {@code [row * columns + column]}; 0 at padding
     */
    public long[] positionIds() {
        long[] positions = new long[Math.multiplyExact(rows(), columns)];
        for (int r = 0; r < rows(); r++) {
            BatchRow row = rows.get(r);
            for (int i = 0; i < row.length(); i++) {
                positions[r * columns + row.start() + i] = row.positionIds().get(i);
            }
        }
        return positions;
    }

    /**
     * Returns whether any column of any row is padding.
     *
     * @return false if every row is full
     */
    public boolean isPadded() {
        return rows.stream().anyMatch(row -> row.length() < columns);
    }

    /**
     * Returns the id that stands in the padding.
     *
     * @return token id, 0 unless chosen
     */
    public int padId() {
        return padId;
    }

    private BatchRow at(int row) {
        if (row < 0 || row >= rows.size()) {
            throw new IndexOutOfBoundsException(
                    "row %d is not in 0..%d".formatted(row, rows.size() - 1));
        }
        return rows.get(row);
    }

    private int longest() {
        return rows.stream().mapToInt(BatchRow::length).max().getAsInt();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TokenBatch that
                && rows.equals(that.rows)
                && columns == that.columns
                && padId == that.padId;
    }

    @Override
    public int hashCode() {
        return 31 * (31 * rows.hashCode() + columns) + padId;
    }

    /**
     * Returns the shape and the prompts' lengths: {@code TokenBatch[2 rows x 3 columns, lengths 1
     * 3]}.
     */
    @Override
    public String toString() {
        StringBuilder out = new StringBuilder("TokenBatch[");
        out.append(rows()).append(rows() == 1 ? " row x " : " rows x ").append(columns);
        out.append(columns == 1 ? " column, lengths" : " columns, lengths");
        rows.stream().limit(20).forEach(row -> out.append(' ').append(row.length()));
        return out.append(rows() > 20 ? " …]" : "]").toString();
    }
}
