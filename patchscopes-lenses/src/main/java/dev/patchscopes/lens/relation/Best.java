package dev.patchscopes.lens.relation;

import java.util.EnumMap;
import java.util.Map;

/**
 * The best candidate of each method so far: most hits; of equals the one that makes what is wanted
 * most probable; of equals the first.
 *
 * @param <M> methods
 * @param <C> candidates
 */
final class Best<M extends Enum<M>, C> {
    private final Map<M, Scored<C>> best;

    private record Scored<C>(C candidate, int hits, double softness) {}

    Best(Class<M> methods) {
        this.best = new EnumMap<>(methods);
    }

    void offer(M method, C candidate, int hits, double softness) {
        Scored<C> old = best.get(method);
        if (old == null || hits > old.hits || (hits == old.hits && softness > old.softness)) {
            best.put(method, new Scored<>(candidate, hits, softness));
        }
    }

    boolean has(M method) {
        return best.containsKey(method);
    }

    C of(M method) {
        return best.get(method).candidate;
    }
}
