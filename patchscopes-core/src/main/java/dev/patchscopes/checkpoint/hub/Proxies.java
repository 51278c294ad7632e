package dev.patchscopes.checkpoint.hub;

import com.google.common.base.Ascii;
import com.google.common.base.Splitter;
import com.google.common.net.HostAndPort;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Optional;

/**
 * Ways to the network as other programs take them from the environment; Java itself knows only its
 * properties, such as {@code https.proxyHost}, which come first.
 *
 * @param http address of the proxy for open connections
 * @param https address of the proxy for encrypted ones
 * @param direct hosts to be reached without, between commas; {@code *} stands for all
 */
record Proxies(Optional<String> http, Optional<String> https, String direct) {

    private static final String SCHEME = "http://";
    private static final int STANDARD_PORT = 80;
    private static final List<Proxy> NONE = List.of(Proxy.NO_PROXY);

    /**
     * Settles where connections go.
     *
     * @throws HubException if an address is none, so that no connection can be made
     */
    ProxySelector selector() {
        Optional<Proxy> open = http.map(text -> proxy("HTTP_PROXY", text));
        Optional<Proxy> encrypted = https.map(text -> proxy("HTTPS_PROXY", text));
        return new ProxySelector() {
            @Override
            public List<Proxy> select(URI address) {
                ProxySelector java = ProxySelector.getDefault();
                List<Proxy> first = java == null ? NONE : java.select(address);
                if (!first.equals(NONE)) {
                    return first;
                }
                return (Ascii.equalsIgnoreCase(address.getScheme(), "https") ? encrypted : open)
                        .filter(proxy -> !isDirect(address.getHost()))
                        .map(List::of)
                        .orElse(NONE);
            }

            @Override
            public void connectFailed(URI address, SocketAddress proxy, IOException e) {
                // The client reports it to whoever asked.
            }
        };
    }

    /** Reads {@code host}, {@code host:port} and {@code http://host:port/}. */
    private static Proxy proxy(String variable, String text) {
        String bare =
                Ascii.toLowerCase(text).startsWith(SCHEME) ? text.substring(SCHEME.length()) : text;
        String address = bare.endsWith("/") ? bare.substring(0, bare.length() - 1) : bare;
        // Also refuses what Java's client cannot do: other protocols, and passwords.
        if (address.isEmpty() || address.contains("/") || address.contains("@")) {
            throw unknown(variable);
        }
        try {
            HostAndPort parts = HostAndPort.fromString(address).withDefaultPort(STANDARD_PORT);
            return new Proxy(
                    Proxy.Type.HTTP,
                    InetSocketAddress.createUnresolved(parts.getHost(), parts.getPort()));
        } catch (IllegalArgumentException e) {
            throw unknown(variable);
        }
    }

    /** Without the value, which may hold a password. */
    private static HubException unknown(String variable) {
        return new HubException(
                HubException.Kind.UNREACHABLE,
                variable
                        + " (or ALL_PROXY) names no proxy that can be used; expected"
                        + " http://host:port, without name and password",
                null,
                false,
                Optional.empty());
    }

    /** Whether a host is listed, or in a domain that is, with or without a dot before it. */
    private boolean isDirect(String host) {
        String name = Ascii.toLowerCase(host);
        return Splitter.on(',')
                .trimResults()
                .omitEmptyStrings()
                .splitToStream(direct)
                .map(Ascii::toLowerCase)
                .map(entry -> entry.startsWith(".") ? entry.substring(1) : entry)
                .anyMatch(
                        entry ->
                                entry.equals("*")
                                        || name.equals(entry)
                                        || name.endsWith("." + entry));
    }
}
