package dev.patchscopes.examples.shell;

import com.google.common.primitives.Ints;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The size of the window that this program was started in, as its terminal tells. */
final class WindowSize {

    private static final Pattern ROWS_AND_COLUMNS = Pattern.compile("\\d+ (\\d+)\\s*");

    private WindowSize() {}

    /** Its columns; empty without a terminal, and where nobody can be asked. */
    static Optional<Integer> columns() {
        try {
            Process stty =
                    new ProcessBuilder("stty", "size")
                            .redirectInput(ProcessBuilder.Redirect.INHERIT)
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start();
            String said =
                    new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            return stty.waitFor(1, TimeUnit.SECONDS) ? columns(said) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty(); // no such program, as on Windows
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    /** Reads rows and columns, such as {@code 45 110}; a window without a size says 0 0. */
    static Optional<Integer> columns(String said) {
        Matcher matcher = ROWS_AND_COLUMNS.matcher(said);
        return matcher.matches()
                ? Optional.ofNullable(Ints.tryParse(matcher.group(1))).filter(n -> n >= 20)
                : Optional.empty();
    }
}
