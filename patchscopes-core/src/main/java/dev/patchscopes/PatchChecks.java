package dev.patchscopes;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.PositionException;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.Quoting;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.OptionalInt;

/** What is asked of the parts of a patchscope, be it run alone or in a sweep. */
final class PatchChecks {

    private PatchChecks() {}

    /**
     * The one token a position stands for.
     *
     * @param side {@code source} or {@code target}, for messages
     */
    static int one(String side, Positions positions, TokenizedPrompt prompt) {
        ImmutableIntArray indices = positions.resolve(prompt);
        if (indices.length() != 1) {
            throw new PositionException(
                    "%s position %s is %d tokens, and a patchscope takes one: use last(), at(i) or lastTokenOf(text). Tokens: %s"
                            .formatted(
                                    side,
                                    positions,
                                    indices.length(),
                                    Quoting.list(prompt.tokens())));
        }
        return indices.get(0);
    }

    /** Refuses a mapping known not to fit between two models. */
    static void widths(HookedModel source, Mapping mapping, HookedModel target) {
        int from = source.width();
        int to = target.width();
        OptionalInt taken = mapping.inputWidth();
        if (taken.isPresent() && taken.getAsInt() != from) {
            throw new PatchscopeException(
                    "mapping \"%s\" takes vectors of %d values, and d_model of %s is %d"
                            .formatted(mapping.name(), taken.getAsInt(), source.name(), from));
        }
        OptionalInt given = mapping.outputWidth(from);
        if (given.isPresent() && given.getAsInt() != to) {
            throw new PatchscopeException(
                    "mapping \"%s\" gives vectors of %d values, and d_model of %s is %d: map them with Mapping.affine(matrix, bias) with %d rows"
                            .formatted(mapping.name(), given.getAsInt(), target.name(), to, to));
        }
    }

    /**
     * Refuses what no residual stream can hold.
     *
     * @param patch what the mapping gave
     * @param mapping the mapping's name
     * @param source where the representation was read
     * @param where what it is written into, for messages
     * @param width number of values that holds
     * @return the patch
     */
    static double[] patch(double[] patch, String mapping, Place source, String where, int width) {
        if (patch.length != width) {
            throw new PatchscopeException(
                    "mapping \"%s\" gave %d values, and %s holds %d"
                            .formatted(mapping, patch.length, where, width));
        }
        for (int i = 0; i < patch.length; i++) {
            if (!Double.isFinite(patch[i])) {
                throw new PatchscopeException(
                        "mapping \"%s\" gave %s at index %d of the representation at %s"
                                .formatted(mapping, patch[i], i, source));
            }
        }
        return patch;
    }
}
