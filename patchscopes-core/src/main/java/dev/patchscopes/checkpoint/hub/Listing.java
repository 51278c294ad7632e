package dev.patchscopes.checkpoint.hub;

import com.google.common.collect.ImmutableSet;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.patchscopes.checkpoint.hub.HubException.Kind;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * What a revision of a repository holds.
 *
 * @param commit the commit the revision stands for
 * @param files paths as the server gives them: to be looked up, never to be followed
 */
record Listing(String commit, ImmutableSet<String> files) {

    static Listing parse(Asked asked, byte[] json) {
        try {
            JsonElement root = JsonParser.parseString(new String(json, StandardCharsets.UTF_8));
            JsonObject object = root.getAsJsonObject();
            String commit =
                    Optional.ofNullable(object.get("sha"))
                            .map(JsonElement::getAsString)
                            .filter(SafeNames::isCommit)
                            .orElseThrow(() -> noListing(asked, "it names no commit", null));
            if (SafeNames.isCommit(asked.revision()) && !commit.equals(asked.revision())) {
                throw noListing(asked, "it is about the commit " + commit, null);
            }
            JsonArray siblings = object.getAsJsonArray("siblings");
            ImmutableSet.Builder<String> files = ImmutableSet.builder();
            for (JsonElement sibling : siblings) {
                files.add(sibling.getAsJsonObject().get("rfilename").getAsString());
            }
            return new Listing(commit, files.build());
        } catch (JsonParseException
                | IllegalStateException
                | ClassCastException
                | UnsupportedOperationException
                | NullPointerException e) {
            throw noListing(asked, "it is not the hub's JSON", e);
        }
    }

    private static HubException noListing(Asked asked, String fault, Throwable cause) {
        return new HubException(
                Kind.REFUSED,
                "%s answers for %s with no list of files: %s; is the endpoint a hub (HF_ENDPOINT)?"
                        .formatted(asked.address(), asked, fault),
                cause);
    }
}
