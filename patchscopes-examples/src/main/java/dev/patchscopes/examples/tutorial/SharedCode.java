package dev.patchscopes.examples.tutorial;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Style and scripts of pictures, which every fragment brings along: here once for the whole site.
 *
 * <p>A script is loaded where it stood, as it works on what it stands in.
 */
final class SharedCode {

    private static final Pattern STYLE = Pattern.compile("<style>(.*?)</style>\\s*", Pattern.DOTALL);
    private static final Pattern SCRIPT = Pattern.compile("<script>(.*?)</script>", Pattern.DOTALL);

    private final Set<String> styles = new LinkedHashSet<>();
    private final Map<String, String> scripts = new LinkedHashMap<>();

    /** The fragment without its code, which is kept. */
    String without(String fragment) {
        String bare = STYLE.matcher(fragment).replaceAll(this::style);
        return SCRIPT.matcher(bare).replaceAll(this::script);
    }

    private String style(MatchResult match) {
        styles.add(match.group(1));
        return "";
    }

    private String script(MatchResult match) {
        String file =
                scripts.computeIfAbsent(
                        match.group(1), code -> "pictures-%d.js".formatted(scripts.size() + 1));
        return "<script src=\"" + file + "\"></script>";
    }

    /** All styles in one. */
    String style() {
        return String.join("\n", styles);
    }

    /** Names of script files by their text. */
    Map<String, String> scripts() {
        return scripts;
    }
}
