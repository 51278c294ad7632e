package dev.patchscopes.checkpoint.hub;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * Where the hub and its cache are, and how to talk to it.
 *
 * @param endpoint scheme, host and perhaps a path, without a slash at the end
 * @param cache directory of the cache
 * @param token sent to the endpoint's own host and nowhere else
 * @param offline whether the network must not be used
 * @param links whether snapshots may be symbolic links
 * @param etagTimeout longest wait for a connection or an answer
 * @param downloadTimeout longest silence within a download
 * @param proxies what connections go through
 */
record HubSettings(
        URI endpoint,
        Path cache,
        Optional<AccessToken> token,
        boolean offline,
        boolean links,
        Duration etagTimeout,
        Duration downloadTimeout,
        Proxies proxies) {

    static final String STANDARD_ENDPOINT = "https://huggingface.co";

    static URI endpoint(String text) {
        URI uri;
        try {
            uri = URI.create(text.strip().replaceAll("/+$", ""));
        } catch (IllegalArgumentException e) {
            throw badEndpoint(text, e);
        }
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        if (!(scheme.equals("https") || scheme.equals("http"))
                || uri.getHost() == null
                || uri.getRawUserInfo() != null
                || uri.getRawQuery() != null
                || uri.getRawFragment() != null) {
            throw badEndpoint(text, null);
        }
        return uri;
    }

    private static IllegalArgumentException badEndpoint(String text, Throwable cause) {
        return new IllegalArgumentException(
                "the hub's endpoint is \"%s\"; expected an address such as %s (HF_ENDPOINT)"
                        .formatted(text, STANDARD_ENDPOINT),
                cause);
    }
}
