package dev.patchscopes.checkpoint.hub;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URLDecoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * A server that speaks as the hub does, on sockets of its own so that it can also misbehave.
 *
 * <p>Small files it sends itself; large ones it redirects to a storage under another name of the
 * same computer ({@code localhost} for {@code 127.0.0.1}), as the hub does.
 */
final class HubServer implements AutoCloseable {

    /**
     * A request as it came.
     *
     * @param method GET or HEAD
     * @param path decoded
     * @param headers by name in lower case
     */
    record Request(String method, String path, Map<String, String> headers) {
        Optional<String> header(String name) {
            return Optional.ofNullable(headers.get(name.toLowerCase(Locale.ROOT)));
        }

        boolean is(String wantedMethod, String end) {
            return method.equals(wantedMethod) && path.endsWith(end);
        }

        @Override
        public String toString() {
            return method + " " + path + header("range").map(range -> " " + range).orElse("");
        }
    }

    /** A way to answer. */
    @FunctionalInterface
    interface Behaviour {
        void answer(HubServer server, Request request, OutputStream out) throws IOException;
    }

    private static final class Rule {
        private final Predicate<Request> when;
        private final Behaviour behaviour;
        private int left;

        Rule(Predicate<Request> when, int times, Behaviour behaviour) {
            this.when = when;
            this.left = times;
            this.behaviour = behaviour;
        }

        synchronized boolean takes(Request request) {
            if (left == 0 || !when.test(request)) {
                return false;
            }
            left--;
            return true;
        }
    }

    private final ServerSocket socket;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final Map<String, HubContent> repositories = new ConcurrentHashMap<>();
    private final List<Rule> rules = new CopyOnWriteArrayList<>();
    private final List<Request> requests = new ArrayList<>();
    private volatile boolean closed;

    HubServer() throws IOException {
        socket = new ServerSocket(0, 50, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}));
        threads.execute(this::acceptAll);
    }

    String endpoint() {
        return "http://127.0.0.1:" + socket.getLocalPort();
    }

    /** The same server by another name. */
    String elsewhere() {
        return "http://localhost:" + socket.getLocalPort();
    }

    HubServer put(String id, HubContent content) {
        repositories.put(id, content);
        return this;
    }

    /** Answers the next requests that match in another way; earlier rules first. */
    HubServer next(int times, String method, String end, Behaviour behaviour) {
        rules.add(new Rule(request -> request.is(method, end), times, behaviour));
        return this;
    }

    HubServer always(String method, String end, Behaviour behaviour) {
        return next(Integer.MAX_VALUE, method, end, behaviour);
    }

    List<Request> requests() {
        synchronized (requests) {
            return ImmutableList.copyOf(requests);
        }
    }

    List<Request> requests(String method, String end) {
        return requests().stream().filter(request -> request.is(method, end)).toList();
    }

    /** Waits until as many such requests have come; false if they have not in time. */
    boolean await(int count, String method, String end, long millis) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        synchronized (requests) {
            while (requests(method, end).size() < count) {
                long left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
                if (left <= 0) {
                    return false;
                }
                requests.wait(left);
            }
            return true;
        }
    }

    private void acceptAll() {
        while (!closed) {
            try {
                Socket connection = socket.accept();
                open.add(connection);
                threads.execute(() -> serve(connection));
            } catch (IOException e) {
                if (!closed) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    private void serve(Socket connection) {
        try (connection;
                InputStream in = new BufferedInputStream(connection.getInputStream());
                OutputStream out = connection.getOutputStream()) {
            readRequest(in).ifPresent(request -> answer(request, out));
        } catch (IOException | UncheckedIOException e) {
            // the client has gone, or we have
        } finally {
            open.remove(connection);
        }
    }

    private static Optional<Request> readRequest(InputStream in) throws IOException {
        String first = line(in);
        if (first.isEmpty()) {
            return Optional.empty();
        }
        Map<String, String> headers = new LinkedHashMap<>();
        for (String header = line(in); !header.isEmpty(); header = line(in)) {
            int colon = header.indexOf(':');
            headers.put(
                    header.substring(0, colon).toLowerCase(Locale.ROOT),
                    header.substring(colon + 1).strip());
        }
        List<String> parts = Splitter.on(' ').splitToList(first);
        return Optional.of(
                new Request(parts.get(0), path(URLDecoder.decode(parts.get(1), UTF_8)), headers));
    }

    /** A proxy is given whole addresses. */
    private static String path(String target) {
        return target.startsWith("http://")
                ? target.substring(target.indexOf('/', "http://".length()))
                : target;
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    private void answer(Request request, OutputStream out) {
        synchronized (requests) {
            requests.add(request);
            requests.notifyAll();
        }
        Behaviour behaviour =
                rules.stream()
                        .filter(rule -> rule.takes(request))
                        .findFirst()
                        .map(rule -> rule.behaviour)
                        .orElse(HubServer::properly);
        try {
            behaviour.answer(this, request, out);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As the hub answers. */
    void properly(Request request, OutputStream out) throws IOException {
        for (Map.Entry<String, HubContent> entry : repositories.entrySet()) {
            String id = entry.getKey();
            HubContent content = entry.getValue();
            String path = request.path();
            if (path.startsWith("/api/models/" + id + "/revision/")) {
                listing(id, content, path.substring(path.indexOf("/revision/") + 10), out);
                return;
            }
            if (path.startsWith("/" + id + "/resolve/")) {
                resolve(content, request, path.substring(id.length() + 10), out);
                return;
            }
            if (path.startsWith("/storage/" + id + "/")) {
                String name = path.substring(id.length() + 10);
                body(request, content.file(name).orElseThrow().bytes(), List.of(), out);
                return;
            }
        }
        status(404, "X-Error-Code: RepoNotFound").answer(this, request, out);
    }

    private void listing(String id, HubContent content, String revision, OutputStream out)
            throws IOException {
        if (!content.knows(revision)) {
            head(out, 404, List.of("X-Error-Code: RevisionNotFound", "Content-Length: 0"));
            return;
        }
        byte[] json = content.listing(id).getBytes(UTF_8);
        head(out, 200, List.of("Content-Length: " + json.length));
        out.write(json);
    }

    private void resolve(HubContent content, Request request, String rest, OutputStream out)
            throws IOException {
        // Revisions with a slash are not asked for here.
        String revision = rest.substring(0, rest.indexOf('/'));
        String name = rest.substring(rest.indexOf('/') + 1);
        String commit = "X-Repo-Commit: " + content.commit();
        Optional<HubContent.Stored> file = content.file(name);
        if (!content.knows(revision) || file.isEmpty()) {
            String code = content.knows(revision) ? "EntryNotFound" : "RevisionNotFound";
            head(out, 404, List.of("X-Error-Code: " + code, commit, "Content-Length: 0"));
        } else if (file.get().large()) {
            head(
                    out,
                    302,
                    List.of(
                            commit,
                            "X-Linked-Etag: \"" + file.get().digest() + "\"",
                            "X-Linked-Size: " + file.get().bytes().length,
                            "Location: " + elsewhere() + "/storage/" + idOf(request) + "/" + name,
                            "Content-Length: 0"));
        } else {
            body(
                    request,
                    file.get().bytes(),
                    List.of(commit, "ETag: \"" + file.get().digest() + "\""),
                    out);
        }
    }

    private static String idOf(Request request) {
        return request.path().substring(1, request.path().indexOf("/resolve/"));
    }

    /** Content, or the part of it that is asked for. */
    static void body(Request request, byte[] bytes, List<String> headers, OutputStream out)
            throws IOException {
        int from =
                request.header("range")
                        .map(range -> Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1")))
                        .orElse(0);
        List<String> all = new ArrayList<>(headers);
        if (from >= bytes.length && from > 0) {
            all.add("Content-Range: bytes */" + bytes.length);
            all.add("Content-Length: 0");
            head(out, 416, all);
            return;
        }
        if (from > 0) {
            all.add(
                    "Content-Range: bytes %d-%d/%d"
                            .formatted(from, bytes.length - 1, bytes.length));
        }
        all.add("Content-Length: " + (bytes.length - from));
        head(out, from > 0 ? 206 : 200, all);
        if (request.method().equals("GET")) {
            out.write(bytes, from, bytes.length - from);
        }
    }

    static void head(OutputStream out, int status, List<String> headers) throws IOException {
        String text =
                "HTTP/1.1 %d x\r\n%s\r\nConnection: close\r\n\r\n"
                        .formatted(status, String.join("\r\n", headers));
        out.write(text.getBytes(ISO_8859_1));
        out.flush();
    }

    static Behaviour status(int status, String... headers) {
        List<String> all = new ArrayList<>(List.of(headers));
        all.add("Content-Length: 0");
        return (server, request, out) -> head(out, status, all);
    }

    static Behaviour redirect(String location) {
        return status(302, "Location: " + location);
    }

    /** Properly up to some bytes after the head, and then no more: the connection is closed. */
    static Behaviour cutAfter(int bytes) {
        return (server, request, out) -> server.properly(request, new ShortStream(out, bytes));
    }

    /** Nothing at all. */
    static Behaviour hangUp() {
        return (server, request, out) -> {};
    }

    /** These bytes instead of the right ones, whatever part was asked for. */
    static Behaviour sends(byte[] bytes, String... headers) {
        return (server, request, out) -> {
            head(out, 200, List.of(headers));
            out.write(bytes);
        };
    }

    /** As it should be, but without looking at the range. */
    static Behaviour ignoresRange() {
        return (server, request, out) ->
                server.properly(new Request(request.method(), request.path(), Map.of()), out);
    }

    @Override
    public void close() throws IOException {
        closed = true;
        socket.close();
        for (Socket connection : open) {
            connection.close();
        }
        threads.shutdownNow();
    }

    /** Lets a head and some bytes of a body through. */
    private static final class ShortStream extends OutputStream {
        private final OutputStream out;
        private int left;
        private boolean inBody;

        ShortStream(OutputStream out, int left) {
            this.out = out;
            this.left = left;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            int allowed = inBody ? Math.min(left, length) : length;
            out.write(bytes, from, allowed);
            if (inBody) {
                left -= allowed;
            }
            inBody = true; // the head is written at once
            if (allowed < length) {
                out.flush();
                throw new IOException("cut, as wanted");
            }
        }

        @Override
        public void flush() throws IOException {
            out.flush();
        }
    }
}
