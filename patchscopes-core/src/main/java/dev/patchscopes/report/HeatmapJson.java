package dev.patchscopes.report;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What page.js needs of a heat map beside its table: texts as they are, each once, and numbers of
 * all measures. Colours come as steps, so that only one place knows how numbers become colours.
 */
final class HeatmapJson {

    /** As many as a float holds, nearly; whole numbers are whole. */
    private static final MathContext DIGITS = new MathContext(6);

    private final Heatmap heatmap;
    private final List<Scale> scales;
    private final Map<String, Integer> texts = new LinkedHashMap<>();
    private final StringWriter out = new StringWriter();
    private final JsonWriter json = new JsonWriter(out);

    private HeatmapJson(Heatmap heatmap, List<Scale> scales) {
        this.heatmap = heatmap;
        this.scales = scales;
        textIndex("");
    }

    /** JSON for a script element. */
    static String of(Heatmap heatmap, List<Scale> scales) {
        try {
            return HtmlText.json(new HeatmapJson(heatmap, scales).write());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A number as the page knows it: with six digits, or whole. */
    static double rounded(double number) {
        return Double.isFinite(number) && number != Math.rint(number)
                ? new BigDecimal(number).round(DIGITS).doubleValue()
                : number;
    }

    /** Whether labels are numbers by themselves, so that a number more would confuse. */
    static boolean isNumbered(AxisLabels axis) {
        return axis.labels().stream().allMatch(label -> label.matches("\\d+"));
    }

    private String write() throws IOException {
        json.beginObject();
        axis("rows", heatmap.rows());
        axis("columns", heatmap.columns());
        measures();
        json.name("cells").beginArray();
        for (List<HeatCell> row : heatmap.cells()) {
            for (HeatCell cell : row) {
                cell(cell);
            }
        }
        json.endArray();
        json.name("texts").beginArray();
        for (String text : texts.keySet()) {
            text(text);
        }
        json.endArray().endObject();
        return out.toString();
    }

    private void axis(String name, AxisLabels axis) throws IOException {
        json.name(name).beginObject().name("title").value(axis.title());
        json.name("numbered").value(isNumbered(axis)).name("labels").beginArray();
        for (String label : axis.labels()) {
            json.value(textIndex(label));
        }
        json.endArray().endObject();
    }

    private void measures() throws IOException {
        json.name("measures").beginArray();
        for (int m = 0; m < scales.size(); m++) {
            Measure measure = heatmap.measures().get(m);
            json.beginObject().name("name").value(measure.name());
            json.name("unit").value(measure.unit());
            json.name("label").value(measure.label());
            json.name("ramp").value("" + ColorSteps.ramp(measure));
            json.name("reversed").value(measure.colors() == ColorScale.REVERSED);
            json.name("ends").beginArray();
            for (String end : HtmlHeatmap.ends(scales.get(m))) {
                json.value(end);
            }
            json.endArray().name("steps").value(steps(m)).name("values").beginArray();
            for (List<HeatCell> row : heatmap.cells()) {
                for (HeatCell cell : row) {
                    number(cell.value(m));
                }
            }
            json.endArray().endObject();
        }
        json.endArray();
    }

    /** A character a cell: its step to base 36, a dot where there is none. */
    private String steps(int measure) {
        StringBuilder steps = new StringBuilder();
        for (List<HeatCell> row : heatmap.cells()) {
            for (HeatCell cell : row) {
                int step = ColorSteps.of(scales.get(measure), cell.value(measure));
                steps.append(step == ColorSteps.NONE ? '.' : Character.forDigit(step, 36));
            }
        }
        return steps.toString();
    }

    /** Its text, its note if there is more, and its ranking: texts and numbers in turn. */
    private void cell(HeatCell cell) throws IOException {
        json.beginArray().value(textIndex(cell.text()));
        if (!cell.note().isEmpty() || !cell.ranking().isEmpty()) {
            json.value(textIndex(cell.note()));
        }
        for (RankedItem item : cell.ranking()) {
            json.value(textIndex(item.text()));
            number(item.value());
        }
        json.endArray();
    }

    private int textIndex(String text) {
        Integer known = texts.putIfAbsent(text, texts.size());
        return known == null ? texts.size() - 1 : known;
    }

    /** A text; with how it is shown where more than spaces at its ends has to be made visible. */
    private void text(String text) throws IOException {
        String visible = VisibleText.of(text);
        if (visible.replace('·', ' ').equals(text.replace('·', ' '))) {
            json.value(text);
        } else {
            json.beginArray().value(text).value(visible).endArray();
        }
    }

    private void number(double number) throws IOException {
        double value = rounded(number);
        if (Double.isNaN(value)) {
            json.nullValue();
        } else if (Double.isInfinite(value)) {
            // reads as infinite, as JSON has no word for it
            json.jsonValue(value > 0 ? "1e999" : "-1e999");
        } else if (value == Math.rint(value) && Math.abs(value) < 1e15) {
            json.value((long) value);
        } else {
            json.value(value);
        }
    }
}
