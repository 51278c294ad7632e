package dev.patchscopes;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.Edit;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Operation;
import dev.patchscopes.model.Phase;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.Run;
import dev.patchscopes.model.SweepEstimate;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** Vectors of one model on their way into another: what a sweep of the other cannot read itself. */
final class SourceVectors {

    /** Memory for a batch of prompts where no budget is set. */
    private static final long DEFAULT_BYTES = 256L << 20;

    private final HookedModel model;
    private final boolean checkFinite;
    private final ImmutableSet<GridPlan.Origin> origins;
    private final ImmutableSet<HookPoint> points;
    private final ImmutableList<ImmutableList<TokenizedPrompt>> batches;

    SourceVectors(
            HookedModel model,
            ImmutableSet<GridPlan.Origin> origins,
            Optional<Long> budgetBytes,
            boolean checkFinite) {
        this.model = model;
        this.checkFinite = checkFinite;
        this.origins = origins;
        this.points =
                origins.stream()
                        .map(o -> HookPoint.residual(o.layer()))
                        .collect(ImmutableSet.toImmutableSet());
        this.batches = batches(budgetBytes.orElse(DEFAULT_BYTES));
    }

    /** Prompts with different tokens, those of like lengths together, as many as memory allows. */
    private ImmutableList<ImmutableList<TokenizedPrompt>> batches(long budget) {
        Set<ImmutableIntArray> seen = new HashSet<>();
        List<TokenizedPrompt> prompts =
                origins.stream()
                        .map(o -> o.spot().prompt())
                        .filter(prompt -> seen.add(prompt.ids()))
                        .sorted(Comparator.comparingInt(TokenizedPrompt::length))
                        .toList();
        ImmutableList.Builder<ImmutableList<TokenizedPrompt>> out = ImmutableList.builder();
        List<TokenizedPrompt> batch = new ArrayList<>();
        for (TokenizedPrompt prompt : prompts) {
            if (!batch.isEmpty() && bytes(batch.size() + 1, prompt.length()) > budget) {
                out.add(ImmutableList.copyOf(batch));
                batch.clear();
            }
            batch.add(prompt);
        }
        return out.add(ImmutableList.copyOf(batch)).build();
    }

    /** Memory a batch takes, roughly: what is captured, what is under way, attention scores. */
    private long bytes(int rows, int tokens) {
        long values = (points.size() + 24L) * model.width() + 3L * model.heads() * tokens;
        return 8L * rows * tokens * values;
    }

    /**
     * Reads and maps every vector.
     *
     * @param checked the mapping of a vector
     * @param progress can stop between batches
     */
    GridPlan.Writer read(
            Function<GridPlan.Origin, UnaryOperator<double[]>> checked, Progress progress) {
        Map<ImmutableIntArray, List<GridPlan.Origin>> byPrompt = new HashMap<>();
        for (GridPlan.Origin origin : origins) {
            byPrompt.computeIfAbsent(origin.spot().prompt().ids(), k -> new ArrayList<>())
                    .add(origin);
        }
        ImmutableMap.Builder<GridPlan.Origin, Operation> vectors = ImmutableMap.builder();
        int done = 0;
        for (ImmutableList<TokenizedPrompt> batch : batches) {
            Steps.stopIfAsked(
                    progress, "the reading of source prompts", done++, batches.size(), "batches");
            Run run = model.run(TokenBatch.of(batch)).capture(points);
            Activations read = (checkFinite ? run.checkFinite() : run).execute();
            for (int row = 0; row < batch.size(); row++) {
                for (GridPlan.Origin origin : byPrompt.get(batch.get(row).ids())) {
                    double[] h = // [d_model of M]
                            read.get(HookPoint.residual(origin.layer()))
                                    .vectorDoubles(row, origin.spot().position());
                    vectors.put(origin, replacement(checked.apply(origin).apply(h)));
                }
            }
        }
        return writer(vectors.buildOrThrow()::get);
    }

    /** A writer of vectors of a width that nobody has read, for estimates. */
    static GridPlan.Writer unread(int width) {
        Operation zeros = replacement(new double[width]);
        return writer(origin -> zeros);
    }

    private static Operation replacement(double[] values) {
        return new Operation.Replace(ImmutableDoubleArray.copyOf(values));
    }

    /** The cells of an origin share its values, which Intervention.replace would copy for each. */
    private static GridPlan.Writer writer(Function<GridPlan.Origin, Operation> vectors) {
        return (base, origin, to, at) ->
                Cell.of(
                        base,
                        new Edit(
                                to,
                                at,
                                ImmutableIntArray.of(),
                                ImmutableIntArray.of(),
                                Phase.PREFILL,
                                vectors.apply(origin)));
    }

    /** The estimate of the target model's sweep with the work of reading here added. */
    SweepEstimate with(SweepEstimate sweep) {
        int blocks = origins.stream().mapToInt(GridPlan.Origin::layer).max().orElseThrow();
        long tokens = 0;
        long bytes = sweep.bytes();
        for (ImmutableList<TokenizedPrompt> batch : batches) {
            int longest = batch.get(batch.size() - 1).length(); // they ascend
            tokens += (long) batch.size() * longest;
            bytes = Math.max(bytes, bytes(batch.size(), longest));
        }
        return new SweepEstimate(
                sweep.cells(),
                sweep.alone(),
                sweep.waves(),
                sweep.blockCalls() + (long) batches.size() * blocks,
                sweep.rows() + tokens * blocks,
                sweep.naiveRows(),
                bytes);
    }
}
