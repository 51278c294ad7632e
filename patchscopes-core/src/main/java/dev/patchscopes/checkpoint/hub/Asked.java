package dev.patchscopes.checkpoint.hub;

import java.net.URI;
import java.util.Optional;

/**
 * What a request is about, for addresses and messages.
 *
 * @param settings where the hub is and who asks
 * @param id the repository
 * @param revision branch, tag or commit
 * @param file path in the repository; empty for the list of files
 */
record Asked(HubSettings settings, RepositoryId id, String revision, Optional<String> file) {

    URI address() {
        String revisionPart = SafeNames.encoded(revision);
        return URI.create(
                settings.endpoint()
                        + file.map(
                                        name ->
                                                "/%s/resolve/%s/%s"
                                                        .formatted(
                                                                id,
                                                                revisionPart,
                                                                SafeNames.encodedPath(name)))
                                .orElse("/api/models/%s/revision/%s".formatted(id, revisionPart)));
    }

    /** The page where licences are accepted and spelling is checked. */
    String page() {
        return settings.endpoint() + "/" + id;
    }

    boolean hasToken() {
        return settings.token().isPresent();
    }

    @Override
    public String toString() {
        return file.map(name -> name + " of ").orElse("") + id + " at " + revision;
    }
}
