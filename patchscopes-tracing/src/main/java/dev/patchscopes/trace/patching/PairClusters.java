package dev.patchscopes.trace.patching;

import com.google.common.collect.ImmutableList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which pairs are no independent evidence: those connected through a prompt they share, or through
 * a subject they name.
 */
final class PairClusters {
    private PairClusters() {}

    /** {@return indices of the pairs of each cluster, in the order of their first ones} */
    static ImmutableList<ImmutableList<Integer>> of(List<PairReading> pairs) {
        int[] parents = new int[pairs.size()];
        Map<Object, Integer> first = new HashMap<>();
        for (int pair = 0; pair < parents.length; pair++) {
            parents[pair] = pair;
            PairReading reading = pairs.get(pair);
            ImmutableList.Builder<Object> keys = ImmutableList.builder();
            keys.add(reading.cleanIds(), reading.corruptedIds()).addAll(reading.about());
            for (Object key : keys.build()) {
                Integer other = first.putIfAbsent(key, pair);
                if (other != null) {
                    int root = root(parents, other);
                    int mine = root(parents, pair);
                    parents[Math.max(root, mine)] = Math.min(root, mine);
                }
            }
        }
        Map<Integer, ImmutableList.Builder<Integer>> clusters = new LinkedHashMap<>();
        for (int pair = 0; pair < parents.length; pair++) {
            clusters.computeIfAbsent(root(parents, pair), r -> ImmutableList.builder()).add(pair);
        }
        return clusters.values().stream()
                .map(ImmutableList.Builder::build)
                .collect(ImmutableList.toImmutableList());
    }

    private static int root(int[] parents, int pair) {
        int at = pair;
        while (parents[at] != at) {
            at = parents[at];
        }
        return at;
    }
}
