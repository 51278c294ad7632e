package dev.patchscopes.checkpoint.hub;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/**
 * A model on the hub, at one revision; immutable.
 *
 * <pre>{@code
 * HubRepository pythia = Hub.standard().repository("EleutherAI/pythia-410m");
 * Path directory = pythia.revision("step1000").snapshot().directory();
 * }</pre>
 */
public final class HubRepository {

    private static final String MAIN = "main";

    private final HubSettings settings;
    private final Host host;
    private final RepositoryId id;
    private final String revision;

    private HubRepository(HubSettings settings, Host host, RepositoryId id, String revision) {
        this.settings = settings;
        this.host = host;
        this.id = id;
        this.revision = revision;
    }

    static HubRepository of(HubSettings settings, Host host, String name) {
        int at = name.indexOf('@');
        HubRepository main =
                new HubRepository(
                        settings,
                        host,
                        new RepositoryId(at < 0 ? name : name.substring(0, at)),
                        MAIN);
        return at < 0 ? main : main.revision(name.substring(at + 1));
    }

    /**
     * Tells whether a text could name a repository. Nothing is asked of the hub.
     *
     * @param text {@code organisation/name} or {@code name}, perhaps with {@code @revision}
     * @return true if {@link Hub#repository} takes it
     */
    public static boolean isName(String text) {
        int at = text.indexOf('@');
        return RepositoryId.parse(at < 0 ? text : text.substring(0, at)).isPresent()
                && (at < 0 || SafeNames.faultOfPath(text.substring(at + 1)).isEmpty());
    }

    /**
     * Chooses a revision; {@code main} unless chosen.
     *
     * @param name a branch, a tag, or a commit's 40 hexadecimal digits
     * @return the repository at that revision
     * @throws IllegalArgumentException if no revision can have that name
     */
    public HubRepository revision(String name) {
        Optional<String> fault = SafeNames.faultOfPath(name);
        if (fault.isPresent()) {
            throw new IllegalArgumentException(
                    "\"%s\" is no revision: %s; expected a branch, tag or commit"
                            .formatted(name, fault.get()));
        }
        return new HubRepository(settings, host, id, name);
    }

    /** {@return name of the repository} */
    public String id() {
        return id.text();
    }

    /** {@return branch, tag or commit} */
    public String revision() {
        return revision;
    }

    /**
     * Fetches what loading the model takes, unless the cache has it.
     *
     * @return where it is
     * @throws HubException as {@link #snapshot(DownloadListener)} does
     */
    public HubSnapshot snapshot() {
        return snapshot(DownloadListener.none());
    }

    /**
     * Fetches what loading the model takes, unless the cache has it.
     *
     * <p>That is config.json, generation_config.json, the tokenizer's files and the weights: {@code
     * model.safetensors} or the shards of its index, and only where there are none, {@code
     * pytorch_model.bin} or the shards of its index. A branch or tag is looked up anew; if the
     * network fails and the cache holds what it last stood for, that is taken and the fact logged.
     *
     * @param listener hears of the bytes that arrive, and can stop the download
     * @return where it is
     * @throws HubException if it cannot be had; the message says what to do
     * @throws CancellationException if the listener or an interrupt of this thread stopped it; what
     *     has arrived is kept and continued the next time
     * @throws dev.patchscopes.checkpoint.CorruptCheckpointException if the index of the weights is
     *     malformed
     * @throws UncheckedIOException if the cache cannot be written to
     */
    public HubSnapshot snapshot(DownloadListener listener) {
        return guarded(() -> new Fetching(settings, host, id, revision, listener).snapshot());
    }

    /**
     * Fetches one file, unless the cache has it.
     *
     * @param name path within the repository, with {@code /} between its parts
     * @return where it is
     * @throws IllegalArgumentException if no file of a repository can have that name
     * @throws HubException if it cannot be had; the message says what to do
     * @throws CancellationException if this thread was interrupted
     * @throws UncheckedIOException if the cache cannot be written to
     */
    public Path file(String name) {
        Optional<String> fault = SafeNames.faultOfPath(name);
        if (fault.isPresent()) {
            throw new IllegalArgumentException(
                    "\"%s\" is no file of a repository: %s".formatted(name, fault.get()));
        }
        return guarded(
                () ->
                        new Fetching(settings, host, id, revision, DownloadListener.none())
                                .file(name));
    }

    private interface Work<T> {
        T run() throws IOException, InterruptedException;
    }

    private <T> T guarded(Work<T> work) {
        try {
            return work.run();
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "the hub's cache %s cannot be used (choose another with HF_HUB_CACHE)"
                            .formatted(settings.cache()),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            CancellationException cancelled =
                    new CancellationException("interrupted while fetching " + this);
            cancelled.initCause(e);
            throw cancelled;
        }
    }

    /** {@return name and revision, such as {@code gpt2@main}} */
    @Override
    public String toString() {
        return id + "@" + revision;
    }
}
