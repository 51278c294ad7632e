package dev.patchscopes;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;

/** JSON laid out to be read: a line for each field, and a line for each small object of a list. */
final class JsonText {

    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();
    private static final String STEP = "  ";

    private JsonText() {}

    static String of(JsonElement element) {
        return text(element, "\n", false);
    }

    /**
     * @param newLine line break and indentation of what encloses the element
     * @param inList whether the element stands in a list
     */
    private static String text(JsonElement element, String newLine, boolean inList) {
        if (element.isJsonPrimitive() || element.isJsonNull()) {
            return GSON.toJson(element);
        }
        List<String> parts = new ArrayList<>();
        if (element.isJsonArray()) {
            element.getAsJsonArray().forEach(e -> parts.add(text(e, newLine + STEP, true)));
            boolean inALine = element.getAsJsonArray().asList().stream().allMatch(JsonText::isLeaf);
            return enclosed(parts, '[', ']', inALine, newLine);
        }
        JsonObject fields = element.getAsJsonObject();
        fields.entrySet()
                .forEach(
                        field ->
                                parts.add(
                                        "%s: %s"
                                                .formatted(
                                                        GSON.toJson(field.getKey()),
                                                        text(
                                                                field.getValue(),
                                                                newLine + STEP,
                                                                false))));
        boolean small = inList && fields.asMap().values().stream().allMatch(JsonText::isLeaf);
        return enclosed(parts, '{', '}', small, newLine);
    }

    private static boolean isLeaf(JsonElement element) {
        return element.isJsonPrimitive() || element.isJsonNull();
    }

    private static String enclosed(
            List<String> parts, char open, char close, boolean inALine, String newLine) {
        if (inALine || parts.isEmpty()) {
            return open + String.join(", ", parts) + close;
        }
        return open + newLine + STEP + String.join("," + newLine + STEP, parts) + newLine + close;
    }
}
