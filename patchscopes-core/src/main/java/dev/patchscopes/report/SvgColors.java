package dev.patchscopes.report;

/** Colours of a chart by what they are for, as values of style properties. */
interface SvgColors {

    /** The colours of a theme, for an image of its own. */
    static SvgColors of(Theme theme) {
        return new ThemeColors(Palette.of(theme));
    }

    /**
     * Properties that the page around it defines, so that it follows the page's theme: {@code
     * --ps-ground}, {@code --ps-ink}, {@code --ps-faint}, {@code --ps-rule}, {@code --ps-mark} and
     * {@code --ps-line-0} to {@code --ps-line-7}.
     */
    static SvgColors css() {
        return new PageColors();
    }

    String ground();

    String ink();

    String faint();

    String rule();

    String mark();

    /** Colour of a line or of bars; after the last comes the first again. */
    String line(int index);

    /** Of an image of its own. */
    record ThemeColors(Palette palette) implements SvgColors {

        @Override
        public String ground() {
            return palette.ground().css();
        }

        @Override
        public String ink() {
            return palette.ink().css();
        }

        @Override
        public String faint() {
            return palette.faint().css();
        }

        @Override
        public String rule() {
            return palette.rule().css();
        }

        @Override
        public String mark() {
            return palette.mark().css();
        }

        @Override
        public String line(int index) {
            return palette.line(index).css();
        }
    }

    /** Of a page that it stands in. */
    record PageColors() implements SvgColors {

        private static final int LINES = 8;

        @Override
        public String ground() {
            return "var(--ps-ground)";
        }

        @Override
        public String ink() {
            return "var(--ps-ink)";
        }

        @Override
        public String faint() {
            return "var(--ps-faint)";
        }

        @Override
        public String rule() {
            return "var(--ps-rule)";
        }

        @Override
        public String mark() {
            return "var(--ps-mark)";
        }

        @Override
        public String line(int index) {
            return "var(--ps-line-" + index % LINES + ")";
        }
    }
}
