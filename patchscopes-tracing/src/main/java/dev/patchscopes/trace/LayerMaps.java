package dev.patchscopes.trace;

import dev.patchscopes.Mapping;

/**
 * The function f of a patchscope for each pair of layers: maps between two models are fitted for
 * one pair each (Ghandeharioun et al., "Patchscopes", 2024, section 4.4).
 *
 * <pre>{@code
 * LayerMaps identity = (l, to) -> Mapping.identity();
 * }</pre>
 */
@FunctionalInterface
public interface LayerMaps {

    /**
     * The map between two layers. Asked once for each pair that is used; asked again, it gives an
     * equal map.
     *
     * @param sourceLayer l, 0..L of the source model
     * @param targetLayer l*, 0..L of the target model
     * @return takes vectors of the source model's width, gives vectors of the target model's
     */
    Mapping between(int sourceLayer, int targetLayer);
}
