package dev.patchscopes.model.golden;

import dev.patchscopes.model.ComputeType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The largest deviations seen, by configuration and kind of case, for a table at the end. */
final class Deviations {
    private static final Path FILE = Path.of("target", "golden-deviations.txt");

    private final Map<ComputeType, Map<String, Map<String, Double>>> seen =
            new EnumMap<>(ComputeType.class);
    private final Set<String> kinds = new LinkedHashSet<>();

    synchronized void add(String configuration, ComputeType type, String kind, double deviation) {
        kinds.add(kind);
        seen.computeIfAbsent(type, t -> new TreeMap<>())
                .computeIfAbsent(configuration, c -> new TreeMap<>())
                .merge(kind, deviation, Math::max);
    }

    /** Prints the table and keeps it beside the test reports. */
    synchronized void publish() {
        if (seen.isEmpty()) {
            return;
        }
        String table = table();
        System.out.println(table);
        try {
            Files.createDirectories(FILE.getParent());
            Files.writeString(FILE, table);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String table() {
        StringBuilder out =
                new StringBuilder(
                        """
                        Largest deviation from the golden values. Absolute for logits (gen, pad, replace, patch and
                        knock too), attention and probabilities; a part of the largest value for resid, proj and J.
                        """);
        seen.forEach(
                (type, rows) -> {
                    out.append(String.format("%n%-20s", type.name().toLowerCase(Locale.ROOT)));
                    kinds.forEach(kind -> out.append(String.format("%11s", kind)));
                    rows.forEach((configuration, row) -> line(out, configuration, row));
                    Map<String, Double> largest = new TreeMap<>();
                    rows.values()
                            .forEach(
                                    row ->
                                            row.forEach(
                                                    (kind, d) ->
                                                            largest.merge(kind, d, Math::max)));
                    line(out, "largest", largest);
                    out.append(System.lineSeparator());
                });
        return out.toString();
    }

    private void line(StringBuilder out, String name, Map<String, Double> row) {
        out.append(String.format("%n%-20s", name));
        for (String kind : kinds) {
            out.append(
                    row.containsKey(kind)
                            ? String.format(Locale.ROOT, "%11.1e", row.get(kind))
                            : "          -");
        }
    }
}
