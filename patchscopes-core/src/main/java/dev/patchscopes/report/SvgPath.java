package dev.patchscopes.report;

import java.util.ArrayList;
import java.util.List;

/** Lines and areas, of which only what lies between two levels is drawn. */
final class SvgPath {

    /** A place on the sheet. */
    record At(double x, double y) {

        /** Where the way to another place crosses a level. */
        At crossing(At other, double level) {
            double share = (level - y) / (other.y - y);
            return new At(x + share * (other.x - x), level);
        }

        private String print() {
            return SvgElement.number(x) + " " + SvgElement.number(y);
        }
    }

    private final double top;
    private final double bottom;
    private final StringBuilder data = new StringBuilder();

    SvgPath(double top, double bottom) {
        this.top = top;
        this.bottom = bottom;
    }

    boolean isEmpty() {
        return data.isEmpty();
    }

    /** Adds a line through places. */
    void line(List<At> places) {
        At last = null;
        for (int i = 1; i < places.size(); i++) {
            List<At> part = clipped(List.of(places.get(i - 1), places.get(i)), false);
            if (part.size() < 2) {
                last = null;
                continue;
            }
            if (!part.get(0).equals(last)) {
                data.append('M').append(part.get(0).print());
            }
            last = part.get(part.size() - 1);
            data.append('L').append(last.print());
        }
    }

    /** Adds an area with corners at places. */
    void area(List<At> corners) {
        List<At> inside = clipped(corners, true);
        for (int i = 0; i < inside.size(); i++) {
            data.append(i == 0 ? 'M' : 'L').append(inside.get(i).print());
        }
        data.append(inside.isEmpty() ? "" : "Z");
    }

    /** Sutherland and Hodgman's way: what lies below the top, and of that what lies above the bottom. */
    private List<At> clipped(List<At> places, boolean closed) {
        return half(half(places, closed, top, 1), closed, bottom, -1);
    }

    private static List<At> half(List<At> places, boolean closed, double level, int sign) {
        List<At> kept = new ArrayList<>();
        for (int i = 0; i < places.size(); i++) {
            At place = places.get(i);
            boolean inside = sign * (place.y() - level) >= 0;
            if (i > 0 || closed) {
                At before = places.get((i + places.size() - 1) % places.size());
                if (inside != sign * (before.y() - level) >= 0) {
                    kept.add(before.crossing(place, level));
                }
            }
            if (inside) {
                kept.add(place);
            }
        }
        return kept;
    }

    SvgElement element() {
        return SvgElement.of("path").with("d", data.toString());
    }
}
