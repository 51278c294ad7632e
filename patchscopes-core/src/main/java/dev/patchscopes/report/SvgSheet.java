package dev.patchscopes.report;

import com.google.common.collect.ImmutableList;

/**
 * What a figure is drawn on: a ground with title and caption for an image of its own, neither
 * within a page, which says them itself.
 */
final class SvgSheet {

    static final SvgFont TITLE = SvgFont.sans(15).bolder();
    static final SvgFont CAPTION = SvgFont.sans(12);

    private static final double MARGIN = 16;
    private static final double INLINE_MARGIN = 4;
    private static final int MOST_LINES = 12;

    private final Figure figure;
    private final SvgColors colors;
    private final boolean inline;
    private final double width;
    private final SvgElement content = SvgElement.of("g");
    private double top;

    private SvgSheet(Figure figure, SvgColors colors, boolean inline, double width) {
        this.figure = figure;
        this.colors = colors;
        this.inline = inline;
        this.width = Math.ceil(width);
        this.top = margin();
        if (!inline) {
            heading();
        }
    }

    /**
     * An image of its own.
     *
     * @param width of what is drawn below title and caption
     */
    static SvgSheet of(Figure figure, SvgColors colors, double width) {
        return new SvgSheet(figure, colors, false, width);
    }

    static SvgSheet inline(Figure figure, SvgColors colors, double width) {
        return new SvgSheet(figure, colors, true, width);
    }

    private double margin() {
        return inline ? INLINE_MARGIN : MARGIN;
    }

    private void heading() {
        lines(TITLE, TITLE.wrap(figure.title(), width, MOST_LINES), colors.ink());
        lines(CAPTION, CAPTION.wrap(figure.caption(), width, MOST_LINES), colors.faint());
        top += top > margin() ? 8 : 0;
    }

    private void lines(SvgFont font, ImmutableList<String> lines, String color) {
        for (String line : lines) {
            add(font.starting(line, left(), top + font.lineHeight() / 2, color));
            top += font.lineHeight();
        }
        top += lines.isEmpty() ? 0 : 4;
    }

    /** Where there is room from. */
    double left() {
        return margin();
    }

    double width() {
        return width;
    }

    double top() {
        return top;
    }

    SvgColors colors() {
        return colors;
    }

    SvgSheet add(SvgElement element) {
        content.add(element);
        return this;
    }

    /**
     * The picture.
     *
     * @param bottom where what was drawn ends
     */
    String finish(double bottom) {
        double wholeWidth = width + 2 * margin();
        double wholeHeight = Math.ceil(bottom + margin());
        SvgElement svg = SvgElement.of("svg");
        if (!inline) {
            svg.with("xmlns", "http://www.w3.org/2000/svg");
        }
        svg.with("width", wholeWidth)
                .with("height", wholeHeight)
                .with(
                        "viewBox",
                        "0 0 %s %s"
                                .formatted(
                                        SvgElement.number(wholeWidth),
                                        SvgElement.number(wholeHeight)))
                .with("role", "img")
                .with("font-family", SvgFont.SANS)
                .add(SvgElement.title(figure.title()));
        if (inline) {
            svg.style("max-width", "100%").style("height", "auto");
        } else {
            svg.add(SvgElement.rect(0, 0, wholeWidth, wholeHeight).fill(colors.ground()));
        }
        return svg.add(content).toString();
    }
}
