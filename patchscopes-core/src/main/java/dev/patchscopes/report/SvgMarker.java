package dev.patchscopes.report;

/** Shapes of points, which tell lines apart without colours. */
enum SvgMarker {
    CIRCLE,
    SQUARE,
    TRIANGLE,
    DIAMOND,
    INVERTED_TRIANGLE,
    CROSS,
    PLUS,
    RING;

    private static final double RADIUS = 3.5;

    static SvgMarker of(int series) {
        return values()[series % values().length];
    }

    /** The shape around a place. */
    SvgElement draw(double x, double y, String color, SvgColors colors) {
        double r = RADIUS;
        return switch (this) {
            case CIRCLE -> circle(x, y, r).fill(color);
            case SQUARE -> SvgElement.rect(x - r + .5, y - r + .5, 2 * r - 1, 2 * r - 1).fill(color);
            case TRIANGLE -> polygon(x, y - r - .5, x + r + .5, y + r, x - r - .5, y + r).fill(color);
            case DIAMOND ->
                    polygon(x, y - r - 1, x + r + 1, y, x, y + r + 1, x - r - 1, y).fill(color);
            case INVERTED_TRIANGLE ->
                    polygon(x, y + r + .5, x + r + .5, y - r, x - r - .5, y - r).fill(color);
            case CROSS ->
                    path("M%s %sL%s %sM%s %sL%s %s", x - r, y - r, x + r, y + r, x - r, y + r, x + r, y - r)
                            .stroke(color, 2);
            case PLUS ->
                    path("M%s %sL%s %sM%s %sL%s %s", x - r - .5, y, x + r + .5, y, x, y - r - .5, x, y + r + .5)
                            .stroke(color, 2);
            case RING -> circle(x, y, r - .5).fill(colors.ground()).stroke(color, 1.5);
        };
    }

    /** A small dot, for points between those that have a shape. */
    static SvgElement dot(double x, double y, String color) {
        return circle(x, y, 1.5).fill(color);
    }

    /** An arrow head at an end of the axis, for a number beyond it. */
    static SvgElement beyond(double x, double y, boolean above, String color) {
        double tip = above ? y + 1 : y - 1;
        double foot = above ? y + 8 : y - 8;
        return polygon(x, tip, x + 5, foot, x - 5, foot).fill(color);
    }

    /** Room around a point that shows its title. */
    static SvgElement target(double x, double y) {
        return circle(x, y, 7).style("fill", "none").with("pointer-events", "all");
    }

    private static SvgElement circle(double x, double y, double radius) {
        return SvgElement.of("circle").with("cx", x).with("cy", y).with("r", radius);
    }

    static SvgElement polygon(double... coordinates) {
        StringBuilder points = new StringBuilder();
        for (int i = 0; i < coordinates.length; i += 2) {
            points.append(i == 0 ? "" : " ")
                    .append(SvgElement.number(coordinates[i]))
                    .append(',')
                    .append(SvgElement.number(coordinates[i + 1]));
        }
        return SvgElement.of("polygon").with("points", points.toString());
    }

    private static SvgElement path(String form, double... coordinates) {
        Object[] numbers = new Object[coordinates.length];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = SvgElement.number(coordinates[i]);
        }
        return SvgElement.of("path").with("d", form.formatted(numbers)).style("fill", "none");
    }
}
