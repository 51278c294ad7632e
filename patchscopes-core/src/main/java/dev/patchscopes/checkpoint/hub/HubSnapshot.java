package dev.patchscopes.checkpoint.hub;

import java.nio.file.Path;

/**
 * One state of a repository in the cache, with the files that loading the model takes.
 *
 * @param repository name of the repository, such as {@code EleutherAI/pythia-410m}
 * @param revision what was asked for: branch, tag or commit
 * @param commit the commit it stands for, 40 hexadecimal digits
 * @param directory where the files are
 */
public record HubSnapshot(String repository, String revision, String commit, Path directory) {

    private static final int SHORT = 12;

    /** {@return name and start of the commit, such as {@code gpt2@607a30d783df}} */
    public String shortName() {
        return repository + "@" + commit.substring(0, Math.min(SHORT, commit.length()));
    }
}
