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
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import javax.imageio.ImageIO;

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
        SVGDocument document = document(svg);
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
        return encoded(pixels(document, (int) width, (int) height));
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
            document.renderWithPlatform(
                    NullPlatformSupport.INSTANCE, graphics, new ViewBox(width, height));
        } finally {
            graphics.dispose();
        }
        return image;
    }

    private static byte[] encoded(BufferedImage image) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", out);
        } catch (IOException e) {
            throw new UncheckedIOException("a PNG image could not be encoded", e);
        }
        return out.toByteArray();
    }
}
