package dev.patchscopes.model;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.checkpoint.Checkpoint;
import dev.patchscopes.checkpoint.StoredTensor;
import dev.patchscopes.model.internal.Architecture;
import dev.patchscopes.model.internal.ArchitectureSpec;
import dev.patchscopes.model.internal.StoredNames;
import dev.patchscopes.model.internal.WeightMap;
import dev.patchscopes.model.internal.family.Families;
import dev.patchscopes.text.TokenizedPrompt;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * One element of a checkpoint that is to be damaged, and where theory says that a prompt's run
 * first shows it.
 *
 * @param tensor stored name
 * @param element row-major index in the stored tensor
 * @param point the first point; empty if the prompt does not come by the element
 * @param positions all positions that show it there
 */
record DamagedWeight(
        String tensor, int element, Optional<HookPoint> point, ImmutableIntArray positions) {

    /** A parameter, and the point that its rows first show at. */
    private record Parameter(WeightMap.Parts parts, IntFunction<HookPoint> pointOfRow) {}

    /** Draws an element of any parameter, each as likely as the others. */
    static DamagedWeight draw(Path directory, TokenizedPrompt prompt, Random random) {
        try (Checkpoint checkpoint = Checkpoint.open(directory)) {
            return draw(checkpoint, prompt, random);
        }
    }

    private static DamagedWeight draw(
            Checkpoint checkpoint, TokenizedPrompt prompt, Random random) {
        Architecture architecture = Families.describe(checkpoint.config());
        List<Parameter> all = parameters(architecture);
        StoredNames names = StoredNames.of(architecture.weights(), checkpoint);
        while (true) {
            Parameter parameter = all.get(random.nextInt(all.size()));
            int first = 0;
            List<WeightMap.Part> parts = parameter.parts().parts();
            int chosen = random.nextInt(parts.size());
            for (int i = 0; i < chosen; i++) {
                first += rows(checkpoint.tensor(names.stored(parts.get(i).tensor())), parts.get(i));
            }
            WeightMap.Part part = parts.get(chosen);
            StoredTensor stored = checkpoint.tensor(names.stored(part.tensor()));
            int element = random.nextInt(Math.toIntExact(stored.elements()));
            if (parameter.parts().equals(architecture.weights().embedding())) {
                element = embeddingElement(stored, prompt, random);
            }
            int row = row(stored, part, element);
            if (row >= 0) {
                return at(architecture, parameter, stored, element, first + row, prompt);
            }
        }
    }

    /** Half of the time of a token of the prompt. */
    private static int embeddingElement(
            StoredTensor stored, TokenizedPrompt prompt, Random random) {
        int width = Math.toIntExact(stored.shape().get(1));
        int vocabulary = Math.toIntExact(stored.shape().get(0));
        int token =
                random.nextBoolean()
                        ? prompt.ids().get(random.nextInt(prompt.length()))
                        : random.nextInt(vocabulary);
        return token * width + random.nextInt(width);
    }

    private static int rows(StoredTensor stored, WeightMap.Part part) {
        if (!part.rows().isEmpty()) {
            return part.rows().length();
        }
        return Math.toIntExact(stored.shape().get(part.transposed() ? 1 : 0));
    }

    /** The row of the parameter that an element stands in; negative if the part leaves it out. */
    private static int row(StoredTensor stored, WeightMap.Part part, int element) {
        int width = stored.shape().length() == 2 ? Math.toIntExact(stored.shape().get(1)) : 1;
        int row = part.transposed() ? element % width : element / width;
        return part.rows().isEmpty() ? row : part.rows().indexOf(row);
    }

    private static DamagedWeight at(
            Architecture architecture,
            Parameter parameter,
            StoredTensor stored,
            int element,
            int row,
            TokenizedPrompt prompt) {
        HookPoint point = parameter.pointOfRow().apply(row);
        int last = prompt.length() - 1;
        IntStream everywhere = IntStream.rangeClosed(0, last);
        if (point.equals(HookPoint.embed())) {
            ImmutableIntArray at =
                    ImmutableIntArray.copyOf(everywhere.filter(p -> prompt.ids().get(p) == row));
            if (at.isEmpty()) {
                boolean read = architecture.weights().tied();
                return new DamagedWeight(
                        stored.name(),
                        element,
                        read ? Optional.of(HookPoint.logits()) : Optional.empty(),
                        ImmutableIntArray.of(last));
            }
            return new DamagedWeight(stored.name(), element, Optional.of(point), at);
        }
        if (point.site() == Site.POS_EMBED) {
            int position = row - offset(architecture.spec());
            boolean read = position >= 0 && position <= last;
            return new DamagedWeight(
                    stored.name(),
                    element,
                    read ? Optional.of(point) : Optional.empty(),
                    ImmutableIntArray.of(position));
        }
        // the run computes logits of the last token only
        ImmutableIntArray at =
                point.equals(HookPoint.logits())
                        ? ImmutableIntArray.of(last)
                        : ImmutableIntArray.copyOf(everywhere);
        return new DamagedWeight(stored.name(), element, Optional.of(point), at);
    }

    private static int offset(ArchitectureSpec spec) {
        return ((ArchitectureSpec.PositionSpec.Learned) spec.positions()).offset();
    }

    private static List<Parameter> parameters(Architecture architecture) {
        WeightMap map = architecture.weights();
        List<Parameter> all = new ArrayList<>();
        add(all, Optional.of(map.embedding()), HookPoint.embed());
        add(all, map.positions(), HookPoint.of(Site.POS_EMBED, 0));
        addNorm(all, map.embeddingNorm(), HookPoint.residual(0));
        map.projectIn().ifPresent(l -> addLinear(all, l, row -> HookPoint.residual(0)));
        map.projectOut().ifPresent(l -> addLinear(all, l, row -> HookPoint.logits()));
        addNorm(all, map.finalNorm(), HookPoint.logits());
        if (!map.tied()) {
            add(all, Optional.of(map.unembedding().weight()), HookPoint.logits());
        }
        add(all, map.unembedding().bias(), HookPoint.logits());
        for (int b = 0; b < map.blocks().size(); b++) {
            addBlock(all, map.blocks().get(b), architecture.spec(), b);
        }
        return all;
    }

    private static void addBlock(
            List<Parameter> all, WeightMap.Block block, ArchitectureSpec spec, int b) {
        boolean onStream = spec.layout().streamNorms();
        addNorm(all, block.attentionNorm(), onStream ? HookPoint.residMid(b) : HookPoint.v(b));
        addNorm(
                all,
                block.mlpNorm(),
                onStream ? HookPoint.residPost(b) : HookPoint.of(Site.MLP_PRE, b));
        addNorm(all, block.attentionOutputNorm(), HookPoint.attnOut(b));
        addNorm(all, block.mlpOutputNorm(), HookPoint.mlpOut(b));
        addNorm(all, block.queryNorm(), HookPoint.of(Site.ROT_Q, b));
        addNorm(all, block.keyNorm(), HookPoint.of(Site.ROT_K, b));
        ArchitectureSpec.AttentionSpec attention = spec.attention();
        int queries = attention.heads() * attention.headWidth();
        int keys = queries + attention.keyValueHeads() * attention.headWidth();
        addLinear(
                all,
                block.queryKeyValue(),
                row ->
                        row < queries
                                ? HookPoint.q(b)
                                : row < keys ? HookPoint.k(b) : HookPoint.v(b));
        addLinear(all, block.attentionOutput(), row -> HookPoint.of(Site.ATTN_PROJ, b));
        addLinear(
                all,
                block.mlpIn(),
                row ->
                        HookPoint.of(
                                row < spec.mlp().width() ? Site.MLP_PRE : Site.MLP_PRE_LINEAR, b));
        addLinear(all, block.mlpOut(), row -> HookPoint.of(Site.MLP_PROJ, b));
    }

    private static void addLinear(
            List<Parameter> all, WeightMap.Linear linear, IntFunction<HookPoint> pointOfRow) {
        all.add(new Parameter(linear.weight(), pointOfRow));
        linear.bias().ifPresent(bias -> all.add(new Parameter(bias, pointOfRow)));
    }

    private static void addNorm(
            List<Parameter> all, Optional<WeightMap.Norm> norm, HookPoint point) {
        add(all, norm.map(WeightMap.Norm::weight), point);
        add(all, norm.flatMap(WeightMap.Norm::bias), point);
    }

    private static void add(List<Parameter> all, Optional<WeightMap.Parts> parts, HookPoint point) {
        parts.ifPresent(p -> all.add(new Parameter(p, row -> point)));
    }
}
