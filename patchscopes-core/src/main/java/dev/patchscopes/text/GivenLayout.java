package dev.patchscopes.text;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.util.Arrays;

/** Reads a batch somebody else laid out: ids and mask, {@code [row, column]}. */
final class GivenLayout {

    private GivenLayout() {}

    static ImmutableList<BatchRow> rows(int[][] ids, int[][] mask) {
        checkArgument(ids.length > 0, "a batch needs at least one prompt, and there is none");
        checkRows("mask", mask, ids);
        ImmutableList.Builder<BatchRow> rows = ImmutableList.builder();
        for (int r = 0; r < ids.length; r++) {
            checkColumns("ids", r, ids[r], ids[0].length);
            checkColumns("mask", r, mask[r], ids[0].length);
            int start = runStart(r, mask[r]);
            int end = runEnd(r, mask[r], start);
            TokenizedPrompt prompt = TokenizedPrompt.ofIds(Arrays.copyOfRange(ids[r], start, end));
            rows.add(BatchRow.of(prompt).startingAt(start));
        }
        return rows.build();
    }

    static ImmutableList<BatchRow> rows(int[][] ids, int[][] mask, int[][] positionIds) {
        ImmutableList<BatchRow> counted = rows(ids, mask);
        checkRows("position ids", positionIds, ids);
        ImmutableList.Builder<BatchRow> rows = ImmutableList.builder();
        for (int r = 0; r < counted.size(); r++) {
            checkColumns("position ids", r, positionIds[r], ids[0].length);
            BatchRow row = counted.get(r);
            int end = row.start() + row.length();
            for (int c = row.start(); c < end; c++) {
                checkArgument(
                        positionIds[r][c] >= 0,
                        "position id %s of row %s, column %s is negative",
                        positionIds[r][c],
                        r,
                        c);
            }
            rows.add(row.withPositionIds(Arrays.copyOfRange(positionIds[r], row.start(), end)));
        }
        return rows.build();
    }

    private static void checkRows(String what, int[][] values, int[][] ids) {
        checkArgument(
                values.length == ids.length,
                "the %s array has %s rows, ids have %s",
                what,
                values.length,
                ids.length);
    }

    private static void checkColumns(String what, int row, int[] values, int columns) {
        checkArgument(
                values.length == columns,
                "row %s of the %s has %s columns, expected %s as in row 0 of the ids",
                row,
                what,
                values.length,
                columns);
    }

    private static int runStart(int row, int[] mask) {
        for (int c = 0; c < mask.length; c++) {
            checkArgument(
                    mask[c] == 0 || mask[c] == 1,
                    "mask entry %s of row %s, column %s is neither 0 nor 1",
                    mask[c],
                    row,
                    c);
        }
        for (int c = 0; c < mask.length; c++) {
            if (mask[c] == 1) {
                return c;
            }
        }
        throw new EmptyPromptException(
                "Row " + row + " of the mask has no 1, so it has no token. Leave the row out.");
    }

    private static int runEnd(int row, int[] mask, int start) {
        int end = start;
        while (end < mask.length && mask[end] == 1) {
            end++;
        }
        for (int c = end; c < mask.length; c++) {
            checkArgument(
                    mask[c] == 0,
                    "row %s of the mask has a gap: ones at columns %s..%s and again at %s; a row's"
                            + " tokens must be one unbroken run",
                    row,
                    start,
                    end - 1,
                    c);
        }
        return end;
    }
}
