package dev.patchscopes.trace.patching;

import com.google.common.collect.ImmutableSet;
import dev.patchscopes.model.Activation;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Site;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Values of heads, and what a patched pattern mixes of them.
 *
 * <p>A pattern changes nothing but z of its own block, so a run with another pattern is the run
 * with the z that it gives: z[dest] = sum over src of pattern[dest][src] v[src], whose v are those
 * of the run that is patched. Stated so, a cell needs no more than the rows it changes.
 */
final class SourceValues {
    private final HookedModel model;
    private final int length;
    private final Map<HookPoint, double[]> source = new HashMap<>();
    private final Map<HookPoint, double[]> patched = new HashMap<>();

    private SourceValues(HookedModel model, int length) {
        this.model = model;
        this.length = length;
    }

    /**
     * Reads both runs once, if places of single heads are among those that are patched.
     *
     * @param from the prompt activations are taken from
     * @param into the prompt they are patched into
     */
    static SourceValues of(
            HookedModel model,
            TokenizedPrompt from,
            TokenizedPrompt into,
            List<PatchTarget> targets) {
        SourceValues values = new SourceValues(model, from.length());
        ImmutableSet<HookPoint> points = points(model, targets);
        if (!points.isEmpty()) {
            Activations read = model.run(TokenBatch.of(from, into)).capture(points).execute();
            for (HookPoint point : points) {
                Activation activation = read.get(point);
                values.source.put(point, activation.doubles(0));
                values.patched.put(point, activation.doubles(1));
            }
        }
        return values;
    }

    private static ImmutableSet<HookPoint> points(HookedModel model, List<PatchTarget> targets) {
        ImmutableSet.Builder<HookPoint> points = ImmutableSet.builder();
        for (PatchTarget target : targets) {
            if (target.grain() == PatchGrain.BLOCK || target.grain() == PatchGrain.POSITION) {
                continue; // carried inside the sweep
            }
            points.addAll(HookPoint.blocks(target.site().site(), 0, model.layers()));
            if (target.site() == PatchedSite.PATTERN) {
                points.addAll(HookPoint.blocks(Site.V, 0, model.layers()));
            }
        }
        return points.build();
    }

    /** The source's vectors of one head, [position, d_head]. */
    double[] ofHead(PatchPlace place) {
        return cut(source.get(place.point()), place);
    }

    private double[] cut(double[] all, PatchPlace place) {
        int heads = PatchPlace.heads(model, place.point().site());
        int width = all.length / (length * heads);
        int head = place.head().orElseThrow();
        double[] out = new double[(place.to() - place.from()) * width];
        for (int pos = place.from(); pos < place.to(); pos++) {
            int at = (pos * heads + head) * width;
            System.arraycopy(all, at, out, (pos - place.from()) * width, width);
        }
        return out;
    }

    /**
     * Rows of the pattern as the patch leaves them, [dest, key].
     *
     * @param keys tokens of the run that is patched; later ones than the prompt's have weight 0
     */
    double[] pattern(PatchPlace place, int keys) {
        double[] out = new double[(place.to() - place.from()) * keys];
        for (int dest = place.from(); dest < place.to(); dest++) {
            double[] row = row(place, dest);
            System.arraycopy(row, 0, out, (dest - place.from()) * keys, length);
        }
        return out;
    }

    private double[] row(PatchPlace place, int dest) {
        int at = (place.head().orElseThrow() * length + dest) * length;
        double[] given = Arrays.copyOfRange(source.get(place.point()), at, at + length);
        if (place.key().isEmpty()) {
            return given;
        }
        double[] row = Arrays.copyOfRange(patched.get(place.point()), at, at + length);
        int key = place.key().getAsInt();
        row[key] = given[key];
        return row;
    }

    /** What one head mixes with a patched pattern, [dest, d_head]. */
    double[] mixed(PatchPlace place) {
        double[] v = patched.get(HookPoint.v(place.block())); // [pos, kv_head, d_head]
        int groups = PatchPlace.heads(model, Site.V);
        int width = v.length / (length * groups);
        // neighbouring heads share keys and values
        int group = place.head().orElseThrow() / (model.heads() / groups);
        double[] out = new double[(place.to() - place.from()) * width];
        for (int dest = place.from(); dest < place.to(); dest++) {
            double[] row = row(place, dest);
            int to = (dest - place.from()) * width;
            for (int src = 0; src <= dest; src++) {
                int at = (src * groups + group) * width;
                double weight = row[src];
                IntStream.range(0, width).forEach(i -> out[to + i] += weight * v[at + i]);
            }
        }
        return out;
    }
}
