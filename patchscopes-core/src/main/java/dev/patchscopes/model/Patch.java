package dev.patchscopes.model;

import static com.google.common.base.Preconditions.checkArgument;

import dev.patchscopes.text.Positions;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * A vector that a cell of a sweep takes from another of the sweep's base runs.
 *
 * <p>The value of {@code from} at {@code read} in the source run, mapped if a map is given,
 * replaces that of {@code to} at {@code written} in the cell. This is how a sweep states a
 * Patchscope (Ghandeharioun et al., 2024, section 3), a restored state of causal tracing (Meng et
 * al., 2022, section 2.1) or an activation patch without reading the values first, so that source
 * runs and cells share their pass over the blocks.
 *
 * <pre>{@code
 * // what token 3 of base run 0 holds after 5 blocks, written over the last token of base run 1
 * Cell.of(1).patched(Patch.of(0, HookPoint.residual(5), Positions.at(3))
 *     .to(HookPoint.residual(8), Positions.last()));
 * }</pre>
 *
 * @param source index of the base run it is read from
 * @param from where it is read; a site with one value a position
 * @param read positions it is read at, in the source's prompt
 * @param to where it is written; of the same width unless a map changes it
 * @param written positions it is written at, in the cell's prompt; as many as are read, or any
 *     number if one is read
 * @param map what happens to each vector in between
 */
public record Patch(
        int source,
        HookPoint from,
        Positions read,
        HookPoint to,
        Positions written,
        Optional<Map> map) {

    /**
     * Checks that both places hold a value a position.
     *
     * @param source index of the base run it is read from
     * @param from where it is read
     * @param read positions it is read at
     * @param to where it is written
     * @param written positions it is written at
     * @param map what happens to each vector in between
     */
    public Patch {
        checkArgument(source >= 0, "base run %s is negative", source);
        for (HookPoint point : new HookPoint[] {from, to}) {
            if (point.site().isPairwise() || !point.site().inBlock()) {
                throw new InterventionException(
                        "%s has axes %s, and a patch carries one vector a position between sites inside blocks: use a site such as %s"
                                .formatted(point, point.site().axes(), Site.RESID_POST.pattern()));
            }
        }
    }

    /**
     * A function of vectors under a name, by which results and saved sweeps know it.
     *
     * @param name the name
     * @param function gets a copy of the vector, gives one of the width that is written
     */
    public record Map(String name, UnaryOperator<double[]> function) {}

    /**
     * Takes a vector from a base run; {@link #to} says where it goes, and unless said otherwise it
     * goes to the same place.
     *
     * @param source index of the base run
     * @param point where it is read
     * @param positions positions it is read at
     * @return the patch
     */
    public static Patch of(int source, HookPoint point, Positions positions) {
        return new Patch(source, point, positions, point, positions, Optional.empty());
    }

    /**
     * Chooses where the vector is written.
     *
     * @param point where
     * @param positions positions of the cell's prompt
     * @return the patch
     */
    public Patch to(HookPoint point, Positions positions) {
        return new Patch(source, from, read, point, positions, map);
    }

    /**
     * Chooses what happens to each vector on its way.
     *
     * @param name a name for the function
     * @param function gets a copy of the vector, gives one of the width that is written
     * @return the patch
     */
    public Patch mapped(String name, UnaryOperator<double[]> function) {
        return new Patch(source, from, read, to, written, Optional.of(new Map(name, function)));
    }

    /** {@return source and target in a line} */
    @Override
    public String toString() {
        return "%s at %s of base run %d%s -> %s at %s"
                .formatted(
                        from,
                        read,
                        source,
                        map.map(m -> " -> " + m.name()).orElse(""),
                        to,
                        written);
    }
}
