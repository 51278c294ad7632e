package dev.patchscopes.report;

import com.google.common.base.Splitter;
import java.awt.geom.AffineTransform;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** An SVG document, read back. */
final class SvgDrawing {

    private static final Pattern NUMBER = Pattern.compile("-?[0-9]+(\\.[0-9]+)?");

    private final Element root;

    private SvgDrawing(Element root) {
        this.root = root;
    }

    static SvgDrawing parse(String svg) {
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            return new SvgDrawing(
                    factory.newDocumentBuilder()
                            .parse(new InputSource(new StringReader(svg)))
                            .getDocumentElement());
        } catch (Exception e) {
            throw new AssertionError("not well-formed: " + svg, e);
        }
    }

    Element root() {
        return root;
    }

    /** All elements, in document order. */
    List<Element> all() {
        NodeList nodes = root.getElementsByTagName("*");
        return Stream.concat(
                        Stream.of(root),
                        IntStream.range(0, nodes.getLength())
                                .mapToObj(i -> (Element) nodes.item(i)))
                .toList();
    }

    List<Element> all(String name) {
        return all().stream().filter(element -> element.getTagName().equals(name)).toList();
    }

    /** The one group that has such a title. */
    Element group(String title) {
        List<Element> found =
                all("title").stream()
                        .filter(element -> element.getTextContent().equals(title))
                        .map(element -> (Element) element.getParentNode())
                        .toList();
        if (found.size() != 1) {
            throw new AssertionError(
                    found.size() + " elements are titled \"" + title + "\" among " + titles());
        }
        return found.get(0);
    }

    List<String> titles() {
        return all("title").stream().map(Node::getTextContent).toList();
    }

    List<String> texts() {
        return all("text").stream().map(Node::getTextContent).toList();
    }

    static List<Element> children(Element parent, String name) {
        NodeList nodes = parent.getElementsByTagName(name);
        return IntStream.range(0, nodes.getLength())
                .mapToObj(i -> (Element) nodes.item(i))
                .toList();
    }

    static Element child(Element parent, String name) {
        List<Element> children = children(parent, name);
        if (children.size() != 1) {
            throw new AssertionError(children.size() + " " + name + " in " + parent.getTagName());
        }
        return children.get(0);
    }

    static double number(Element element, String attribute) {
        return Double.parseDouble(element.getAttribute(attribute));
    }

    static String style(Element element, String property) {
        for (String part : Splitter.on(';').split(element.getAttribute("style"))) {
            if (part.startsWith(property + ":")) {
                return part.substring(property.length() + 1);
            }
        }
        return "";
    }

    /** Numbers of an attribute, such as of a path. */
    static double[] numbers(Element element, String attribute) {
        Matcher matcher = NUMBER.matcher(element.getAttribute(attribute));
        List<Double> numbers = new ArrayList<>();
        while (matcher.find()) {
            numbers.add(Double.parseDouble(matcher.group()));
        }
        return numbers.stream().mapToDouble(Double::doubleValue).toArray();
    }

    double width() {
        return number(root, "width");
    }

    double height() {
        return number(root, "height");
    }

    /** A text where it stands, by the widths it was laid out with. */
    record Box(String text, Path2D outline, Rectangle2D bounds) {}

    List<Box> boxes() {
        return all("text").stream()
                .filter(element -> !element.getTextContent().isEmpty())
                .map(SvgDrawing::box)
                .toList();
    }

    private static Box box(Element element) {
        double size = Double.parseDouble(inherited(element, "font-size"));
        boolean mono = inherited(element, "font-family").contains("mono");
        boolean bold = element.getAttribute("font-weight").equals("bold");
        double width = new SvgFont(mono, size, bold).width(element.getTextContent());
        double x = number(element, "x");
        double y = number(element, "y");
        double left =
                switch (inherited(element, "text-anchor")) {
                    case "middle" -> x - width / 2;
                    case "end" -> x - width;
                    default -> x;
                };
        Path2D outline =
                new Path2D.Double(new Rectangle2D.Double(left, y - .74 * size, width, .96 * size));
        if (element.hasAttribute("transform")) {
            double[] turn = numbers(element, "transform");
            outline.transform(
                    AffineTransform.getRotateInstance(Math.toRadians(turn[0]), turn[1], turn[2]));
        }
        return new Box(element.getTextContent(), outline, outline.getBounds2D());
    }

    private static String inherited(Element element, String attribute) {
        for (Node node = element; node instanceof Element e; node = node.getParentNode()) {
            if (e.hasAttribute(attribute)) {
                return e.getAttribute(attribute);
            }
        }
        return "";
    }

    /** Where shapes and texts reach. */
    List<Rectangle2D> extents() {
        return Stream.concat(
                        boxes().stream().map(Box::bounds),
                        all().stream().flatMap(SvgDrawing::extent))
                .toList();
    }

    private static Stream<Rectangle2D> extent(Element element) {
        return switch (element.getTagName()) {
            case "rect" ->
                    Stream.of(
                            new Rectangle2D.Double(
                                    number(element, "x"),
                                    number(element, "y"),
                                    number(element, "width"),
                                    number(element, "height")));
            case "circle" -> {
                double r = number(element, "r");
                double x = number(element, "cx");
                double y = number(element, "cy");
                yield Stream.of(new Rectangle2D.Double(x - r, y - r, 2 * r, 2 * r));
            }
            case "line" ->
                    Stream.of(
                            bounds(
                                    number(element, "x1"),
                                    number(element, "y1"),
                                    number(element, "x2"),
                                    number(element, "y2")));
            case "polygon" -> Stream.of(bounds(numbers(element, "points")));
            case "path" -> Stream.of(bounds(numbers(element, "d")));
            default -> Stream.empty();
        };
    }

    private static Rectangle2D bounds(double... coordinates) {
        double[] xs = every(coordinates, 0);
        double[] ys = every(coordinates, 1);
        double left = DoubleStream.of(xs).min().orElseThrow();
        double top = DoubleStream.of(ys).min().orElseThrow();
        return new Rectangle2D.Double(
                left,
                top,
                DoubleStream.of(xs).max().orElseThrow() - left,
                DoubleStream.of(ys).max().orElseThrow() - top);
    }

    private static double[] every(double[] numbers, int offset) {
        return IntStream.range(0, numbers.length / 2)
                .mapToDouble(i -> numbers[2 * i + offset])
                .toArray();
    }
}
