package dev.patchscopes.report;

import dev.patchscopes.checkpoint.internal.WholeFile;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A picture of numbers, in every form it can be looked at.
 *
 * <p>A value; needs no closing. Every text in it is escaped where it is written: tokens of a model
 * may hold anything.
 */
public sealed interface Figure extends Block, Viewable permits Heatmap, LineChart, BarChart {

    /** Pixels of a PNG to a unit of the SVG, unless said. */
    double PNG_SCALE = 2;

    /** {@return what is shown, in a line} */
    String title();

    /** {@return what to know when reading it; empty for nothing} */
    String caption();

    /** {@return the numbers themselves, one row each} */
    Table toTable();

    /**
     * Draws it.
     *
     * @param theme colours for a light or a dark ground
     * @return a document of its own: SVG 1.1 without scripts, fonts or links
     */
    String toSvg(Theme theme);

    /**
     * Draws it as pixels.
     *
     * @param theme colours for a light or a dark ground
     * @param scale pixels to a unit of the SVG, greater than 0; 2 is sharp on most screens
     * @return a file in the PNG format
     */
    default byte[] toPng(Theme theme, double scale) {
        return Png.of(toSvg(theme), scale);
    }

    /** {@return a page that holds it alone} */
    @Override
    default Page page() {
        return Page.of(title(), this);
    }

    /** {@return the numbers as comma-separated values (RFC 4180)} */
    default String toCsv() {
        return toTable().toCsv();
    }

    /**
     * Writes a page for a browser.
     *
     * @param file where to; replaced if it exists
     * @throws IOException if it cannot be written
     */
    default void writeHtml(Path file) throws IOException {
        page().writeHtml(file);
    }

    /**
     * Writes an SVG image on a light ground.
     *
     * @param file where to; replaced if it exists
     * @throws IOException if it cannot be written
     */
    default void writeSvg(Path file) throws IOException {
        writeSvg(file, Theme.LIGHT);
    }

    /**
     * Writes an SVG image.
     *
     * @param file where to; replaced if it exists
     * @param theme colours for a light or a dark ground
     * @throws IOException if it cannot be written
     */
    default void writeSvg(Path file, Theme theme) throws IOException {
        WholeFile.write(file, toSvg(theme));
    }

    /**
     * Writes a PNG image on a light ground, two pixels to a unit of the SVG.
     *
     * @param file where to; replaced if it exists
     * @throws IOException if it cannot be written
     */
    default void writePng(Path file) throws IOException {
        writePng(file, Theme.LIGHT);
    }

    /**
     * Writes a PNG image, two pixels to a unit of the SVG.
     *
     * @param file where to; replaced if it exists
     * @param theme colours for a light or a dark ground
     * @throws IOException if it cannot be written
     */
    default void writePng(Path file, Theme theme) throws IOException {
        WholeFile.write(file, toPng(theme, PNG_SCALE));
    }
}
