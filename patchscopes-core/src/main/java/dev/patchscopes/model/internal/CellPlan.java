package dev.patchscopes.model.internal;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.EdgeCut;
import dev.patchscopes.model.Edit;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.Operation;
import dev.patchscopes.model.Patch;
import dev.patchscopes.model.Phase;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * What causality says about a cell: nothing before layer {@code startLayer} and nothing before
 * token {@code firstToken} differs from the base run.
 *
 * @param index the cell's place in the sweep
 * @param base its base run
 * @param changes what it changes, in order, without what nothing read depends on
 * @param cuts attention edges it cuts
 * @param startLayer layer at which it leaves the base run
 * @param firstToken first token that can differ
 * @param readToken token whose next-token distribution is read
 * @param how how it is computed
 */
record CellPlan(
        int index,
        int base,
        ImmutableList<Change> changes,
        ImmutableList<RunPlan.Step> cuts,
        int startLayer,
        int firstToken,
        int readToken,
        How how) {

    /** How a cell is computed. */
    enum How {
        /** With the others, from its first change on. */
        MERGED,
        /** In a full pass of its own, since it changes something no suffix pass computes. */
        ALONE
    }

    static CellPlan of(
            ModelFacts facts, int index, Cell cell, List<BasePlan> bases, int newTokens) {
        BasePlan base = bases.get(cell.base());
        RunPlan plan =
                RunPlan.of(
                        facts,
                        base.batch(),
                        ImmutableSet.of(),
                        cell.interventions(),
                        true,
                        newTokens);
        boolean alone = !base.hostsCells();
        List<Change> changes = new ArrayList<>();
        ImmutableList.Builder<RunPlan.Step> cuts = ImmutableList.builder();
        for (RunPlan.Step step : plan.steps()) {
            Phase phase = step.intervention().phase();
            alone |= phase == Phase.DECODE || (phase == Phase.ALL && newTokens > 0);
            if (step.intervention() instanceof Edit edit) {
                alone |= !looksAtRowsAlone(edit);
                changes.add(new Change.Given(step));
            } else {
                checkReal(facts, step);
                cuts.add(step);
            }
        }
        List<Change> taken = new ArrayList<>();
        for (Patch patch : cell.patches()) {
            facts.check(patch.from());
            facts.check(patch.to());
            alone |= startLayer(patch.to()).isEmpty();
            ImmutableIntArray read = patch.read().resolve(bases.get(patch.source()).run().prompt());
            ImmutableIntArray written = patch.written().resolve(base.run().prompt());
            NaiveSweep.checkCounts(patch, read.length(), written.length());
            taken.add(new Change.Taken(patch, read, written));
        }
        if (!alone) {
            // an edit or a cut of the cell's own changes what would otherwise be there already
            boolean patchesOnly = plan.steps().isEmpty();
            changes.addAll(patchesOnly ? withoutNoOps(taken, facts.spec(), base, bases) : taken);
        }
        CellPlan own = planned(facts, index, base, changes, cuts.build(), alone);
        return alone ? own : own.withChangesOf(base);
    }

    /**
     * The cell with what its base run changes after the cell has left it, which goes for the cell's
     * tokens too. What the base run changed before, the cell starts from.
     */
    private CellPlan withChangesOf(BasePlan run) {
        ImmutableList.Builder<Change> allChanges = ImmutableList.builder();
        ImmutableList.Builder<RunPlan.Step> allCuts = ImmutableList.builder();
        How kind = how;
        for (RunPlan.Step step : run.steps()) {
            if (!(step.intervention() instanceof Edit edit)) {
                if (((EdgeCut) step.intervention()).toBlock() > startLayer) {
                    allCuts.add(step);
                }
                continue;
            }
            Change change = new Change.Given(step);
            boolean before =
                    edit.point().layer().isPresent()
                            ? edit.point().layer().get() <= startLayer
                            : !edit.point().site().inBlock() || edit.point().block() < startLayer;
            if (!before && !looksAtRowsAlone(edit)) {
                kind = How.ALONE; // it may carry what the cell changes to earlier tokens
            } else if (!before && change.lastToken() >= firstToken) {
                allChanges.add(change);
            }
        }
        return new CellPlan(
                index,
                base,
                allChanges.addAll(changes).build(),
                allCuts.addAll(cuts).build(),
                startLayer,
                firstToken,
                readToken,
                kind);
    }

    /** The plan from the first change on that what is read depends on. */
    private static CellPlan planned(
            ModelFacts facts,
            int index,
            BasePlan base,
            List<Change> all,
            ImmutableList<RunPlan.Step> cuts,
            boolean alone) {
        int layers = facts.spec().layers();
        int read = base.length() - 1;
        int layer =
                layers; // a cell that changes nothing starts, and ends, with its base's last row
        int token = read;
        ImmutableList.Builder<Change> changes = ImmutableList.builder();
        for (Change change : all) {
            OptionalInt start = startLayer(change.point());
            if (alone || (change.lastToken() < read && isAfterKeys(change.point(), layers))) {
                continue;
            }
            changes.add(change);
            layer = Math.min(layer, start.orElseThrow());
            token = Math.min(token, change.firstToken());
        }
        for (RunPlan.Step step : cuts) {
            layer = Math.min(layer, ((EdgeCut) step.intervention()).fromBlock());
            token = Math.min(token, step.positions().get(0).indices().get(0));
        }
        return new CellPlan(
                index,
                base.index(),
                changes.build(),
                cuts,
                layer,
                token,
                read,
                alone ? How.ALONE : How.MERGED);
    }

    /**
     * Patches without those that write what is there already: a run that starts like the cell's
     * holds the same values up to the first token in which the two differ.
     */
    private static List<Change> withoutNoOps(
            List<Change> patches, ArchitectureSpec spec, BasePlan base, List<BasePlan> bases) {
        List<Change> changing = new ArrayList<>();
        int first = Integer.MAX_VALUE;
        for (Change change : patches) {
            if (!isNoOp((Change.Taken) change, spec, base, bases)) {
                changing.add(change);
                first = Math.min(first, change.firstToken());
            }
        }
        for (Change change : patches) {
            if (change.lastToken() >= first && !changing.contains(change)) {
                return patches; // an earlier token changes, and with it what is there
            }
        }
        return changing;
    }

    private static boolean isNoOp(
            Change.Taken taken, ArchitectureSpec spec, BasePlan base, List<BasePlan> bases) {
        Patch patch = taken.patch();
        return patch.map().isEmpty()
                && patch.from().equals(patch.to())
                && taken.read().equals(taken.written())
                && base.sharesStart(bases.get(patch.source()), taken.lastToken() + 1, spec);
    }

    /**
     * Whether later tokens cannot see a change: it comes after the last block's keys and values.
     */
    private static boolean isAfterKeys(HookPoint point, int layers) {
        return switch (point.site()) {
            case RESID_PRE, RESID_POST -> point.layer().orElseThrow() == layers;
            case RESID_MID,
                    ATTN_OUT,
                    ATTN_PROJ,
                    MLP_OUT,
                    MLP_PROJ,
                    MLP_PRE,
                    MLP_PRE_LINEAR,
                    MLP_POST,
                    LN2_SCALE,
                    LN2_NORMALIZED,
                    Q,
                    Z ->
                    point.block() == layers - 1;
            default -> false;
        };
    }

    /** Refuses a cut that removes no edge, as a run of its own would. */
    static void checkReal(ModelFacts facts, RunPlan.Step step) {
        EdgeCut cut = (EdgeCut) step.intervention();
        for (int block = cut.fromBlock(); block < cut.toBlock(); block++) {
            int window = facts.spec().attention().windows().get(block);
            for (int query : step.positions().get(0).indices().asList()) {
                for (int key : step.keys().get(0).indices().asList()) {
                    if (key <= query && (window == 0 || query - key < window)) {
                        return;
                    }
                }
            }
        }
        throw RunTaps.neverApplied(step, "the cell was planned");
    }

    /** Whether an edit needs nothing but the rows it changes, at a site a sweep's pass shows. */
    static boolean looksAtRowsAlone(Edit edit) {
        return !(edit.operation() instanceof Operation.Custom)
                && !(edit.operation() instanceof Operation.Mean)
                && startLayer(edit.point()).isPresent();
    }

    /** Layer from which a change at a point can be computed on suffixes; empty where it cannot. */
    static OptionalInt startLayer(HookPoint point) {
        return switch (point.site()) {
            case RESID_PRE, RESID_POST -> OptionalInt.of(point.layer().orElseThrow());
            case RESID_MID,
                    ATTN_OUT,
                    ATTN_PROJ,
                    MLP_OUT,
                    MLP_PROJ,
                    LN1_SCALE,
                    LN1_NORMALIZED,
                    LN2_SCALE,
                    LN2_NORMALIZED,
                    Q,
                    K,
                    V,
                    Z,
                    MLP_PRE,
                    MLP_PRE_LINEAR,
                    MLP_POST ->
                    OptionalInt.of(point.block());
            default -> OptionalInt.empty();
        };
    }

    /** Layer by which the value of a point is known. */
    static int readyLayer(HookPoint point) {
        return point.layer().orElse(point.block() + 1);
    }

    /** Tokens that a cell computes of a base run; cells with the same ones form a group. */
    record Suffix(int base, int firstToken, int readToken) {}

    /** The tokens the cell computes. */
    Suffix suffix() {
        return new Suffix(base, firstToken, readToken);
    }

    /** Number of tokens computed. */
    int rows() {
        return readToken - firstToken + 1;
    }

    /**
     * Whether the cell takes nothing from its base run's residual: all of its rows are replaced.
     */
    boolean replacesItsRow() {
        if (rows() != 1) {
            return false;
        }
        return changes.stream()
                .filter(c -> c.isAtLayer(startLayer))
                .findFirst()
                .filter(c -> c instanceof Change.Taken || isReplacement((Change.Given) c))
                .isPresent();
    }

    private static boolean isReplacement(Change.Given given) {
        return given.edit().operation() instanceof Operation.Replace;
    }
}
