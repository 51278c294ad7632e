package dev.patchscopes.model.golden;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.Patch;
import dev.patchscopes.model.Site;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Random base runs and cells of every kind that a sweep merges. */
final class RandomCells {
    private final Random random;
    private final HookedModel model;
    private final List<BaseRun> bases = new ArrayList<>();

    RandomCells(HookedModel model, long seed) {
        this.model = model;
        this.random = new Random(seed);
        for (int i = 0; i < 3; i++) {
            int length = 4 + random.nextInt(12);
            TokenizedPrompt prompt = TokenizedPrompt.ofIds(random.ints(length, 5, 120).toArray());
            bases.add(
                    i == 1 // a corrupted copy: its cells start from a changed run
                            ? new BaseRun(
                                    prompt,
                                    ImmutableList.of(
                                            Intervention.add(
                                                    HookPoint.residual(0),
                                                    Positions.at(1, 2),
                                                    vector())))
                            : BaseRun.of(prompt));
        }
        TokenizedPrompt first = bases.get(0).prompt();
        bases.add( // starts as base 0 does
                new BaseRun(
                        first,
                        ImmutableList.of(
                                Intervention.scale(
                                        HookPoint.of(Site.EMBED, 0), Positions.at(2), 1.7),
                                Intervention.add(
                                        HookPoint.attnOut(1), Positions.at(1, 3), vector()),
                                Intervention.cutAttention(
                                        Positions.last(), Positions.last(), 0, 2))));
        bases.add( // looks at the whole prompt
                new BaseRun(
                        first,
                        ImmutableList.of(Intervention.mean(HookPoint.mlpOut(1), Positions.at(1)))));
    }

    List<BaseRun> bases() {
        return bases;
    }

    List<Cell> cells(int count) {
        List<Cell> cells = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int base = random.nextInt(bases.size());
            int length = bases.get(base).prompt().length();
            ImmutableList.Builder<Intervention> changes = ImmutableList.builder();
            int kind = random.nextInt(4);
            for (int j = kind == 0 ? 0 : 1 + random.nextInt(2); j > 0; j--) {
                changes.add(change(length));
            }
            ImmutableList.Builder<Patch> patches = ImmutableList.builder();
            if (kind < 2) {
                patches.addAll(random.nextBoolean() ? patch(length) : window(length));
            }
            cells.add(new Cell(base, changes.build(), patches.build()));
        }
        return cells;
    }

    /** From any layer and token of any run to any layer and token, sometimes mapped. */
    private List<Patch> patch(int length) {
        int source = random.nextInt(bases.size());
        int from = random.nextInt(bases.get(source).prompt().length());
        Patch patch =
                Patch.of(
                                source,
                                HookPoint.residual(random.nextInt(model.layers() + 1)),
                                Positions.at(from))
                        .to(
                                HookPoint.residual(random.nextInt(model.layers() + 1)),
                                random.nextBoolean()
                                        ? Positions.last()
                                        : Positions.at(random.nextInt(length)));
        return List.of(
                random.nextInt(3) == 0
                        ? patch.mapped("halved", v -> Arrays.stream(v).map(x -> x / 2).toArray())
                        : patch);
    }

    /** The same place in a run of the same kind, restored over some blocks. */
    private List<Patch> window(int length) {
        int source = random.nextInt(bases.size());
        int most = Math.min(length, bases.get(source).prompt().length());
        int first = random.nextInt(most);
        Positions at =
                random.nextBoolean()
                        ? Positions.at(first)
                        : Positions.range(first, Math.min(most, first + 3));
        int start = random.nextInt(model.layers());
        int end = Math.min(model.layers(), start + 1 + random.nextInt(3));
        int site = random.nextInt(5);
        List<Patch> patches = new ArrayList<>();
        for (int block = start; block < end; block++) {
            HookPoint point =
                    switch (site) {
                        case 0 -> HookPoint.attnOut(block);
                        case 1 -> HookPoint.mlpOut(block);
                        case 2 -> HookPoint.z(block);
                        case 3 -> HookPoint.v(block);
                        default -> HookPoint.residual(block);
                    };
            patches.add(Patch.of(source, point, at));
        }
        return patches;
    }

    private Intervention change(int length) {
        int layers = model.layers();
        int block = random.nextInt(layers);
        int position = random.nextInt(length);
        Positions at = Positions.at(position);
        return switch (random.nextInt(10)) {
            case 0, 1, 2 ->
                    Intervention.replace(
                            HookPoint.residual(random.nextInt(layers + 1)), at, vector());
            case 3 -> Intervention.replace(HookPoint.of(Site.ATTN_PROJ, block), at, vector());
            case 4 ->
                    Intervention.add(
                            HookPoint.mlpOut(block), Positions.at(position, length - 1), vector());
            case 5 -> Intervention.replace(HookPoint.attnOut(block), at, vector());
            case 6 -> Intervention.scale(HookPoint.z(block), at, 0.3).heads(1, 2);
            case 7 ->
                    Intervention.zero(
                            random.nextBoolean() ? HookPoint.q(block) : HookPoint.v(block), at);
            case 8 -> Intervention.zero(HookPoint.k(block), at);
            default -> cut(length, position, block);
        };
    }

    /** To its own position too, an edge that every window holds. */
    private Intervention cut(int length, int position, int block) {
        int end = block + 1 + random.nextInt(model.layers() - block);
        var cut =
                Intervention.cutAttention(
                        Positions.at(position, length - 1),
                        Positions.at(position, length - 1, 0),
                        block,
                        end);
        return switch (random.nextInt(3)) {
            case 0 -> cut.zeroed();
            case 1 -> cut.heads(0, 3);
            default -> cut;
        };
    }

    private float[] vector() {
        float[] values = new float[model.width()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
