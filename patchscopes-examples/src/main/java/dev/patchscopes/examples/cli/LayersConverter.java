package dev.patchscopes.examples.cli;

import com.google.common.base.Splitter;
import dev.patchscopes.Layers;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code all}, {@code 4}, {@code 2..8}, {@code 0,4..6,10} and {@code every:2}. */
final class LayersConverter implements ITypeConverter<Layers> {

    static final String SYNTAX = "all, 4, 2..8, 0,4..6,10 or every:2";

    private static final Pattern PART = Pattern.compile("(\\d{1,6})(?:\\.\\.(\\d{1,6}))?");
    private static final Pattern EVERY = Pattern.compile("every:(\\d{1,6})");

    @Override
    public Layers convert(String value) {
        try {
            if (value.equals("all")) {
                return Layers.all();
            }
            Matcher every = EVERY.matcher(value);
            return every.matches()
                    ? Layers.everyNth(Integer.parseInt(every.group(1)))
                    : listed(value);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }

    private static Layers listed(String value) {
        TreeSet<Integer> all = new TreeSet<>();
        for (String part : Splitter.on(',').trimResults().split(value)) {
            Matcher matcher = PART.matcher(part);
            if (!matcher.matches()) {
                throw new TypeConversionException(
                        "\"%s\" names no layers: write %s".formatted(value, SYNTAX));
            }
            int first = Integer.parseInt(matcher.group(1));
            if (matcher.group(2) == null) {
                all.add(first);
                continue;
            }
            int last = Integer.parseInt(matcher.group(2));
            Layers range = Layers.range(first, last); // says what is wrong with it
            if (part.equals(value)) {
                return range;
            }
            IntStream.rangeClosed(first, last).forEach(all::add);
        }
        return Layers.at(all.stream().mapToInt(Integer::intValue).toArray());
    }
}
