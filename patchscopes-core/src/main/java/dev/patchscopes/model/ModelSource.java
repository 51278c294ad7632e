package dev.patchscopes.model;

import dev.patchscopes.checkpoint.hub.DownloadListener;
import dev.patchscopes.checkpoint.hub.Hub;
import dev.patchscopes.checkpoint.hub.HubException;
import dev.patchscopes.checkpoint.hub.HubRepository;
import dev.patchscopes.checkpoint.hub.HubSnapshot;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Where a model's files come from. */
sealed interface ModelSource {

    /**
     * Files of a model that are there.
     *
     * @param directory where they are
     * @param name what the model is called unless a name is chosen
     */
    record Located(Path directory, String name) {}

    /** Finds the files, which may take a download. */
    Located locate();

    /** The same at another revision. */
    ModelSource revision(String revision);

    /** The same from another hub; a directory stays what it is. */
    ModelSource hub(Hub hub);

    /** Hears of downloads and of the reading of weights. */
    Progress progress();

    /** The same with another listener. */
    ModelSource progress(Progress progress);

    /** A directory if there is one, else a name for the hub if it could be one. */
    static ModelSource of(String text) {
        Optional<Path> path = path(text);
        if (path.filter(Files::isDirectory).isEmpty() && HubRepository.isName(text)) {
            return new Repository(text, Optional.empty(), Optional.empty(), Progress.none());
        }
        return new Directory(
                path.orElseThrow(
                        () ->
                                new ModelException(
                                        ("\"%s\" is neither a directory's path nor the name of a"
                                                        + " model on the hub, such as gpt2")
                                                .formatted(text))),
                Progress.none());
    }

    private static Optional<Path> path(String text) {
        try {
            return Optional.of(Path.of(text));
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    /** A directory, whether there or not. */
    record Directory(Path path, Progress progress) implements ModelSource {
        @Override
        public Located locate() {
            return new Located(path, path.toAbsolutePath().normalize().toFile().getName());
        }

        @Override
        public ModelSource revision(String revision) {
            throw new ModelException(
                    ("%s is a directory and has no revision \"%s\"; only a model of the hub has,"
                                    + " such as gpt2")
                            .formatted(path, revision));
        }

        @Override
        public ModelSource hub(Hub hub) {
            return this;
        }

        @Override
        public ModelSource progress(Progress other) {
            return new Directory(path, other);
        }

        @Override
        public String toString() {
            return path.toString();
        }
    }

    /** A model of the hub. */
    record Repository(String name, Optional<String> revision, Optional<Hub> hub, Progress progress)
            implements ModelSource {
        @Override
        public Located locate() {
            HubRepository named = hub.orElseGet(Hub::standard).repository(name);
            HubRepository repository = revision.map(named::revision).orElse(named);
            try {
                HubSnapshot snapshot = repository.snapshot(listener(progress));
                return new Located(snapshot.directory(), snapshot.shortName());
            } catch (HubException e) {
                throw e.withContext(
                        "\"%s\" is no directory here, and cannot be had as a model of the hub: "
                                .formatted(name));
            }
        }

        @Override
        public ModelSource revision(String other) {
            return new Repository(name, Optional.of(other), hub, progress);
        }

        @Override
        public ModelSource hub(Hub other) {
            return new Repository(name, revision, Optional.of(other), progress);
        }

        @Override
        public ModelSource progress(Progress other) {
            return new Repository(name, revision, hub, other);
        }

        private static DownloadListener listener(Progress progress) {
            return new DownloadListener() {
                @Override
                public void update(long done, long total, Duration elapsed) {
                    progress.update(done, total, elapsed);
                }

                @Override
                public boolean isCancelled() {
                    return progress.isCancelled();
                }
            };
        }

        @Override
        public String toString() {
            return name + revision.map(chosen -> ", revision " + chosen).orElse("");
        }
    }
}
