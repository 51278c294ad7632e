package dev.patchscopes.checkpoint.hub;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * The Hugging Face Hub, or a server like it, and the cache its models are kept in; immutable, each
 * method returns a new one.
 *
 * <p>The cache is the one of Python's {@code huggingface_hub}. The settings are those of its
 * environment variables, each of which has a system property that wins over it:
 *
 * <table>
 *   <caption>Settings</caption>
 *   <tr><th>variable</th><th>property</th><th>what</th><th>otherwise</th></tr>
 *   <tr><td>HF_HOME</td><td>hf.home</td><td>directory of cache and token</td>
 *     <td>$XDG_CACHE_HOME/huggingface, ~/.cache/huggingface</td></tr>
 *   <tr><td>HF_HUB_CACHE</td><td>hf.hub.cache</td><td>the cache; formerly HUGGINGFACE_HUB_CACHE
 *     and TRANSFORMERS_CACHE</td><td>$HF_HOME/hub</td></tr>
 *   <tr><td>HF_TOKEN</td><td>hf.token</td><td>access token</td><td>that of the file</td></tr>
 *   <tr><td>HF_TOKEN_PATH</td><td>hf.token.path</td><td>file with the token</td>
 *     <td>$HF_HOME/token</td></tr>
 *   <tr><td>HF_HUB_DISABLE_IMPLICIT_TOKEN</td><td>hf.hub.disable.implicit.token</td>
 *     <td>1: send no token unless given here</td><td>0</td></tr>
 *   <tr><td>HF_HUB_OFFLINE</td><td>hf.hub.offline</td><td>1: use the cache alone; also
 *     TRANSFORMERS_OFFLINE</td><td>0</td></tr>
 *   <tr><td>HF_ENDPOINT</td><td>hf.endpoint</td><td>address of the hub or a mirror</td>
 *     <td>https://huggingface.co</td></tr>
 *   <tr><td>HF_HUB_ETAG_TIMEOUT</td><td>hf.hub.etag.timeout</td>
 *     <td>longest wait for an answer, seconds</td><td>10</td></tr>
 *   <tr><td>HF_HUB_DOWNLOAD_TIMEOUT</td><td>hf.hub.download.timeout</td>
 *     <td>longest silence within a download, seconds</td><td>10</td></tr>
 *   <tr><td>HF_HUB_DISABLE_SYMLINKS</td><td>hf.hub.disable.symlinks</td>
 *     <td>1: put files themselves into snapshots</td><td>0</td></tr>
 * </table>
 *
 * <p>Connections go through the proxy that Java's own properties name ({@code https.proxyHost}),
 * else the one that HTTPS_PROXY, HTTP_PROXY or ALL_PROXY names, except to hosts in NO_PROXY.
 *
 * <pre>{@code
 * Path gpt2 = Hub.standard().repository("gpt2").snapshot().directory();
 * }</pre>
 */
public final class Hub {

    private final HubSettings settings;
    private final Host host;

    private Hub(HubSettings settings, Host host) {
        this.settings = settings;
        this.host = host;
    }

    /**
     * Returns the hub as this process's environment and system properties set it.
     *
     * @return the hub
     * @throws IllegalArgumentException if one of them has a value it cannot have
     */
    public static Hub standard() {
        return new Hub(Environment.ofProcess().settings(), Host.real());
    }

    /**
     * Returns the hub as the given variables set it, and nothing of this process.
     *
     * @param variables values by name of the variable; {@code HOME} is the user's directory
     * @return the hub
     * @throws IllegalArgumentException if one of them has a value it cannot have
     */
    public static Hub of(Map<String, String> variables) {
        return new Hub(Environment.of(variables).settings(), Host.real());
    }

    static Hub of(HubSettings settings, Host host) {
        return new Hub(settings, host);
    }

    /**
     * Chooses the directory of the cache.
     *
     * @param directory made when something is put in it
     * @return the hub
     */
    public Hub cache(Path directory) {
        return with(settings.endpoint().toString(), directory, settings.token(), isOffline());
    }

    /**
     * Chooses another server.
     *
     * @param address such as {@code https://huggingface.co}
     * @return the hub
     * @throws IllegalArgumentException if it is no http or https address
     */
    public Hub endpoint(String address) {
        return with(address, cache(), settings.token(), isOffline());
    }

    /**
     * Chooses the access token. It is sent to the endpoint's own host and nowhere else.
     *
     * @param secret the token
     * @return the hub
     * @throws IllegalArgumentException if it has characters no token has
     */
    public Hub token(String secret) {
        return with(
                settings.endpoint().toString(),
                cache(),
                Optional.of(new AccessToken(secret.strip())),
                isOffline());
    }

    /**
     * Chooses whether to do without the network.
     *
     * @param alone true to use the cache alone
     * @return the hub
     */
    public Hub offline(boolean alone) {
        return with(settings.endpoint().toString(), cache(), settings.token(), alone);
    }

    private Hub with(String endpoint, Path cache, Optional<AccessToken> token, boolean offline) {
        return new Hub(
                new HubSettings(
                        HubSettings.endpoint(endpoint),
                        cache,
                        token,
                        offline,
                        settings.links(),
                        settings.etagTimeout(),
                        settings.downloadTimeout(),
                        settings.proxies()),
                host);
    }

    /**
     * Names a model. Nothing is asked of the hub yet.
     *
     * @param name {@code organisation/name} or {@code name}, perhaps with {@code @revision}
     * @return the repository, at the branch {@code main} unless the name says otherwise
     * @throws IllegalArgumentException if no repository can have that name
     */
    public HubRepository repository(String name) {
        return HubRepository.of(settings, host, name);
    }

    /** {@return directory of the cache} */
    public Path cache() {
        return settings.cache();
    }

    /** {@return whether the cache is used alone} */
    public boolean isOffline() {
        return settings.offline();
    }

    /** {@return address and cache, in a line} */
    @Override
    public String toString() {
        return "Hub[%s, cache %s%s%s]"
                .formatted(
                        settings.endpoint(),
                        settings.cache(),
                        settings.token().isPresent() ? ", with a token" : "",
                        isOffline() ? ", offline" : "");
    }
}
