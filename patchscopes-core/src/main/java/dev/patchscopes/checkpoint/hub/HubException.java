package dev.patchscopes.checkpoint.hub;

import java.time.Duration;
import java.util.Optional;

/**
 * Says that a model could not be had from the hub or its cache, why, and what to do.
 *
 * <p>Failures of the disk other than a full one are {@link java.io.UncheckedIOException}s.
 */
public final class HubException extends RuntimeException {

    private static final long serialVersionUID = 1L;
    private static final int LONGEST_MESSAGE = 2000;
    private static final char UNPRINTABLE = '\ufffd';

    /** What went wrong. */
    public enum Kind {
        /** The hub has no such repository, or hides it from this token. */
        REPOSITORY_NOT_FOUND(false),
        /** The repository has no such branch, tag or commit. */
        REVISION_NOT_FOUND(false),
        /** The repository has no such file, or none that loading a model takes. */
        FILE_NOT_FOUND(false),
        /** A token is missing, wrong, or may not read the repository. */
        UNAUTHORIZED(false),
        /** The licence of the repository has to be accepted first. */
        GATED(false),
        /** The hub wants fewer requests. */
        RATE_LIMITED(true),
        /** No connection, or one that broke or fell silent. */
        UNREACHABLE(true),
        /** The server failed, or answered what no hub answers. */
        SERVER_ERROR(true),
        /** The network may not be used, and the cache does not hold the model. */
        NOT_CACHED(false),
        /** Content is not what its digest and length say. */
        CORRUPT(false),
        /** The server wanted something unsafe: a name, a redirect. */
        REFUSED(false),
        /** The disk of the cache has too little room. */
        DISK_FULL(false);

        private final boolean passing;

        Kind(boolean passing) {
            this.passing = passing;
        }

        /** Whether waiting may help, so that a cached model serves meanwhile. */
        boolean isPassing() {
            return passing;
        }
    }

    /** What went wrong. */
    private final Kind kind;

    /** Whether the same request may succeed later. */
    private final boolean worthRepeating;

    /** Seconds; negative if the server did not say. */
    private final long retryAfter;

    HubException(Kind kind, String message) {
        this(kind, message, null, kind.isPassing(), Optional.empty());
    }

    HubException(Kind kind, String message, Throwable cause) {
        this(kind, message, cause, kind.isPassing(), Optional.empty());
    }

    HubException(
            Kind kind,
            String message,
            Throwable cause,
            boolean worthRepeating,
            Optional<Duration> retryAfter) {
        super(printable(message), cause);
        this.kind = kind;
        this.worthRepeating = worthRepeating;
        this.retryAfter = retryAfter.map(Duration::toSeconds).orElse(-1L);
    }

    /** Texts come from the server too: they must not move a terminal's cursor or fill a log. */
    private static String printable(String message) {
        StringBuilder text = new StringBuilder();
        message.codePoints()
                .limit(LONGEST_MESSAGE)
                .map(c -> Character.isISOControl(c) ? UNPRINTABLE : c)
                .forEach(text::appendCodePoint);
        return message.length() <= LONGEST_MESSAGE ? text.toString() : text + "...";
    }

    /** {@return what went wrong} */
    public Kind kind() {
        return kind;
    }

    /** Whether the same request may succeed soon. */
    boolean isWorthRepeating() {
        return worthRepeating;
    }

    /** How long the server wants to be left alone. */
    Optional<Duration> retryAfter() {
        return retryAfter < 0 ? Optional.empty() : Optional.of(Duration.ofSeconds(retryAfter));
    }

    /**
     * Says more about the same failure.
     *
     * @param before text to put before the message
     * @return an error of the same kind, with this one as its cause
     */
    public HubException withContext(String before) {
        return new HubException(kind, before + getMessage(), this, worthRepeating, retryAfter());
    }
}
