package dev.patchscopes.checkpoint.hub;

import dev.patchscopes.checkpoint.hub.HubException.Kind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;

/**
 * Requests to the hub, with redirects followed by our own rules; safe for several threads.
 *
 * <p>The token goes to the endpoint's own scheme, host and port; once a redirect has led elsewhere
 * it stays away, even if a further one leads back.
 */
final class HubHttp {

    private static final int REDIRECTS = 10;
    private static final int LARGEST_LISTING = 64 << 20;
    private static final int PARTIAL = 206;
    private static final int NOT_SATISFIABLE = 416;
    private static final Pattern NUMBER = Pattern.compile("\\d{1,18}");

    private final HubSettings settings;
    private final Host host;
    private final HttpClient client;

    HubHttp(HubSettings settings, Host host) {
        this.settings = settings;
        this.host = host;
        this.client =
                HttpClient.newBuilder()
                        // One connection a file: large bodies do not share a flow.
                        .version(HttpClient.Version.HTTP_1_1)
                        .followRedirects(HttpClient.Redirect.NEVER)
                        .proxy(settings.proxies().selector())
                        .connectTimeout(settings.etagTimeout())
                        .build();
    }

    /**
     * What the server says of a file before sending it.
     *
     * @param digest name of the content; empty if the server does not tell
     * @param size bytes
     * @param commit the commit asked for, as the server resolves it
     */
    record Facts(Optional<String> digest, OptionalLong size, Optional<String> commit) {}

    /**
     * A file, or the rest of it, about to arrive.
     *
     * @param body its bytes; to be closed
     * @param offset where in the file they begin; -1 if they fit nowhere
     * @param size of the whole file, if the server tells
     * @param digest of the file as it is now, if the server tells
     */
    record Arrival(BodyReader body, long offset, OptionalLong size, Optional<String> digest)
            implements AutoCloseable {
        @Override
        public void close() {
            body.close();
        }
    }

    /** The end of a chain of redirects, and what was said on the way. */
    private record Answer(HttpResponse<BodyReader> response, Facts facts, boolean stoppedEarly) {}

    /** Asks what a file is, without its content. */
    Facts facts(Asked asked) throws InterruptedException {
        Answer answer = follow(asked, "HEAD", 0);
        answer.response().body().close();
        if (!answer.stoppedEarly()) {
            requireStatus(asked, answer.response(), 200);
        }
        return answer.facts();
    }

    /** Asks for a file from an offset on. */
    Arrival get(Asked asked, long offset) throws InterruptedException {
        Answer answer = follow(asked, "GET", offset);
        HttpResponse<BodyReader> response = answer.response();
        try {
            HttpHeaders headers = response.headers();
            if (offset > 0 && response.statusCode() == PARTIAL) {
                ContentRange range = ContentRange.of(headers);
                return new Arrival(
                        response.body(), range.first(), range.size(), answer.facts().digest());
            }
            if (offset > 0 && response.statusCode() == NOT_SATISFIABLE) {
                return new Arrival(
                        response.body(), -1, OptionalLong.empty(), answer.facts().digest());
            }
            requireStatus(asked, response, 200);
            return new Arrival(
                    response.body(), 0, number(headers, "Content-Length"), answer.facts().digest());
        } catch (RuntimeException e) {
            response.body().close();
            throw e;
        }
    }

    /** Asks for the list of files, as the server writes it. */
    byte[] listing(Asked asked) throws InterruptedException {
        HttpResponse<BodyReader> response = follow(asked, "GET", 0).response();
        try (BodyReader body = response.body()) {
            requireStatus(asked, response, 200);
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            for (Optional<List<ByteBuffer>> piece = next(asked, body, settings.etagTimeout());
                    piece.isPresent();
                    piece = next(asked, body, settings.etagTimeout())) {
                for (ByteBuffer buffer : piece.get()) {
                    byte[] part = new byte[buffer.remaining()];
                    buffer.get(part);
                    bytes.writeBytes(part);
                }
                if (bytes.size() > LARGEST_LISTING) {
                    throw new HubException(
                            Kind.REFUSED,
                            "the list of files of %s is longer than %d bytes"
                                    .formatted(asked.id(), LARGEST_LISTING));
                }
            }
            return bytes.toByteArray();
        }
    }

    /** The next piece of an arriving file; empty at its end. */
    Optional<List<ByteBuffer>> next(Asked asked, Arrival arrival) throws InterruptedException {
        return next(asked, arrival.body(), settings.downloadTimeout());
    }

    private static Optional<List<ByteBuffer>> next(
            Asked asked, BodyReader body, Duration longestSilence) throws InterruptedException {
        try {
            return body.next(longestSilence);
        } catch (IOException e) {
            throw unreachable(asked, asked.address(), e);
        }
    }

    private void requireStatus(Asked asked, HttpResponse<?> response, int status) {
        if (response.statusCode() != status) {
            throw StatusErrors.of(asked, response.statusCode(), response.headers(), host.now());
        }
    }

    private Answer follow(Asked asked, String method, long offset) throws InterruptedException {
        URI address = asked.address();
        boolean own = true;
        Optional<String> digest = Optional.empty();
        OptionalLong size = OptionalLong.empty();
        Optional<String> commit = Optional.empty();
        for (int redirects = 0; redirects <= REDIRECTS; redirects++) {
            own &= isOwn(address);
            HttpResponse<BodyReader> response = send(asked, method, address, offset, own);
            HttpHeaders headers = response.headers();
            if (digest.isEmpty()) {
                digest = headers.firstValue("X-Linked-Etag").map(HubHttp::unquoted);
                size = number(headers, "X-Linked-Size");
            }
            commit = commit.or(() -> headers.firstValue("X-Repo-Commit"));
            Optional<String> location = location(response);
            if (location.isEmpty()) {
                if (digest.isEmpty()) {
                    // A storage's own ETag is no digest of the hub.
                    digest =
                            headers.firstValue("ETag")
                                    .map(HubHttp::unquoted)
                                    .filter(SafeNames::isDigest);
                }
                if (size.isEmpty() && method.equals("HEAD")) {
                    size = number(headers, "Content-Length");
                }
                return new Answer(response, new Facts(digest, size, commit), false);
            }
            response.body().close();
            if (method.equals("HEAD") && digest.isPresent()) {
                return new Answer(response, new Facts(digest, size, commit), true);
            }
            address = redirected(asked, address, location.get());
        }
        throw new HubException(
                Kind.REFUSED,
                "%s is redirected more than %d times; the last was to %s"
                        .formatted(asked, REDIRECTS, shown(address)));
    }

    private HttpResponse<BodyReader> send(
            Asked asked, String method, URI address, long offset, boolean own)
            throws InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(address)
                        .method(method, HttpRequest.BodyPublishers.noBody())
                        .timeout(settings.etagTimeout())
                        .header("User-Agent", "patchscopes")
                        // Sizes and digests are those of the content itself.
                        .header("Accept-Encoding", "identity");
        if (offset > 0) {
            request.header("Range", "bytes=" + offset + "-");
        }
        if (own) {
            settings.token().ifPresent(token -> request.header("Authorization", token.header()));
        }
        try {
            return client.send(request.build(), answer -> new BodyReader());
        } catch (IOException e) {
            throw unreachable(asked, address, e);
        }
    }

    private static Optional<String> location(HttpResponse<?> response) {
        return switch (response.statusCode()) {
            case 301, 302, 303, 307, 308 -> response.headers().firstValue("Location");
            default -> Optional.empty();
        };
    }

    /** Where a redirect leads, if it may be followed. */
    static URI redirected(Asked asked, URI from, String location) {
        URI to;
        try {
            to = from.resolve(location);
        } catch (IllegalArgumentException e) {
            throw refusedRedirect(asked, "an address that is none", e);
        }
        String scheme = scheme(to);
        if (to.getHost() == null || !(scheme.equals("https") || scheme.equals("http"))) {
            throw refusedRedirect(asked, shown(to), null);
        }
        if (scheme(from).equals("https") && scheme.equals("http")) {
            throw refusedRedirect(asked, shown(to) + ", which is not encrypted", null);
        }
        return to;
    }

    private static HubException refusedRedirect(Asked asked, String to, Throwable cause) {
        return new HubException(
                Kind.REFUSED, "%s is redirected to %s; not followed".formatted(asked, to), cause);
    }

    private boolean isOwn(URI address) {
        URI endpoint = settings.endpoint();
        return scheme(address).equals(scheme(endpoint))
                && address.getHost().equalsIgnoreCase(endpoint.getHost())
                && port(address) == port(endpoint);
    }

    private static String scheme(URI address) {
        return address.getScheme() == null ? "" : address.getScheme().toLowerCase(Locale.ROOT);
    }

    private static int port(URI address) {
        if (address.getPort() >= 0) {
            return address.getPort();
        }
        return scheme(address).equals("https") ? 443 : 80;
    }

    /** Without a query: that of a storage's address lets whoever reads it in. */
    private static String shown(URI address) {
        return "%s://%s%s"
                .formatted(address.getScheme(), address.getRawAuthority(), address.getRawPath());
    }

    private static OptionalLong number(HttpHeaders headers, String name) {
        return headers.firstValue(name)
                .filter(text -> NUMBER.matcher(text).matches())
                .map(text -> OptionalLong.of(Long.parseLong(text)))
                .orElse(OptionalLong.empty());
    }

    private static String unquoted(String etag) {
        String text = etag.startsWith("W/") ? etag.substring(2) : etag;
        return text.length() >= 2 && text.startsWith("\"") && text.endsWith("\"")
                ? text.substring(1, text.length() - 1)
                : text;
    }

    private static HubException unreachable(Asked asked, URI address, IOException e) {
        if (e instanceof SSLException) {
            return new HubException(
                    Kind.UNREACHABLE,
                    ("no trusted connection to %s for %s (%s); does a proxy with a certificate of"
                                    + " its own sit in between (-Djavax.net.ssl.trustStore)?")
                            .formatted(shown(address), asked, e.getMessage()),
                    e,
                    false,
                    Optional.empty());
        }
        return new HubException(
                Kind.UNREACHABLE,
                ("no answer, or only half of one, from %s for %s (%s); check the network and the"
                                + " proxy (HTTPS_PROXY), or name a mirror with HF_ENDPOINT")
                        .formatted(shown(address), asked, describe(e)),
                e);
    }

    private static String describe(IOException e) {
        String name = e.getClass().getSimpleName();
        return e.getMessage() == null ? name : name + ": " + e.getMessage();
    }
}
