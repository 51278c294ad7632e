package dev.patchscopes.report;

import java.util.Arrays;

/** A grid of characters in which lines are drawn; what is drawn later stays beneath. */
final class PlotCanvas {

    private static final char SEVERAL = '*';
    private static final int NOBODY = -1;

    private final char[][] signs;
    private final int[][] owners;
    private boolean hasSeveral;

    PlotCanvas(int rows, int columns) {
        signs = new char[rows][columns];
        owners = new int[rows][columns];
        for (int row = 0; row < rows; row++) {
            Arrays.fill(signs[row], ' ');
            Arrays.fill(owners[row], NOBODY);
        }
    }

    int rows() {
        return signs.length;
    }

    int columns() {
        return signs[0].length;
    }

    /** Sets a point of a line; where one of another line is already, a sign for several. */
    void mark(int row, int column, char sign, int owner) {
        if (owners[row][column] == NOBODY) {
            signs[row][column] = sign;
            owners[row][column] = owner;
        } else if (owners[row][column] != owner) {
            signs[row][column] = SEVERAL;
            hasSeveral = true;
        }
    }

    /** Sets what is less than a point, where there is nothing. */
    void fill(int row, int column, char sign, int owner) {
        if (owners[row][column] == NOBODY) {
            signs[row][column] = sign;
            owners[row][column] = owner;
        }
    }

    boolean hasSeveral() {
        return hasSeveral;
    }

    String row(int row, Ansi ansi, Palette palette) {
        StringBuilder line = new StringBuilder();
        int start = 0;
        for (int column = 1; column <= columns(); column++) {
            if (column == columns() || color(row, column) != color(row, start)) {
                String run = new String(signs[row], start, column - start);
                int owner = color(row, start);
                line.append(owner == NOBODY ? run : ansi.in(palette.line(owner), run));
                start = column;
            }
        }
        return line.toString();
    }

    private int color(int row, int column) {
        return signs[row][column] == SEVERAL ? NOBODY : owners[row][column];
    }
}
