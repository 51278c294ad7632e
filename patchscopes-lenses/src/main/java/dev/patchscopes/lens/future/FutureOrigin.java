package dev.patchscopes.lens.future;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableTable;
import dev.patchscopes.LibraryVersion;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How the maps of a future lens were fitted.
 *
 * @param library version of the library
 * @param textsHash start of a SHA-256 digest of the tokens of the texts fitted on
 * @param validation share of the texts that was kept aside
 * @param seed seed of which texts were kept aside
 * @param epochs how often the texts were gone through by gradient steps; 0 for the closed form
 * @param penalties the penalty chosen, by layer, then by N, as a fraction of the mean square of the
 *     states
 */
public record FutureOrigin(
        LibraryVersion library,
        String textsHash,
        double validation,
        long seed,
        int epochs,
        ImmutableTable<Integer, Integer, Double> penalties) {

    /** {@return texts, seed, epochs, and each layer's penalties in the order of N} */
    @Override
    public String toString() {
        TreeMap<Integer, List<Double>> byLayer = new TreeMap<>();
        for (int layer : penalties.rowKeySet()) {
            byLayer.put(
                    layer,
                    new TreeSet<>(penalties.columnKeySet())
                            .stream()
                                    .map(n -> penalties.row(layer).get(n))
                                    .collect(ImmutableList.toImmutableList()));
        }
        return "fitted on texts %s, seed %d, %s kept aside, %d epochs of steps, penalties by layer %s"
                .formatted(textsHash, seed, validation, epochs, byLayer);
    }
}
