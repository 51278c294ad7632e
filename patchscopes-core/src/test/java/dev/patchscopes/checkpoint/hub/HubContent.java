package dev.patchscopes.checkpoint.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.hash.Hashing;
import com.google.common.primitives.Bytes;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** What a repository of {@link HubServer} holds at its only commit. */
final class HubContent {

    /** A file: large ones are in the storage and named by SHA-256, others as Git names them. */
    static final class Stored {
        private final byte[] bytes;
        private final boolean large;
        private final String digest;

        private Stored(byte[] bytes, boolean large, String digest) {
            this.bytes = bytes;
            this.large = large;
            this.digest = digest;
        }

        byte[] bytes() {
            return bytes;
        }

        boolean large() {
            return large;
        }

        String digest() {
            return digest;
        }
    }

    private final Map<String, Stored> files = new LinkedHashMap<>();
    private final TreeSet<String> revisions = new TreeSet<>();
    private final String commit;

    HubContent(String commit) {
        this.commit = commit;
        revisions.add("main");
        revisions.add(commit);
    }

    /** What is enough for a model in the eyes of the client. */
    static HubContent model(String commit) {
        return new HubContent(commit)
                .small("config.json", "{\"model_type\": \"none\"}")
                .small("tokenizer.json", "{}")
                .small("README.md", "# not needed")
                .large("model.safetensors", bytes(10_000, 1));
    }

    /** Bytes that repeat late. */
    static byte[] bytes(int length, int seed) {
        byte[] bytes = new byte[length];
        new java.util.Random(seed).nextBytes(bytes);
        return bytes;
    }

    HubContent small(String name, String text) {
        return small(name, text.getBytes(UTF_8));
    }

    HubContent small(String name, byte[] bytes) {
        files.put(name, new Stored(bytes, false, git(bytes)));
        return this;
    }

    HubContent large(String name, byte[] bytes) {
        files.put(name, new Stored(bytes, true, sha256(bytes)));
        return this;
    }

    HubContent without(String name) {
        files.remove(name);
        return this;
    }

    HubContent tag(String name) {
        revisions.add(name);
        return this;
    }

    String commit() {
        return commit;
    }

    boolean knows(String revision) {
        return revisions.contains(revision);
    }

    Optional<Stored> file(String name) {
        return Optional.ofNullable(files.get(name));
    }

    String listing(String id) {
        JsonArray siblings = new JsonArray();
        for (String name : files.keySet()) {
            JsonObject sibling = new JsonObject();
            sibling.addProperty("rfilename", name);
            siblings.add(sibling);
        }
        JsonObject listing = new JsonObject();
        listing.addProperty("id", id);
        listing.addProperty("sha", commit);
        listing.add("siblings", siblings);
        return listing.toString();
    }

    static String sha256(byte[] bytes) {
        return Hashing.sha256().hashBytes(bytes).toString();
    }

    @SuppressWarnings("deprecation") // Git's own
    static String git(byte[] bytes) {
        byte[] head = ("blob " + bytes.length + "\0").getBytes(UTF_8);
        return Hashing.sha1().hashBytes(Bytes.concat(head, bytes)).toString();
    }
}
