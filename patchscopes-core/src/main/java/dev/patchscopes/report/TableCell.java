package dev.patchscopes.report;

/**
 * A cell of a {@link Table}.
 *
 * @param shown what people read
 * @param exact what programs read: in CSV
 * @param numeric whether it is a number, and stands to the right
 */
public record TableCell(String shown, String exact, boolean numeric) {

    /**
     * A cell.
     *
     * @param value a cell as it is; whole numbers as they print; other numbers rounded where they
     *     are shown, whole in CSV, and empty if not a number; everything else as it prints
     * @return the cell
     */
    public static TableCell of(Object value) {
        if (value instanceof TableCell cell) {
            return cell;
        }
        if (value instanceof Double || value instanceof Float) {
            double number = ((Number) value).doubleValue();
            return Double.isNaN(number)
                    ? new TableCell("", "", true)
                    : new TableCell(Numbers.show(number), value.toString(), true);
        }
        return new TableCell(value.toString(), value.toString(), value instanceof Number);
    }
}
