package dev.patchscopes.measure;

/**
 * The one pair of layers that answers most samples of one half, and how it does on the other half,
 * which had no part in choosing it. Of equals, the pair with the lower l was chosen, then with the
 * lower l*.
 *
 * @param sourceLayer l
 * @param targetLayer l*
 * @param dev its rate on the half it was chosen on; too good by the choice
 * @param test its rate on the other half
 */
public record HeldOutCell(int sourceLayer, int targetLayer, Rate dev, Rate test) {

    /** {@return layers and the rate on the other half} */
    @Override
    public String toString() {
        return "l %d -> l* %d: %s".formatted(sourceLayer, targetLayer, test);
    }
}
