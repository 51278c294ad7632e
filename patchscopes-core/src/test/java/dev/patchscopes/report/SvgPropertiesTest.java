package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.geom.Area;
import java.awt.geom.Rectangle2D;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NamedNodeMap;

/** What holds for pictures of any numbers and texts. */
class SvgPropertiesTest {

    private static final int FIGURES = 150;
    private static final Set<String> ELEMENTS =
            Set.of("svg", "g", "title", "rect", "line", "circle", "polygon", "path", "text");

    /** Another seed may be given: -Dseed=42. */
    private final long seed = Long.getLong("seed", System.nanoTime());

    private final RandomFigures figures = new RandomFigures(new Random(seed));

    @BeforeEach
    void printSeed() {
        System.out.println("-Dseed=" + seed);
    }

    private static SvgDrawing drawing(Figure figure) {
        return SvgDrawing.parse(figure.toSvg(Theme.LIGHT));
    }

    @Test
    void areWellFormedAndHoldNothingButShapesAndTexts() {
        for (int i = 0; i < FIGURES; i++) {
            for (Element element : drawing(figures.any()).all()) {
                assertThat(element.getTagName()).isIn(ELEMENTS);
                NamedNodeMap attributes = element.getAttributes();
                for (int a = 0; a < attributes.getLength(); a++) {
                    String name = attributes.item(a).getNodeName();
                    assertThat(name).doesNotStartWith("on").doesNotContain("href");
                    if (!name.equals("xmlns")) {
                        assertThat(attributes.item(a).getNodeValue())
                                .doesNotContain("url(")
                                .doesNotContain("://");
                    }
                }
            }
        }
    }

    @Test
    void reachNowhereBeyondTheirEdges() {
        for (int i = 0; i < FIGURES; i++) {
            Figure figure = figures.any();
            SvgDrawing drawing = drawing(figure);
            Rectangle2D sheet = new Rectangle2D.Double(0, 0, drawing.width(), drawing.height());
            for (Rectangle2D extent : drawing.extents()) {
                assertThat(contains(sheet, extent))
                        .as("%s lies in %s of %s", extent, sheet, figure.title())
                        .isTrue();
            }
            assertThat(drawing.root().getAttribute("viewBox"))
                    .isEqualTo(
                            "0 0 %s %s",
                            drawing.root().getAttribute("width"),
                            drawing.root().getAttribute("height"));
        }
    }

    private static boolean contains(Rectangle2D sheet, Rectangle2D extent) {
        return extent.getMinX() >= sheet.getMinX()
                && extent.getMinY() >= sheet.getMinY()
                && extent.getMaxX() <= sheet.getMaxX()
                && extent.getMaxY() <= sheet.getMaxY();
    }

    @Test
    void noTextLiesOnAnother() {
        for (int i = 0; i < FIGURES; i++) {
            List<SvgDrawing.Box> boxes = drawing(figures.any()).boxes();
            for (int a = 0; a < boxes.size(); a++) {
                for (int b = a + 1; b < boxes.size(); b++) {
                    assertThat(overlap(boxes.get(a), boxes.get(b)))
                            .as("%s on %s", boxes.get(a), boxes.get(b))
                            .isFalse();
                }
            }
        }
    }

    private static boolean overlap(SvgDrawing.Box one, SvgDrawing.Box other) {
        if (!one.bounds().intersects(other.bounds())) {
            return false;
        }
        Area area = new Area(one.outline());
        area.intersect(new Area(other.outline()));
        return area.getBounds2D().getWidth() * area.getBounds2D().getHeight() > 1;
    }

    @Test
    void everyTextIsThere() {
        for (int i = 0; i < FIGURES; i++) {
            Heatmap heatmap = figures.heatmap();
            List<String> titles = drawing(heatmap).titles();
            assertThat(titles.get(0)).isEqualTo(asXml(heatmap.title()));
            int index = 1;
            for (int row = 0; row < heatmap.rows().size(); row++) {
                for (int column = 0; column < heatmap.columns().size(); column++) {
                    assertThat(titles.get(index++))
                            .contains(VisibleText.of(heatmap.rows().labels().get(row)))
                            .contains(VisibleText.of(heatmap.columns().labels().get(column)))
                            .contains(VisibleText.of(heatmap.at(row, column).text()))
                            .contains(asXml(heatmap.at(row, column).note()));
                }
            }
            assertThat(titles).hasSize(index);
        }
    }

    private static String asXml(String text) {
        StringBuilder out = new StringBuilder();
        text.codePoints()
                .map(
                        point ->
                                (point < 0x20 && "\t\n\r".indexOf(point) < 0)
                                                || (point >= 0xd800 && point < 0xe000)
                                                || point == 0xfffe
                                                || point == 0xffff
                                        ? 0xfffd
                                        : point)
                .forEach(out::appendCodePoint);
        return out.toString();
    }

    @Test
    void areTheSameEachTime() {
        for (int i = 0; i < 50; i++) {
            Figure figure = figures.any();
            for (Theme theme : Theme.values()) {
                assertThat(figure.toSvg(theme)).isEqualTo(figure.toSvg(theme));
            }
            assertThat(figure.toSvg(Theme.DARK)).isNotEqualTo(figure.toSvg(Theme.LIGHT));
        }
    }
}
