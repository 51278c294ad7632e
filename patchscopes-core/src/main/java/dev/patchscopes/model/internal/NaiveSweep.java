package dev.patchscopes.model.internal;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.Axis;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.Edit;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.InterventionException;
import dev.patchscopes.model.ModelException;
import dev.patchscopes.model.NonFiniteException;
import dev.patchscopes.model.Patch;
import dev.patchscopes.model.Reading;
import dev.patchscopes.text.TokenBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Computes cells one at a time, each in a full pass; base runs that patches read are run once. */
final class NaiveSweep {
    private final ModelRuntime runtime;
    private final List<BaseRun> bases;
    private final List<Cell> cells;
    private final Reading reading;
    private final int newTokens;
    private final SweepEngine.Sink sink;
    private final boolean checkFinite;
    private final Map<Integer, Map<HookPoint, Captured.Row>> sources = new HashMap<>();

    NaiveSweep(
            ModelRuntime runtime,
            List<BaseRun> bases,
            List<Cell> cells,
            Reading reading,
            int newTokens,
            SweepEngine.Sink sink,
            boolean checkFinite) {
        this.runtime = runtime;
        this.bases = bases;
        this.cells = cells;
        this.reading = reading;
        this.newTokens = newTokens;
        this.sink = sink;
        this.checkFinite = checkFinite;
    }

    void run(List<Integer> which) {
        for (int index : which) {
            SweepEngine.stopIfAsked(sink);
            run(index);
        }
    }

    private void run(int index) {
        ImmutableList<Intervention> all = interventions(index);
        TokenBatch batch = TokenBatch.of(bases.get(cells.get(index).base()).prompt());
        try {
            run(index, batch, all);
        } catch (NonFiniteException e) {
            throw e.ofCell(index);
        }
    }

    private void run(int index, TokenBatch batch, ImmutableList<Intervention> all) {
        if (reading.residual()) {
            sink.accept(index, ReadValue.ofResidual(lastResidual(batch, all)));
            return;
        }
        if (newTokens == 0) {
            double[] logits = run(batch, ImmutableSet.of(), all).logits().get(0);
            sink.accept(index, ReadValue.of(logits, reading));
            return;
        }
        new Decoder(runtime)
                .generate(
                        batch,
                        ImmutableSet.of(),
                        all,
                        newTokens,
                        new Greedy(index, reading, sink),
                        checkFinite);
    }

    private ModelRuntime.Outcome run(
            TokenBatch batch,
            ImmutableSet<HookPoint> points,
            ImmutableList<Intervention> interventions) {
        return runtime.run(batch, points, interventions, true, checkFinite);
    }

    /**
     * Runs what failed among others alone, to see where and why.
     *
     * @return the failure, or one that tells as much as the others' pass did
     */
    ModelException failureOf(RowWatch.Found found) {
        int index = found.owner().index();
        try {
            if (found.owner().isBase()) {
                BaseRun base = bases.get(index);
                run(TokenBatch.of(base.prompt()), ImmutableSet.of(), base.interventions());
            } else {
                run(index);
            }
        } catch (NonFiniteException e) {
            return found.owner().isBase() ? e.ofBaseRun(index) : e;
        }
        return new ModelException(
                "%s of the sweep: values at %s are not finite where it is computed with others, and finite alone: use Execution.NAIVE"
                        .formatted(
                                found.owner().isBase()
                                        ? "base run " + index
                                        : cells.get(index), // whose place others may count anew
                                found.point()));
    }

    /** What a cell changes and its base run with it, patches with their values read. */
    private ImmutableList<Intervention> interventions(int index) {
        Cell cell = cells.get(index);
        BaseRun base = bases.get(cell.base());
        ImmutableList.Builder<Intervention> all =
                ImmutableList.<Intervention>builder()
                        .addAll(base.interventions())
                        .addAll(cell.interventions());
        for (Patch patch : cell.patches()) {
            all.addAll(asEdits(patch, base));
        }
        return all.build();
    }

    private double[] lastResidual(TokenBatch batch, ImmutableList<Intervention> interventions) {
        HookPoint last = HookPoint.residual(runtime.facts().spec().layers());
        Captured.Row row =
                run(batch, ImmutableSet.of(last), interventions).captures().get(last).rows().get(0);
        int width = row.shape().get(1);
        return row.values().doubles(row.values().size() - width, width);
    }

    /** The patch with its values read: an edit, or one a head where each has values of its own. */
    private List<Intervention> asEdits(Patch patch, BaseRun base) {
        double[][] read = vectors(patch);
        int written = patch.written().resolve(base.prompt()).length();
        checkCounts(patch, read.length, written);
        ArchitectureSpec.AttentionSpec attention = runtime.facts().spec().attention();
        int heads = heads(patch.to(), attention);
        int width = read[0].length / heads;
        List<Intervention> edits = new ArrayList<>();
        for (int head = 0; head < heads; head++) {
            int from = head * width;
            double[] values =
                    Arrays.stream(read)
                            .flatMapToDouble(v -> Arrays.stream(v, from, from + width))
                            .toArray();
            Edit edit = Intervention.replace(patch.to(), patch.written(), values);
            edits.add(patch.to().site().hasHeads() ? edit.heads(head) : edit);
        }
        return edits;
    }

    private static int heads(HookPoint point, ArchitectureSpec.AttentionSpec attention) {
        if (!point.site().hasHeads()) {
            return 1;
        }
        return point.site().axes().contains(Axis.KV_HEAD)
                ? attention.keyValueHeads()
                : attention.heads();
    }

    static void checkCounts(Patch patch, int read, int written) {
        if (read != 1 && read != written) {
            throw new InterventionException(
                    "%s: %d positions are read and %d written; read one, or as many as are written"
                            .formatted(patch, read, written));
        }
    }

    /** The vectors a patch carries, mapped; one a position it is read at. */
    double[][] vectors(Patch patch) {
        ImmutableIntArray positions = patch.read().resolve(bases.get(patch.source()).prompt());
        Captured.Row row = source(patch.source()).get(patch.from());
        double[] all = row.values().doubles(0, row.values().size());
        int width = all.length / row.shape().get(0);
        double[][] out = new double[positions.length()][];
        for (int i = 0; i < out.length; i++) {
            int at = positions.get(i);
            out[i] = mapped(patch, Arrays.copyOfRange(all, at * width, (at + 1) * width));
        }
        return out;
    }

    static double[] mapped(Patch patch, double[] vector) {
        if (patch.map().isEmpty()) {
            return vector;
        }
        double[] result = CallersFailure.in(() -> patch.map().get().function().apply(vector));
        if (result == null) {
            throw new InterventionException(
                    "the map \"%s\" of the patch %s returned null"
                            .formatted(patch.map().get().name(), patch));
        }
        return result.clone(); // the function may use its array again
    }

    private Map<HookPoint, Captured.Row> source(int base) {
        return sources.computeIfAbsent(
                base,
                b -> {
                    Set<HookPoint> points = new LinkedHashSet<>();
                    for (Cell cell : cells) {
                        for (Patch patch : cell.patches()) {
                            if (patch.source() == b) {
                                points.add(patch.from());
                            }
                        }
                    }
                    ModelRuntime.Outcome outcome = source(b, ImmutableSet.copyOf(points));
                    Map<HookPoint, Captured.Row> rows = new HashMap<>();
                    outcome.captures().forEach((point, c) -> rows.put(point, c.rows().get(0)));
                    return rows;
                });
    }

    /** All of a base run, whatever its interventions reach. */
    private ModelRuntime.Outcome source(int base, ImmutableSet<HookPoint> points) {
        BaseRun run = bases.get(base);
        try {
            return run(TokenBatch.of(run.prompt()), points, run.interventions());
        } catch (NonFiniteException e) {
            throw e.ofBaseRun(base);
        }
    }

    /** Passes the most probable tokens of a cell computed alone to its sink. */
    private static final class Greedy implements Decoder.Chooser {
        private final int cell;
        private final Reading reading;
        private final SweepEngine.Sink sink;
        private boolean read;
        private boolean finished;

        Greedy(int cell, Reading reading, SweepEngine.Sink sink) {
            this.cell = cell;
            this.reading = reading;
            this.sink = sink;
        }

        @Override
        public int choose(int row, double[] logits) {
            if (!read) {
                sink.accept(cell, ReadValue.of(logits, reading));
                read = true;
            }
            ReadValue best = ReadValue.of(logits, Reading.top(1));
            finished = sink.generated(cell, best.topId(), best.topProbability());
            return best.topId();
        }

        @Override
        public boolean finished(int row) {
            return finished;
        }

        @Override
        public void next(int generated) {
            SweepEngine.stopIfAsked(sink);
        }
    }
}
