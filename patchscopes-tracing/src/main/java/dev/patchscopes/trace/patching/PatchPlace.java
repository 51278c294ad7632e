package dev.patchscopes.trace.patching;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.Axis;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Site;
import dev.patchscopes.text.Positions;
import java.util.OptionalInt;

/**
 * The part of a model's activations that a cell patches.
 *
 * @param target what is patched
 * @param block in which block
 * @param head one head; empty for all, or where there are none
 * @param from first position; of those that attend, for the pattern
 * @param to position after the last one
 * @param key one position attended to; empty for all, or where there are none
 */
record PatchPlace(
        PatchTarget target, int block, OptionalInt head, int from, int to, OptionalInt key) {

    /** Lengths of the axes of a target. */
    static ImmutableList<Integer> shape(HookedModel model, PatchTarget target, int length) {
        int blocks = model.layers();
        int heads = heads(model, target.site().site());
        return switch (target.grain()) {
            case BLOCK -> ImmutableList.of(blocks);
            case POSITION -> ImmutableList.of(blocks, length);
            case HEAD -> ImmutableList.of(blocks, heads);
            case POSITION_AND_HEAD -> ImmutableList.of(blocks, length, heads);
            case DESTINATION -> ImmutableList.of(blocks, heads, length);
            case EDGE -> ImmutableList.of(blocks, heads, length, length);
        };
    }

    /** How many heads a site has; 1 without heads. */
    static int heads(HookedModel model, Site site) {
        if (!site.hasHeads()) {
            return 1;
        }
        return site.axes().contains(Axis.KV_HEAD) ? model.summary().keyValueHeads() : model.heads();
    }

    /** The places of a target's cells, in their order. */
    static ImmutableList<PatchPlace> of(HookedModel model, PatchTarget target, int length) {
        ImmutableList.Builder<PatchPlace> out = ImmutableList.builder();
        for (int block = 0; block < model.layers(); block++) {
            add(out, target, block, heads(model, target.site().site()), length);
        }
        return out.build();
    }

    private static void add(
            ImmutableList.Builder<PatchPlace> out,
            PatchTarget target,
            int block,
            int heads,
            int length) {
        OptionalInt none = OptionalInt.empty();
        switch (target.grain()) {
            case BLOCK -> out.add(new PatchPlace(target, block, none, 0, length, none));
            case POSITION -> {
                for (int pos = 0; pos < length; pos++) {
                    out.add(new PatchPlace(target, block, none, pos, pos + 1, none));
                }
            }
            case HEAD -> {
                for (int head = 0; head < heads; head++) {
                    out.add(new PatchPlace(target, block, OptionalInt.of(head), 0, length, none));
                }
            }
            case POSITION_AND_HEAD -> {
                for (int pos = 0; pos < length; pos++) {
                    for (int head = 0; head < heads; head++) {
                        OptionalInt one = OptionalInt.of(head);
                        out.add(new PatchPlace(target, block, one, pos, pos + 1, none));
                    }
                }
            }
            case DESTINATION -> {
                for (int head = 0; head < heads; head++) {
                    for (int dest = 0; dest < length; dest++) {
                        OptionalInt one = OptionalInt.of(head);
                        out.add(new PatchPlace(target, block, one, dest, dest + 1, none));
                    }
                }
            }
            case EDGE -> {
                for (int head = 0; head < heads; head++) {
                    for (int at = 0; at < length * length; at++) {
                        int dest = at / length;
                        OptionalInt src = OptionalInt.of(at % length);
                        OptionalInt one = OptionalInt.of(head);
                        out.add(new PatchPlace(target, block, one, dest, dest + 1, src));
                    }
                }
            }
        }
    }

    /** Where it is. */
    HookPoint point() {
        return HookPoint.of(target.site().site(), block);
    }

    /** At which tokens. */
    Positions positions() {
        return Positions.range(from, to);
    }

    /** Whether it is one of the weights on later positions, which are zero in every run. */
    boolean isMasked() {
        return key.isPresent() && key.getAsInt() >= to;
    }
}
