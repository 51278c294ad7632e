package dev.patchscopes.trace.cross;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.TokenDistribution;
import dev.patchscopes.text.TokenBatch;
import java.util.ArrayList;
import java.util.List;

/**
 * What the source model reads and says at the last token of some texts; of all other tokens nothing
 * is kept.
 */
final class SourceStates {
    /** Tokens of a pass, whose states at all layers are in memory at once. */
    private static final int TOKENS_AT_ONCE = 1024;

    private final ImmutableList<ImmutableMap<Integer, double[]>> states; // a text: l to [d_model]
    private final ImmutableList<TokenDistribution> next;

    private SourceStates(
            ImmutableList<ImmutableMap<Integer, double[]>> states,
            ImmutableList<TokenDistribution> next) {
        this.states = states;
        this.next = next;
    }

    /**
     * Runs the texts.
     *
     * @param check called before each pass, which it may stop by throwing
     */
    static SourceStates of(
            HookedModel model,
            ImmutableSet<Integer> layers,
            List<AlignedPrompts> texts,
            Runnable check) {
        ImmutableList.Builder<ImmutableMap<Integer, double[]>> states = ImmutableList.builder();
        ImmutableList.Builder<TokenDistribution> next = ImmutableList.builder();
        for (List<AlignedPrompts> some : passes(texts, TOKENS_AT_ONCE)) {
            check.run();
            Activations acts =
                    model.run(TokenBatch.of(some.stream().map(AlignedPrompts::source).toList()))
                            .capture(
                                    layers.stream()
                                            .map(HookPoint::residual)
                                            .collect(ImmutableSet.toImmutableSet()))
                            .logits()
                            .execute();
            for (int row = 0; row < some.size(); row++) {
                int last = some.get(row).source().length() - 1;
                ImmutableMap.Builder<Integer, double[]> kept = ImmutableMap.builder();
                for (int layer : layers) {
                    kept.put(layer, acts.get(HookPoint.residual(layer)).vectorDoubles(row, last));
                }
                states.add(kept.buildOrThrow());
                next.add(acts.next(row));
            }
        }
        return new SourceStates(states.build(), next.build());
    }

    /** The texts in their order, in passes of so many source tokens, or of one longer text. */
    static ImmutableList<ImmutableList<AlignedPrompts>> passes(
            List<AlignedPrompts> texts, int tokensAtOnce) {
        ImmutableList.Builder<ImmutableList<AlignedPrompts>> out = ImmutableList.builder();
        List<AlignedPrompts> pass = new ArrayList<>();
        int tokens = 0;
        for (AlignedPrompts text : texts) {
            int length = text.source().length();
            if (!pass.isEmpty() && tokens + length > tokensAtOnce) {
                out.add(ImmutableList.copyOf(pass));
                pass.clear();
                tokens = 0;
            }
            pass.add(text);
            tokens += length;
        }
        return pass.isEmpty() ? out.build() : out.add(ImmutableList.copyOf(pass)).build();
    }

    /** h_l of the last token of a text, [d_model]; not to be changed. */
    double[] at(int text, int layer) {
        return states.get(text).get(layer);
    }

    /** What the model says after a text. */
    TokenDistribution next(int text) {
        return next.get(text);
    }
}
