package dev.patchscopes.report;

import com.google.common.primitives.ImmutableDoubleArray;
import java.util.ArrayList;
import java.util.List;

/** Says which colour stands for which number. */
final class SvgColorKey {

    private static final SvgFont LABEL = SvgFont.sans(11);
    private static final SvgFont TICK = SvgFont.sans(10);
    private static final double BAR = 10;
    private static final int STEPS = 60;
    private static final double STEP = 4;
    private static final double BETWEEN = 8;
    private static final String MISSING = "no number";

    private final Scale scale;
    private final Palette palette;
    private final boolean missing;

    SvgColorKey(Scale scale, Palette palette, boolean missing) {
        this.scale = scale;
        this.palette = palette;
        this.missing = missing;
    }

    /** Whether there are numbers that it could tell apart. */
    private boolean isRange() {
        return scale.low() < scale.high() && Double.isFinite(scale.at(.5));
    }

    private double bar() {
        return isRange() ? STEPS * STEP : 6 * STEP;
    }

    double width() {
        double beside = missing ? 24 + BAR + 6 + TICK.width(MISSING) : 0;
        return Math.max(
                bar() + Math.max(beside, TICK.width(label(scale.high())) / 2),
                LABEL.width(scale.measure().label()));
    }

    double height() {
        return LABEL.lineHeight() + 4 + BAR + 6 + TICK.lineHeight();
    }

    private static String label(double number) {
        return Numbers.show(number);
    }

    void draw(double left, double top, SvgSheet sheet) {
        SvgColors colors = sheet.colors();
        sheet.add(
                LABEL.starting(
                        scale.measure().label(),
                        left,
                        top + LABEL.lineHeight() / 2,
                        colors.ink()));
        double y = top + LABEL.lineHeight() + 4;
        SvgElement bar = SvgElement.of("g").with("shape-rendering", "crispEdges");
        int steps = isRange() ? STEPS : 1;
        for (int step = 0; step < steps; step++) {
            double share = isRange() ? step / (STEPS - 1.) : scale.share(scale.low());
            bar.add(
                    SvgElement.rect(left + step * STEP, y, bar() - step * STEP, BAR)
                            .fill(palette.color(scale.measure().colors(), share).css()));
        }
        sheet.add(bar);
        sheet.add(
                SvgElement.rect(left, y, bar(), BAR)
                        .style("fill", "none")
                        .stroke(colors.faint(), .5));
        for (Tick tick : ticks()) {
            double x = left + tick.share() * bar();
            double under = y + BAR;
            sheet.add(SvgElement.line(x, under, x, under + 3).stroke(colors.faint(), 1));
            sheet.add(
                    TICK.centred(tick.label(), x, under + 4 + TICK.lineHeight() / 2, colors.ink()));
        }
        if (missing) {
            double x = left + bar() + 24;
            sheet.add(missing(x, y, BAR, BAR, colors));
            sheet.add(TICK.starting(MISSING, x + BAR + 6, y + BAR / 2, colors.ink()));
        }
    }

    /** What stands where there is no number. */
    static SvgElement missing(double x, double y, double width, double height, SvgColors colors) {
        return SvgElement.of("g")
                .add(
                        SvgElement.rect(x + .5, y + .5, width - 1, height - 1)
                                .fill(colors.ground())
                                .stroke(colors.rule(), 1))
                .add(
                        SvgElement.line(x + 1, y + height - 1, x + width - 1, y + 1)
                                .stroke(colors.rule(), 1));
    }

    private record Tick(double share, String label) {}

    /** The ends, and between them what has room. */
    private List<Tick> ticks() {
        if (!isRange()) {
            String label = label(scale.low());
            return label.isEmpty() ? List.of() : List.of(new Tick(.5, label));
        }
        List<Tick> ticks = new ArrayList<>();
        ticks.add(new Tick(0, label(scale.low())));
        ticks.add(new Tick(1, label(scale.high())));
        Ticks between =
                scale.measure().spacing() == Spacing.LOGARITHMIC
                        ? Ticks.logarithmic(scale.low(), scale.high())
                        : Ticks.linear(scale.low(), scale.high(), PlotAxis.STEPS);
        ImmutableDoubleArray at = between.at();
        if (scale.measure().colors() == ColorScale.DIVERGING && scale.low() < 0) {
            add(new Tick(scale.share(0), "0"), ticks);
        }
        at.stream()
                .mapToObj(number -> new Tick(scale.share(number), between.label(number)))
                .forEach(tick -> add(tick, ticks));
        if (ticks.size() == 2) {
            add(new Tick(.5, label(scale.at(.5))), ticks);
        }
        return ticks;
    }

    private void add(Tick tick, List<Tick> ticks) {
        if (ticks.stream().allMatch(other -> areApart(tick, other))) {
            ticks.add(tick);
        }
    }

    private boolean areApart(Tick one, Tick other) {
        double labels = (TICK.width(one.label()) + TICK.width(other.label())) / 2;
        return Math.abs(one.share() - other.share()) * bar() >= labels + BETWEEN;
    }
}
