package dev.patchscopes.checkpoint.hub;

import java.net.http.HttpHeaders;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which part of a file an answer holds.
 *
 * @param first offset of its first byte; -1 if the server does not say, so it fits nowhere
 * @param size of the whole file, if the server says
 */
record ContentRange(long first, OptionalLong size) {

    private static final Pattern FORM =
            Pattern.compile("bytes (\\d{1,18})-\\d{1,18}/(?:(\\d{1,18})|\\*)");

    static ContentRange of(HttpHeaders headers) {
        Matcher form = FORM.matcher(headers.firstValue("Content-Range").orElse(""));
        if (!form.matches()) {
            return new ContentRange(-1, OptionalLong.empty());
        }
        return new ContentRange(
                Long.parseLong(form.group(1)),
                form.group(2) == null
                        ? OptionalLong.empty()
                        : OptionalLong.of(Long.parseLong(form.group(2))));
    }
}
