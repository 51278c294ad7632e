package dev.patchscopes.model.internal;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.EdgeCut;
import dev.patchscopes.model.Edit;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.Operation;
import dev.patchscopes.model.Phase;
import dev.patchscopes.model.Site;
import dev.patchscopes.text.TokenBatch;
import java.util.OptionalInt;

/**
 * What causality says about a cell: nothing before layer {@code startLayer} and nothing before
 * token {@code firstToken} differs from the base run.
 *
 * @param index the cell's place in the sweep
 * @param base its base run
 * @param steps its interventions, resolved against the base's prompt
 * @param startLayer layer at which it leaves the base run
 * @param firstToken first token that can differ
 * @param readToken token whose next-token distribution is read
 * @param how how it is computed
 */
record CellPlan(
        int index,
        int base,
        ImmutableList<RunPlan.Step> steps,
        int startLayer,
        int firstToken,
        int readToken,
        How how) {

    /** How a cell is computed. */
    enum How {
        /** With the others, from its first change on. */
        MERGED,
        /** Not at all: what it changes comes after what is read. */
        AS_BASE,
        /** In a full pass of its own, since it changes something no suffix pass computes. */
        ALONE
    }

    static CellPlan of(ModelFacts facts, int index, Cell cell, BaseRun base, boolean generating) {
        RunPlan plan =
                RunPlan.of(
                        facts,
                        TokenBatch.of(base.prompt()),
                        ImmutableSet.of(),
                        cell.interventions(),
                        true,
                        0);
        int read = base.prompt().length() - 1;
        int layer = facts.spec().layers();
        int token = read + 1;
        boolean alone = !cell.patches().isEmpty();
        for (RunPlan.Step step : plan.steps()) {
            OptionalInt start = startLayer(step);
            Phase phase = step.intervention().phase();
            boolean later = phase == Phase.DECODE || (phase == Phase.ALL && generating);
            alone |= start.isEmpty() || later;
            checkReal(facts, step);
            layer = Math.min(layer, start.orElse(0));
            for (int position : step.positions().get(0).indices().asList()) {
                token = Math.min(token, position);
            }
        }
        // a base run keeps no keys and values of its own for generation
        alone |= generating && token > read;
        How how = alone ? How.ALONE : token > read ? How.AS_BASE : How.MERGED;
        return new CellPlan(index, cell.base(), plan.steps(), layer, token, read, how);
    }

    /** Refuses a cut that removes no edge, as a run of its own would. */
    private static void checkReal(ModelFacts facts, RunPlan.Step step) {
        if (!(step.intervention() instanceof EdgeCut cut)) {
            return;
        }
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

    /** Layer from which a change can be computed on suffixes; empty where it cannot. */
    private static OptionalInt startLayer(RunPlan.Step step) {
        if (step.intervention() instanceof EdgeCut cut) {
            return OptionalInt.of(cut.fromBlock());
        }
        Edit edit = (Edit) step.intervention();
        if (edit.operation() instanceof Operation.Custom
                || edit.operation() instanceof Operation.Mean) {
            return OptionalInt.empty(); // both look at the whole prompt
        }
        HookPoint point = edit.point();
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

    /** Number of tokens computed. */
    int rows() {
        return readToken - firstToken + 1;
    }

    /** Whether the cell changes the residual at the layer where it starts. */
    static boolean isAtStart(RunPlan.Step step, int layer) {
        return step.intervention() instanceof Edit edit
                && (edit.point().site() == Site.RESID_PRE || edit.point().site() == Site.RESID_POST)
                && edit.point().layer().orElseThrow() == layer;
    }
}
