package dev.patchscopes.model.internal;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Edit;
import dev.patchscopes.model.Operation;
import dev.patchscopes.model.Phase;
import dev.patchscopes.model.Site;
import dev.patchscopes.text.TokenBatch;

/**
 * A base run of a sweep, checked.
 *
 * @param index its place in the sweep
 * @param run prompt and interventions
 * @param batch the prompt alone
 * @param steps interventions with their positions resolved
 * @param firstChange first token that differs from the prompt's own run; the prompt's length if
 *     none does
 * @param packs whether its rows can go through the blocks together with those of cells; otherwise
 *     it is run on its own first
 * @param hostsCells whether cells can start from it; otherwise they are computed alone
 */
record BasePlan(
        int index,
        BaseRun run,
        TokenBatch batch,
        ImmutableList<RunPlan.Step> steps,
        int firstChange,
        boolean packs,
        boolean hostsCells) {

    static BasePlan of(ModelFacts facts, int index, BaseRun run, int newTokens) {
        TokenBatch batch = TokenBatch.of(run.prompt());
        RunPlan plan =
                RunPlan.of(facts, batch, ImmutableSet.of(), run.interventions(), true, newTokens);
        int first = run.prompt().length();
        boolean packs = true;
        boolean hosts = true;
        for (RunPlan.Step step : plan.steps()) {
            for (int token : step.positions().get(0).indices().asList()) {
                first = Math.min(first, token);
            }
            Phase phase = step.intervention().phase();
            hosts &= phase == Phase.PREFILL || (phase == Phase.ALL && newTokens == 0);
            if (step.intervention() instanceof Edit edit) {
                packs &= packs(edit);
                hosts &= !RunPlan.isEnd(edit.point().site());
                if (edit.operation() instanceof Operation.Custom) {
                    first = 0;
                }
            } else {
                CellPlan.checkReal(facts, step);
            }
        }
        return new BasePlan(index, run, batch, plan.steps(), first, packs, hosts);
    }

    private static boolean packs(Edit edit) {
        Site site = edit.point().site();
        return site == Site.EMBED || site == Site.POS_EMBED || CellPlan.looksAtRowsAlone(edit);
    }

    /** The prompt's length. */
    int length() {
        return batch.columns();
    }

    /** The position the model is told for a token. */
    long positionId(int token) {
        return batch.positionId(0, token);
    }

    /** The base as rows of a pass from its first token on. */
    CellPlan asRows(int rows) {
        ImmutableList.Builder<Change> changes = ImmutableList.builder();
        ImmutableList.Builder<RunPlan.Step> cuts = ImmutableList.builder();
        for (RunPlan.Step step : steps) {
            if (step.intervention() instanceof Edit) {
                changes.add(new Change.Given(step));
            } else {
                cuts.add(step);
            }
        }
        return new CellPlan(
                -1, index, changes.build(), cuts.build(), 0, 0, rows - 1, CellPlan.How.MERGED);
    }

    /** Whether the first tokens of two base runs are computed alike. */
    boolean sharesStart(BasePlan other, int tokens, ArchitectureSpec spec) {
        boolean turnedDifferently =
                length() != other.length()
                        && PositionTables.dependOnLength(
                                spec,
                                positionId(length() - 1),
                                other.positionId(other.length() - 1));
        if (turnedDifferently || firstChange < tokens || other.firstChange < tokens) {
            return false;
        }
        for (int i = 0; i < tokens; i++) {
            if (run.prompt().ids().get(i) != other.run.prompt().ids().get(i)) {
                return false;
            }
        }
        return true;
    }
}
