package dev.patchscopes.checkpoint.hub;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.util.concurrent.ThreadFactoryBuilder;
import dev.patchscopes.checkpoint.Checkpoint;
import dev.patchscopes.checkpoint.CheckpointException;
import dev.patchscopes.checkpoint.hub.HubException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One call's work: what the cache has, else what the hub has. */
final class Fetching {

    private static final Logger LOG = LoggerFactory.getLogger(Fetching.class);
    private static final int FIRST_RETRIES = 2;
    private static final int PARALLEL = 4;

    private final HubSettings settings;
    private final Host host;
    private final RepositoryId id;
    private final String revision;
    private final DownloadListener listener;
    private final RepositoryCache cache;

    Fetching(
            HubSettings settings,
            Host host,
            RepositoryId id,
            String revision,
            DownloadListener listener) {
        this.settings = settings;
        this.host = host;
        this.id = id;
        this.revision = revision;
        this.listener = listener;
        this.cache = new RepositoryCache(settings, host, id);
    }

    /** The files a model is loaded from. */
    HubSnapshot snapshot() throws IOException, InterruptedException {
        Optional<HubSnapshot> cached =
                cache.commitOf(revision).filter(this::isComplete).map(this::snapshotOf);
        if (settings.offline()) {
            return cached.orElseThrow(() -> notCached("the model"));
        }
        if (cached.isPresent() && SafeNames.isCommit(revision) && isSettled(revision)) {
            return cached.get();
        }
        try {
            return download(cached.isPresent());
        } catch (HubException e) {
            return cached.filter(there -> serves(e, there.directory())).orElseThrow(() -> e);
        }
    }

    /** One file, whatever it is. */
    Path file(String name) throws IOException, InterruptedException {
        Optional<Path> cached =
                cache.commitOf(revision)
                        .map(commit -> cache.file(commit, name))
                        .filter(Files::isRegularFile);
        if (settings.offline()) {
            return cached.orElseThrow(() -> notCached(name));
        }
        if (cached.isPresent() && SafeNames.isCommit(revision)) {
            return cached.get();
        }
        try {
            FileFetch fetch =
                    new FileFetch(host, new HubHttp(settings, host), cache, new Tally(listener));
            FileFetch.Remote remote =
                    fetch.ask(asked(revision, name), cached.isPresent() ? 0 : FIRST_RETRIES);
            Path target = cache.file(remote.commit(), name);
            if (!Files.isRegularFile(target)) {
                fetchAll(fetch, List.of(remote));
            }
            note(remote.commit());
            return target;
        } catch (HubException e) {
            return cached.filter(there -> serves(e, there)).orElseThrow(() -> e);
        }
    }

    /** Whether what is cached does instead, because the trouble is only with the way to the hub. */
    private static boolean serves(HubException trouble, Path cached) {
        if (!trouble.kind().isPassing()) {
            return false;
        }
        LOG.warn("using what is cached in {}: {}", cached, trouble.getMessage());
        return true;
    }

    private HubException notCached(String what) {
        ImmutableList<String> commits = cache.knownCommits();
        return new HubException(
                Kind.NOT_CACHED,
                ("%s of %s at %s is not in the cache (%s%s), and the network is not to be used"
                                + " (HF_HUB_OFFLINE); load it once with the network")
                        .formatted(
                                what,
                                id,
                                revision,
                                cache.folder(),
                                commits.isEmpty()
                                        ? ""
                                        : ", which has the commits " + String.join(", ", commits)));
    }

    private HubSnapshot snapshotOf(String commit) {
        return new HubSnapshot(id.text(), revision, commit, cache.snapshot(commit));
    }

    private Predicate<String> inCache(String commit) {
        return name -> Files.isRegularFile(cache.file(commit, name));
    }

    /** Whether a model can be loaded from what the cache has of a commit. */
    private boolean isComplete(String commit) {
        Predicate<String> there = inCache(commit);
        Optional<String> weights = NeededFiles.weights(there);
        if (weights.isEmpty() || !there.test(NeededFiles.CONFIG)) {
            return false;
        }
        try {
            return !NeededFiles.isIndex(weights.get())
                    || shards(commit, weights.get()).stream().allMatch(there);
        } catch (CheckpointException | HubException e) {
            LOG.debug("{} counts as not cached", weights.get(), e);
            return false;
        }
    }

    /** Whether the hub could have no more to give, as far as the cache knows. */
    private boolean isSettled(String commit) {
        return NeededFiles.hasTokenizer(inCache(commit))
                || cache.isKnownMissing(commit, NeededFiles.TOKENIZER);
    }

    private HubSnapshot download(boolean hasOther) throws IOException, InterruptedException {
        HubHttp http = new HubHttp(settings, host);
        Tally tally = new Tally(listener);
        Asked all = new Asked(settings, id, revision, Optional.empty());
        Listing listing =
                new RetrySchedule(host, tally, hasOther ? 0 : FIRST_RETRIES)
                        .run(() -> Listing.parse(all, http.listing(all)));
        String commit = listing.commit();
        Predicate<String> listed = listing.files()::contains;
        String weights = requireModel(listing);
        NeededFiles.absent(listed).forEach(name -> cache.noteMissing(commit, name));
        FileFetch fetch = new FileFetch(host, http, cache, tally);
        ImmutableSet<String> weightFiles = ImmutableSet.of(weights);
        if (NeededFiles.isIndex(weights)) {
            FileFetch unheard = new FileFetch(host, http, cache, Tally.silent(listener));
            fetchAll(unheard, remotes(unheard, commit, List.of(weights)));
            weightFiles = shards(commit, weights);
            requireShards(listing, weights, weightFiles);
        }
        List<FileFetch.Remote> small = remotes(fetch, commit, NeededFiles.small(listed));
        List<FileFetch.Remote> large = remotes(fetch, commit, weightFiles);
        expect(
                fetch,
                ImmutableList.<FileFetch.Remote>builder().addAll(small).addAll(large).build());
        // Whoever finds the weights in the cache later may rely on the rest.
        fetchAll(fetch, small);
        fetchAll(fetch, large);
        note(commit);
        return snapshotOf(commit);
    }

    private Asked asked(String at, String name) {
        return new Asked(settings, id, at, Optional.of(name));
    }

    /** The file with the weights, or their index. */
    private String requireModel(Listing listing) {
        if (!listing.files().contains(NeededFiles.CONFIG)) {
            throw new HubException(
                    Kind.FILE_NOT_FOUND,
                    "%s has no config.json, so it holds no model that can be loaded; see %s/%s"
                            .formatted(id, settings.endpoint(), id));
        }
        return NeededFiles.weights(listing.files()::contains)
                .orElseThrow(
                        () ->
                                new HubException(
                                        Kind.FILE_NOT_FOUND,
                                        "%s has weights in none of %s; see %s/%s/tree/%s"
                                                .formatted(
                                                        id,
                                                        NeededFiles.accepted(),
                                                        settings.endpoint(),
                                                        id,
                                                        listing.commit())));
    }

    private ImmutableSet<String> shards(String commit, String index) {
        ImmutableSet<String> shards = Checkpoint.shards(cache.file(commit, index));
        shards.forEach(name -> SafeNames.within(cache.snapshot(commit), name, index));
        return shards;
    }

    private void requireShards(Listing listing, String index, ImmutableSet<String> shards) {
        for (String shard : shards) {
            if (!listing.files().contains(shard)) {
                throw new HubException(
                        Kind.FILE_NOT_FOUND,
                        "%s places weights in \"%s\", which %s does not have at %s"
                                .formatted(index, shard, id, listing.commit()));
            }
        }
    }

    /** Asks for those that the cache does not have. */
    private List<FileFetch.Remote> remotes(FileFetch fetch, String commit, Iterable<String> names)
            throws IOException, InterruptedException {
        ImmutableList.Builder<Task<FileFetch.Remote>> tasks = ImmutableList.builder();
        for (String name : names) {
            if (!inCache(commit).test(name)) {
                tasks.add(() -> fetch.ask(asked(commit, name)));
            }
        }
        return inParallel(tasks.build());
    }

    private void expect(FileFetch fetch, List<FileFetch.Remote> remotes) throws IOException {
        long missing = fetch.expect(remotes);
        if (missing > 0) {
            Files.createDirectories(cache.folder());
            DiskErrors.requireRoom(host, cache.folder(), missing, id + " at " + revision);
        }
    }

    private void fetchAll(FileFetch fetch, List<FileFetch.Remote> remotes)
            throws IOException, InterruptedException {
        ImmutableList.Builder<Task<Boolean>> tasks = ImmutableList.builder();
        for (FileFetch.Remote remote : remotes) {
            tasks.add(
                    () -> {
                        fetch.fetch(remote);
                        return true;
                    });
        }
        inParallel(tasks.build());
    }

    /** Only once all is there, so that an earlier snapshot stays in use until then. */
    private void note(String commit) {
        try {
            cache.setCommit(revision, commit);
        } catch (IOException e) { // a cache that may only be read still serves
            LOG.debug("cannot note the commit of {} at {}", id, revision, e);
        }
    }

    /** Part of the work, for a thread of its own. */
    private interface Task<T> {
        T run() throws IOException, InterruptedException;
    }

    /** Runs tasks in a few threads. The first failure stops the others; none runs on after it. */
    private static <T> List<T> inParallel(List<Task<T>> tasks)
            throws IOException, InterruptedException {
        if (tasks.isEmpty()) {
            return ImmutableList.of();
        }
        ExecutorService threads =
                Executors.newFixedThreadPool(
                        Math.min(PARALLEL, tasks.size()),
                        new ThreadFactoryBuilder()
                                .setDaemon(true)
                                .setNameFormat("patchscopes-hub-%d")
                                .build());
        try {
            ExecutorCompletionService<T> running = new ExecutorCompletionService<>(threads);
            tasks.forEach(task -> running.submit(task::run));
            ImmutableList.Builder<T> results = ImmutableList.builder();
            for (int i = 0; i < tasks.size(); i++) {
                results.add(running.take().get());
            }
            return results.build();
        } catch (ExecutionException e) {
            throw unwrapped(e);
        } finally {
            threads.shutdownNow();
            awaitEnd(threads);
        }
    }

    private static void awaitEnd(ExecutorService threads) {
        boolean interrupted = false;
        while (true) {
            try {
                if (threads.awaitTermination(1, TimeUnit.MINUTES)) {
                    break;
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static IOException unwrapped(ExecutionException e) {
        Throwable cause = e.getCause();
        if (cause instanceof IOException disk) {
            return disk;
        }
        if (cause instanceof RuntimeException ours) {
            throw ours;
        }
        if (cause instanceof Error fatal) {
            throw fatal;
        }
        throw new CancellationException("the download was interrupted");
    }
}
