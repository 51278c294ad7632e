package dev.patchscopes.model.golden;

import dev.patchscopes.model.ComputeType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The largest deviations seen, by configuration and kind of case, for a table at the end. */
final class Deviations {
    private static final Path FILE = Path.of("target", "golden-deviations.txt");
    private static final String HEADING =
            """
            Largest deviation from the golden values, by configuration and kind of case.
            Absolute for logits and probabilities (pad, gen, replace, patch, knock and 16-bit are logits);
            as a part of the largest value for resid, proj and J. References of the columns named f64 were
            computed in float64, all others in float32, so that a float64 run shows the reference's rounding.
            The column named checks counts the comparisons made; the last line has their sum.
            """;

    private final Map<ComputeType, Map<String, Map<Kind, Double>>> seen =
            new EnumMap<>(ComputeType.class);
    private final Map<ComputeType, Map<String, Integer>> checks = new EnumMap<>(ComputeType.class);
    private final Set<Kind> kinds = EnumSet.noneOf(Kind.class);

    synchronized void add(String configuration, ComputeType type, Kind kind, double deviation) {
        kinds.add(kind);
        checks.computeIfAbsent(type, t -> new TreeMap<>()).merge(configuration, 1, Integer::sum);
        seen.computeIfAbsent(type, t -> new TreeMap<>())
                .computeIfAbsent(configuration, c -> new EnumMap<>(Kind.class))
                .merge(kind, deviation, Math::max);
    }

    /** Prints the table, and keeps it beside the test reports. */
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
        StringBuilder out = new StringBuilder(HEADING);
        seen.forEach(
                (type, rows) -> {
                    out.append("%n%-19s".formatted(type.name().toLowerCase(Locale.ROOT)));
                    kinds.forEach(kind -> out.append("%11s".formatted(kind.label())));
                    out.append("%11s".formatted("checks"));
                    Map<String, Integer> counts = checks.get(type);
                    rows.forEach((name, row) -> line(out, name, row, counts.get(name)));
                    int sum = counts.values().stream().mapToInt(Integer::intValue).sum();
                    line(out, "largest", largest(rows), sum);
                    out.append(System.lineSeparator());
                });
        return out.toString();
    }

    private static Map<Kind, Double> largest(Map<String, Map<Kind, Double>> rows) {
        Map<Kind, Double> largest = new EnumMap<>(Kind.class);
        for (Map<Kind, Double> row : rows.values()) {
            row.forEach((kind, deviation) -> largest.merge(kind, deviation, Math::max));
        }
        return largest;
    }

    private void line(StringBuilder out, String name, Map<Kind, Double> row, int checked) {
        out.append("%n%-19s".formatted(name));
        for (Kind kind : kinds) {
            out.append(
                    row.containsKey(kind)
                            ? String.format(Locale.ROOT, "%11.1e", row.get(kind))
                            : "%11s".formatted("-"));
        }
        out.append("%11d".formatted(checked));
    }
}
