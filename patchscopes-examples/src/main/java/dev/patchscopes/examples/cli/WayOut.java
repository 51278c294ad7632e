package dev.patchscopes.examples.cli;

import com.google.common.collect.ImmutableMap;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * The library's messages name methods as the way out; here the same way is an option. What is not
 * known here stays as it is.
 */
final class WayOut {

    private static final ImmutableMap<Pattern, Function<MatchResult, String>> SAID =
            ImmutableMap.<Pattern, Function<MatchResult, String>>builder()
                    .put(
                            Pattern.compile(
                                    "Choose one with occurrence\\(0\\.\\.(\\d+)\\),"
                                            + " firstOccurrence\\(\\) or lastOccurrence\\(\\)\\."),
                            m ->
                                    "Choose one by its number: TEXT#1 to TEXT#%d."
                                            .formatted(next(m.group(1))))
                    .put(
                            Pattern.compile(
                                    "so there is no occurrence (\\d+) \\(allowed: 0\\.\\.(\\d+), or"
                                            + " -\\d+\\.\\.-1 from the end\\)"),
                            m ->
                                    "so there is no #%d (allowed: #1 to #%d)"
                                            .formatted(next(m.group(1)), next(m.group(2))))
                    .put(
                            Pattern.compile("use last\\(\\), at\\(i\\) or lastTokenOf\\(text\\)"),
                            m -> "give last, an index, or a text, of which the last token counts")
                    .put(
                            Pattern.compile("position range\\((\\d+), (\\d+)\\)"),
                            m ->
                                    "position %s..%d"
                                            .formatted(
                                                    m.group(1), Integer.parseInt(m.group(2)) - 1))
                    .put(Pattern.compile("choose Device\\.cpu\\(\\)"), m -> "choose --device cpu")
                    .put(
                            Pattern.compile("map them with Mapping\\.affine\\(.*\\) with \\d+ rows"),
                            m -> "choose a --target-model of the same width")
                    .put(
                            Pattern.compile("read them again with repeating\\(\\)"),
                            m -> "read them again with --repeating")
                    .put(
                            Pattern.compile("take tokensPerStep\\((\\d+)\\)"),
                            m -> "take --tokens " + m.group(1))
                    .buildOrThrow();

    private WayOut() {}

    /** A message as the command line says it. */
    static String of(String message) {
        String said = message;
        for (Map.Entry<Pattern, Function<MatchResult, String>> entry : SAID.entrySet()) {
            said = entry.getKey().matcher(said).replaceAll(entry.getValue());
        }
        return said;
    }

    private static int next(String number) {
        return Integer.parseInt(number) + 1;
    }
}
