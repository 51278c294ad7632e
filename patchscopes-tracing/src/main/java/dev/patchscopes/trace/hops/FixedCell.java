package dev.patchscopes.trace.hops;

import dev.patchscopes.measure.Rate;

/**
 * The one pair of layers that answers most questions, chosen on the same questions and so too good
 * by the choice. Of equals, the pair with the lower l, then with the lower l*.
 *
 * @param sourceLayer l
 * @param targetLayer l*
 * @param rate how many it answers
 */
public record FixedCell(int sourceLayer, int targetLayer, Rate rate) {

    /** {@return layers and rate} */
    @Override
    public String toString() {
        return "l %d -> l* %d: %s".formatted(sourceLayer, targetLayer, rate);
    }
}
