package dev.patchscopes.trace.cross;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.ImmutableDoubleArray;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.linear.Moments;
import java.util.function.DoubleFunction;

/**
 * The map of one pair of layers.
 *
 * @param map the map
 * @param penalty the fraction it was fitted with; 0 for kinds without
 */
record MapChoice(AffineMap map, double penalty) {

    /** Refuses kinds that cannot take states of one width to the other. */
    static void check(MapKind kind, int sourceWidth, int targetWidth) {
        if (kind instanceof MapKind.Identity || kind instanceof MapKind.Procrustes) {
            checkArgument(
                    sourceWidth == targetWidth,
                    "the %s needs models of one width, and states are %s and %s wide: use MapKind.affine() or lowRank(r)",
                    kind,
                    sourceWidth,
                    targetWidth);
        }
        if (kind instanceof MapKind.LowRank low) {
            int most = Math.min(sourceWidth, targetWidth);
            checkArgument(low.rank() <= most, "rank %s is not in 1..%s", low.rank(), most);
        }
    }

    /** Whether held-out states are needed to choose among several maps. */
    static boolean isChosen(MapKind kind) {
        return penalties(kind).length() > 1;
    }

    /** The penalties that are tried; none for kinds without. */
    static ImmutableDoubleArray penalties(MapKind kind) {
        if (kind instanceof MapKind.Ridge ridge) {
            return ridge.penalties();
        }
        return kind instanceof MapKind.LowRank low ? low.penalties() : ImmutableDoubleArray.of();
    }

    /**
     * Fits, and of several maps takes the one with the least squared error.
     *
     * @param fitted states to fit to
     * @param choosing states to choose on; not looked at if there is nothing to choose
     */
    static MapChoice of(MapKind kind, Moments fitted, Moments choosing) {
        if (kind instanceof MapKind.Ridge ridge) {
            return best(
                    ridge.penalties(),
                    fraction -> fitted.ridge(fitted.relativePenalty(fraction)),
                    choosing);
        }
        if (kind instanceof MapKind.LowRank low) {
            return best(
                    low.penalties(),
                    fraction -> fitted.reducedRank(low.rank(), fitted.relativePenalty(fraction)),
                    choosing);
        }
        if (kind instanceof MapKind.Procrustes procrustes) {
            return new MapChoice(
                    procrustes.scaled() ? fitted.scaledProcrustes() : fitted.procrustes(), 0);
        }
        return new MapChoice(AffineMap.identity(fitted.inputWidth()), 0);
    }

    private static MapChoice best(
            ImmutableDoubleArray penalties, DoubleFunction<AffineMap> fit, Moments choosing) {
        MapChoice best = new MapChoice(fit.apply(penalties.get(0)), penalties.get(0));
        if (penalties.length() == 1) {
            return best;
        }
        double least = choosing.meanSquaredError(best.map);
        for (double penalty : penalties.subArray(1, penalties.length()).asList()) {
            AffineMap map = fit.apply(penalty);
            double error = choosing.meanSquaredError(map);
            if (error < least) {
                least = error;
                best = new MapChoice(map, penalty);
            }
        }
        return best;
    }
}
