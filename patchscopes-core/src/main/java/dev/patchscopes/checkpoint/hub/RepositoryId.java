package dev.patchscopes.checkpoint.hub;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The name of a repository, {@code organisation/name} or {@code name}.
 *
 * @param text the name as the hub writes it
 */
record RepositoryId(String text) {

    private static final Pattern PART =
            Pattern.compile("[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?");
    private static final int LONGEST = 96;

    RepositoryId {
        if (!isValid(text)) {
            throw new IllegalArgumentException(
                    ("\"%s\" is no name of a repository; expected organisation/name or name, of at"
                                    + " most %d letters, digits, and '-', '_', '.' between them")
                            .formatted(text, LONGEST));
        }
    }

    static Optional<RepositoryId> parse(String text) {
        return isValid(text) ? Optional.of(new RepositoryId(text)) : Optional.empty();
    }

    private static boolean isValid(String text) {
        String[] parts = text.split("/", -1);
        if (text.length() > LONGEST || parts.length > 2) {
            return false;
        }
        for (String part : parts) {
            // "--" separates the parts of a folder's name.
            if (!PART.matcher(part).matches() || part.contains("--") || part.contains("..")) {
                return false;
            }
        }
        return !text.endsWith(".git");
    }

    /** The name of its folder in the cache. */
    String folder() {
        return "models--" + text.replace("/", "--");
    }

    @Override
    public String toString() {
        return text;
    }
}
