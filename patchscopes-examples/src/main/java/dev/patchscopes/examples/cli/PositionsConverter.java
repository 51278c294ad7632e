package dev.patchscopes.examples.cli;

import dev.patchscopes.text.Positions;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Reads {@code last}, {@code all}, {@code 4}, {@code -2}, {@code 0,3,-1}, {@code 2..5}, or a text
 * of the prompt, {@code Wales#2} for its second occurrence; {@code text:} before it says that all
 * that follows is the text.
 */
abstract class PositionsConverter implements ITypeConverter<Positions> {

    private static final String TEXT = "text:";
    private static final Pattern LIST = Pattern.compile("-?\\d{1,6}(,-?\\d{1,6})*");
    private static final Pattern RANGE = Pattern.compile("(\\d{1,6})\\.\\.(\\d{1,6})");

    @Override
    public Positions convert(String value) {
        Matcher range = RANGE.matcher(value);
        if (value.equals("last")) {
            return Positions.last();
        }
        if (value.equals("all")) {
            return Positions.all();
        }
        if (LIST.matcher(value).matches()) {
            return Positions.at(
                    Arrays.stream(value.split(",", -1)).mapToInt(Integer::parseInt).toArray());
        }
        if (range.matches()) {
            return Positions.range(
                    Integer.parseInt(range.group(1)), Integer.parseInt(range.group(2)) + 1);
        }
        if (value.startsWith(TEXT) && value.length() > TEXT.length()) {
            return of(value.substring(TEXT.length()));
        }
        if (value.isEmpty() || value.equals(TEXT)) {
            throw new TypeConversionException(
                    "\"%s\" names no token: write last, an index such as 4 or -1, or a text of the prompt"
                            .formatted(value));
        }
        return Occurrence.of(value).map(this::of).orElseGet(() -> of(value));
    }

    abstract Positions of(String text);

    abstract Positions of(Occurrence occurrence);

    /** Texts mean all their tokens. */
    static final class Many extends PositionsConverter {
        @Override
        Positions of(String text) {
            return Positions.of(text);
        }

        @Override
        Positions of(Occurrence occurrence) {
            return occurrence.positions();
        }
    }

    /** Texts mean their last token. */
    static final class Single extends PositionsConverter {
        @Override
        Positions of(String text) {
            return Positions.lastTokenOf(text);
        }

        @Override
        Positions of(Occurrence occurrence) {
            return occurrence.lastToken();
        }
    }
}
