package dev.patchscopes.checkpoint.hub;

import dev.patchscopes.checkpoint.hub.HubException.Kind;
import java.net.http.HttpHeaders;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Turns refusals of the hub into errors that say what to do. */
final class StatusErrors {

    private static final Pattern SECONDS = Pattern.compile("\\d{1,9}");
    private static final Pattern RESET = Pattern.compile("\\bt=(\\d{1,9})");

    private StatusErrors() {}

    static HubException of(Asked asked, int status, HttpHeaders headers, Instant now) {
        String code = headers.firstValue("X-Error-Code").orElse("");
        return switch (status) {
            case 401 -> unauthorized(asked, code);
            case 403 -> forbidden(asked, code);
            case 404, 410 -> notFound(asked, code);
            case 429 -> rateLimited(asked, headers, now);
            default -> other(asked, status, headers, now);
        };
    }

    private static HubException unauthorized(Asked asked, String code) {
        if (code.equals("GatedRepo")) {
            return gated(asked);
        }
        return asked.hasToken()
                ? new HubException(
                        Kind.UNAUTHORIZED,
                        ("%s is not given out (401): the token is not valid, or %s does not exist;"
                                        + " check the name at %s, and make a new token for HF_TOKEN")
                                .formatted(asked, asked.id(), asked.page()))
                : new HubException(
                        Kind.UNAUTHORIZED,
                        ("%s is not given out without a token (401): it is private or gated, or"
                                        + " does not exist; check the name at %s, and set HF_TOKEN")
                                .formatted(asked, asked.page()));
    }

    private static HubException forbidden(Asked asked, String code) {
        return code.equals("GatedRepo")
                ? gated(asked)
                : new HubException(
                        Kind.UNAUTHORIZED,
                        "%s is not given out to this token (403): %s"
                                .formatted(
                                        asked,
                                        asked.hasToken()
                                                ? "give it the right to read " + asked.page()
                                                : "set HF_TOKEN"));
    }

    private static HubException gated(Asked asked) {
        return new HubException(
                Kind.GATED,
                "%s is gated: accept the licence at %s%s"
                        .formatted(
                                asked.id(),
                                asked.page(),
                                asked.hasToken()
                                        ? " with the account whose token is used"
                                        : " and set HF_TOKEN to a token of that account"));
    }

    private static HubException notFound(Asked asked, String code) {
        if (code.equals("RevisionNotFound")) {
            return new HubException(
                    Kind.REVISION_NOT_FOUND,
                    "%s has no branch, tag or commit \"%s\"; see %s/tree/main for those it has"
                            .formatted(asked.id(), asked.revision(), asked.page()));
        }
        if (code.equals("EntryNotFound") || (code.isEmpty() && asked.file().isPresent())) {
            return new HubException(
                    Kind.FILE_NOT_FOUND,
                    "%s has no file \"%s\" at %s; see %s/tree/%s"
                            .formatted(
                                    asked.id(),
                                    asked.file().orElse(""),
                                    asked.revision(),
                                    asked.page(),
                                    asked.revision()));
        }
        return new HubException(
                Kind.REPOSITORY_NOT_FOUND,
                "%s is not on the hub, or hidden from %s; check the name at %s"
                        .formatted(
                                asked.id(),
                                asked.hasToken()
                                        ? "this token"
                                        : "those without a token (HF_TOKEN)",
                                asked.page()));
    }

    private static HubException rateLimited(Asked asked, HttpHeaders headers, Instant now) {
        Optional<Duration> after = retryAfter(headers, now);
        return new HubException(
                Kind.RATE_LIMITED,
                "the hub wants fewer requests (429, for %s): try again %s%s"
                        .formatted(
                                asked,
                                after.map(time -> "in " + time.toSeconds() + " seconds")
                                        .orElse("later"),
                                asked.hasToken() ? "" : ", or set HF_TOKEN, which allows more"),
                null,
                true,
                after);
    }

    private static HubException other(Asked asked, int status, HttpHeaders headers, Instant now) {
        boolean passing = status >= 500 || status == 408;
        return new HubException(
                Kind.SERVER_ERROR,
                "the hub answered %d for %s (%s); %s"
                        .formatted(
                                status,
                                asked,
                                asked.address(),
                                passing
                                        ? "try again later"
                                        : "is the endpoint (HF_ENDPOINT) a hub, and the way to it"
                                                + " free of proxies that answer themselves?"),
                null,
                passing,
                retryAfter(headers, now));
    }

    /** From Retry-After, in seconds or as a date, else from the hub's own RateLimit. */
    private static Optional<Duration> retryAfter(HttpHeaders headers, Instant now) {
        Optional<String> text = headers.firstValue("Retry-After").map(String::strip);
        if (text.isPresent()) {
            return SECONDS.matcher(text.get()).matches()
                    ? Optional.of(Duration.ofSeconds(Long.parseLong(text.get())))
                    : untilDate(text.get(), now);
        }
        return headers.firstValue("RateLimit")
                .map(RESET::matcher)
                .filter(Matcher::find)
                .map(found -> Duration.ofSeconds(Long.parseLong(found.group(1))));
    }

    private static Optional<Duration> untilDate(String text, Instant now) {
        try {
            Instant then =
                    ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
            return Optional.of(then.isAfter(now) ? Duration.between(now, then) : Duration.ZERO);
        } catch (DateTimeException e) { // as good as none
            return Optional.empty();
        }
    }
}
