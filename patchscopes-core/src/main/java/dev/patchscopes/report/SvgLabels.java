package dev.patchscopes.report;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Labels along the rows or the columns of a heat map, as many as there is room for. */
final class SvgLabels {

    /** From the end of a label to the cells. */
    static final double GAP = 6;

    private static final String STAR = "★";
    private static final double MOST_ROW = 180;
    private static final double MOST_COLUMN = 120;
    private static final int SLANT = 45;
    private static final double SINE = Math.sqrt(.5);

    /** Between labels that read upwards or lie below each other, in sizes of their font. */
    private static final double LINE = 1.25;

    private final AxisLabels axis;
    private final double pitch;
    private final SvgFont font;
    private final int degrees;
    private final double most;

    private SvgLabels(AxisLabels axis, double pitch, SvgFont font, int degrees, double most) {
        this.axis = axis;
        this.pitch = pitch;
        this.font = font;
        this.degrees = degrees;
        this.most = most;
    }

    /**
     * Labels of rows, to their left.
     *
     * @param pitch from a row to the next
     */
    static SvgLabels rows(AxisLabels axis, double pitch) {
        return new SvgLabels(axis, pitch, SvgFont.mono(pitch >= 14 ? 11 : 9), 0, MOST_ROW);
    }

    /**
     * Labels of columns, above them: level if they fit, else slanted, else upright.
     *
     * @param pitch from a column to the next
     */
    static SvgLabels columns(AxisLabels axis, double pitch) {
        SvgFont font = SvgFont.mono(11);
        SvgLabels level = new SvgLabels(axis, pitch, font, 0, Double.POSITIVE_INFINITY);
        if (level.longest() <= pitch - 4) {
            return level;
        }
        boolean slanted = pitch * SINE >= font.size() * LINE;
        return new SvgLabels(
                axis, pitch, slanted ? font : font.sized(9), slanted ? SLANT : 90, MOST_COLUMN);
    }

    private boolean isMarked(int index) {
        return axis.marked().contains(index);
    }

    private String text(int index) {
        String label = VisibleText.of(axis.labels().get(index));
        return font(index).cut(isMarked(index) ? STAR + label : label, most);
    }

    private SvgFont font(int index) {
        return isMarked(index) ? font.bolder() : font;
    }

    private double longest() {
        return IntStream.range(0, axis.size())
                .mapToDouble(index -> font(index).width(text(index)))
                .max()
                .orElse(0);
    }

    /** How far labels of rows reach to the left. */
    double width() {
        return longest();
    }

    /** How far labels of columns reach up. */
    double height() {
        return switch (degrees) {
            case 0 -> font.lineHeight();
            case SLANT -> SINE * (longest() + font.size());
            default -> longest();
        };
    }

    /** How far the last label of a column reaches beyond the middle of its column. */
    double overhang() {
        return switch (degrees) {
            case 0 -> longest() / 2;
            case SLANT -> SINE * longest() + font.size() / 2;
            default -> font.size() / 2;
        };
    }

    /** Those there is room for: marked ones first, and of the others evenly many. */
    private ImmutableList<Integer> shown() {
        double room = degrees == 0 && most != MOST_ROW ? 0 : font.size() * LINE;
        int every = Math.max(1, (int) Math.ceil((degrees == SLANT ? room / SINE : room) / pitch));
        List<Integer> shown = new ArrayList<>();
        Stream.concat(
                        axis.marked().stream(),
                        IntStream.iterate(0, i -> i < axis.size(), i -> i + every).boxed())
                .filter(index -> shown.stream().noneMatch(i -> Math.abs(i - index) < every))
                .forEach(shown::add);
        return ImmutableList.copyOf(shown);
    }

    /**
     * Draws labels of rows.
     *
     * @param end where they end
     * @param top where the first row starts
     */
    void drawRows(double end, double top, SvgSheet sheet) {
        for (int index : shown()) {
            double middle = top + (index + .5) * pitch;
            sheet.add(font(index).ending(text(index), end, middle, color(index, sheet)));
        }
    }

    /**
     * Draws labels of columns.
     *
     * @param left where the first column starts
     * @param bottom where they end
     */
    void drawColumns(double left, double bottom, SvgSheet sheet) {
        for (int index : shown()) {
            double middle = left + (index + .5) * pitch;
            String color = color(index, sheet);
            if (degrees == 0) {
                double y = bottom - font.lineHeight() / 2;
                sheet.add(font(index).centred(text(index), middle, y, color));
            } else {
                sheet.add(
                        font(index)
                                .starting(text(index), middle, bottom, color)
                                .with("transform", SvgElement.rotation(-degrees, middle, bottom)));
            }
        }
    }

    private String color(int index, SvgSheet sheet) {
        return isMarked(index) ? sheet.colors().mark() : sheet.colors().ink();
    }
}
