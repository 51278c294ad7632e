package dev.patchscopes.report;

import static com.google.common.base.Preconditions.checkArgument;

import com.github.weisj.jsvg.SVGDocument;
import com.github.weisj.jsvg.parser.DocumentLimits;
import com.github.weisj.jsvg.parser.LoaderContext;
import com.github.weisj.jsvg.parser.SVGLoader;
import com.github.weisj.jsvg.parser.resources.ResourcePolicy;
import com.github.weisj.jsvg.renderer.NullPlatformSupport;
import com.github.weisj.jsvg.view.FloatSize;
import com.github.weisj.jsvg.view.ViewBox;
import com.google.common.base.Throwables;
import java.awt.AWTError;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.GraphicsEnvironment;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Images of pixels. */
final class Png {

    private static final double MOST_PIXELS = 100e6;

    private Png() {}

    /**
     * Draws an image.
     *
     * @param svg a document of this library
     * @param scale pixels to a unit, greater than 0
     */
    static byte[] of(String svg, double scale) {
        checkArgument(
                scale > 0 && scale < Double.POSITIVE_INFINITY,
                "scale %s of a PNG image: give pixels to a unit of the SVG, greater than 0, such"
                        + " as 2",
                scale);
        SVGDocument document = document(inLogicalFonts(svg));
        FloatSize size = document.size();
        double width = Math.max(1, Math.ceil(size.width * scale));
        double height = Math.max(1, Math.ceil(size.height * scale));
        checkArgument(
                width * height <= MOST_PIXELS,
                "a PNG image of %s x %s pixels is too large: at most %s million pixels; give a"
                        + " scale below %s instead of %s, show fewer rows (thinned), or write an SVG"
                        + " image",
                (long) width,
                (long) height,
                (long) (MOST_PIXELS / 1e6),
                Numbers.show(Math.sqrt(MOST_PIXELS / (size.width * (double) size.height))),
                scale);
        requireFonts();
        return encoded(pixels(document, (int) width, (int) height));
    }

    /** In Java's own fonts, which unlike others take letters that they lack from further fonts. */
    private static String inLogicalFonts(String svg) {
        return svg.replace(family(SvgFont.SANS), family("sans-serif"))
                .replace(family(SvgFont.MONO), family("monospace"));
    }

    /** As it is written: no text can hold it, as quotation marks of texts are escaped. */
    private static String family(String name) {
        return SvgElement.of("g").with("font-family", name).toString().replaceAll("<g |/>", "");
    }

    private static void requireFonts() {
        try {
            GraphicsEnvironment.getLocalGraphicsEnvironment().getAvailableFontFamilyNames();
        } catch (AWTError e) {
            throw new IllegalStateException(
                    "no PNG image can be drawn, as Java looks for a display that is not there (%s):"
                                    .formatted(e.getMessage())
                            + " start it with -Djava.awt.headless=true, or write an SVG image",
                    e);
        } catch (RuntimeException | InternalError | LinkageError e) {
            throw new IllegalStateException(
                    "no PNG image can be drawn, as Java finds no fonts on this machine (%s): install"
                                    .formatted(Throwables.getRootCause(e).getMessage())
                            + " fontconfig and a font, such as the packages fontconfig and"
                            + " fonts-dejavu-core, or write an SVG image, which needs none",
                    e);
        }
    }

    private static SVGDocument document(String svg) {
        LoaderContext context =
                LoaderContext.builder()
                        .externalResourcePolicy(ResourcePolicy.DENY_ALL)
                        .documentLimits(
                                new DocumentLimits(
                                        DocumentLimits.DEFAULT_MAX_NESTING_DEPTH,
                                        0,
                                        Integer.MAX_VALUE))
                        .build();
        SVGDocument document =
                new SVGLoader()
                        .load(
                                new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)),
                                null,
                                context);
        checkArgument(document != null, "no SVG document: %s", svg);
        return document;
    }

    private static BufferedImage pixels(SVGDocument document, int width, int height) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        try {
            graphics.setRenderingHint(
                    RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            graphics.setRenderingHint(
                    RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
            // what emoji are drawn in, whatever their colour: seen on any ground
            graphics.setColor(Color.GRAY);
            document.renderWithPlatform(
                    NullPlatformSupport.INSTANCE, graphics, new ViewBox(width, height));
        } finally {
            graphics.dispose();
        }
        return image;
    }

    private static byte[] encoded(BufferedImage image) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        // in memory: a file of its own would need a place to be written to
        try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
            ImageIO.write(image, "png", out);
        } catch (IOException e) {
            throw new UncheckedIOException("a PNG image could not be encoded", e);
        }
        return bytes.toByteArray();
    }
}
