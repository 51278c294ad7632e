package dev.patchscopes.checkpoint.hub;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Which names may become parts of paths and addresses.
 *
 * <p>The same rules hold on every system, because a cache may be shared between them: what Windows
 * takes for a drive, a device or a separator is refused everywhere.
 */
final class SafeNames {

    private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
    private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{40}|[0-9a-f]{64}");
    private static final Pattern DEVICE =
            Pattern.compile("(?:con|prn|aux|nul|com\\d|lpt\\d)(?:\\..*)?");
    private static final String FORBIDDEN = "\\:*?\"<>|";
    private static final int LONGEST_PART = 200;
    private static final int LONGEST = 800;

    private SafeNames() {}

    static boolean isCommit(String text) {
        return COMMIT.matcher(text).matches();
    }

    /** Whether an ETag is a digest: of Git (40 digits) or SHA-256 (64). */
    static boolean isDigest(String text) {
        return DIGEST.matcher(text).matches();
    }

    /** Says what is wrong with a relative path with {@code /} between its parts, if anything. */
    static Optional<String> faultOfPath(String path) {
        if (path.isEmpty()) {
            return Optional.of("it is empty");
        }
        if (path.getBytes(StandardCharsets.UTF_8).length > LONGEST) {
            return Optional.of("it is longer than " + LONGEST + " bytes");
        }
        for (String part : path.split("/", -1)) {
            Optional<String> fault = faultOfPart(part);
            if (fault.isPresent()) {
                return fault;
            }
        }
        return Optional.empty();
    }

    private static Optional<String> faultOfPart(String part) {
        if (part.isEmpty()) {
            return Optional.of("it begins or ends with '/' or has two together");
        }
        if (part.equals(".") || part.equals("..")) {
            return Optional.of("it has '" + part + "' for a part");
        }
        if (part.chars().anyMatch(c -> c < ' ' || c == 0x7f || FORBIDDEN.indexOf(c) >= 0)) {
            return Optional.of("it has a control character or one of " + FORBIDDEN);
        }
        if (part.endsWith(".") || part.endsWith(" ")) {
            return Optional.of("a part ends with a dot or a space");
        }
        if (DEVICE.matcher(part.toLowerCase(Locale.ROOT)).matches()) {
            return Optional.of("'" + part + "' is a device on some systems");
        }
        return part.getBytes(StandardCharsets.UTF_8).length > LONGEST_PART
                ? Optional.of("a part is longer than " + LONGEST_PART + " bytes")
                : Optional.empty();
    }

    /** A path the server named, inside a folder; refused if it would be anywhere else. */
    static Path within(Path folder, String path, String where) {
        faultOfPath(path)
                .ifPresent(
                        fault -> {
                            throw refused(path, where, fault);
                        });
        Path inside = folder.resolve(path).normalize();
        if (!inside.startsWith(folder.normalize()) || inside.equals(folder.normalize())) {
            throw refused(path, where, "it leads out of the cache");
        }
        return inside;
    }

    private static HubException refused(String path, String where, String fault) {
        return new HubException(
                HubException.Kind.REFUSED,
                "%s names the file \"%s\", which is refused: %s".formatted(where, path, fault));
    }

    /** A whole text as one part of an address. */
    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** A path as parts of an address. */
    static String encodedPath(String path) {
        return encoded(path).replace("%2F", "/");
    }
}
