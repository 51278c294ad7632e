package dev.patchscopes.model.internal;

import dev.patchscopes.checkpoint.Checkpoint;

/**
 * The names a checkpoint gives an architecture's tensors.
 *
 * @param map the architecture's names, without prefix
 * @param prefix what this checkpoint puts before them
 */
public record StoredNames(WeightMap map, String prefix) {

    /** The prefix under which a checkpoint holds the token table. */
    public static StoredNames of(WeightMap map, Checkpoint checkpoint) {
        String probe = map.embedding().parts().get(0).tensor();
        for (String candidate : map.prefixes()) {
            if (checkpoint.has(candidate + probe)) {
                return new StoredNames(map, candidate);
            }
        }
        return canonical(map);
    }

    /** The names under which new checkpoints are written. */
    public static StoredNames canonical(WeightMap map) {
        return new StoredNames(map, map.prefixes().get(0));
    }

    /** A tensor's name in the checkpoint. */
    public String stored(String name) {
        return map.unprefixed().contains(name) ? name : prefix + name;
    }
}
