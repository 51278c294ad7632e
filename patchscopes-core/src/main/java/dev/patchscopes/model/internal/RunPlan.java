package dev.patchscopes.model.internal;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.EdgeCut;
import dev.patchscopes.model.Edit;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.InterventionException;
import dev.patchscopes.model.Operation;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.model.Phase;
import dev.patchscopes.model.Site;
import dev.patchscopes.text.PositionException;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.Arrays;

/**
 * A run, checked against a model: what to read, what to change, how far to compute.
 *
 * @param batch prompts
 * @param captures what to read
 * @param steps interventions with their positions resolved, in order
 * @param logits which rows of logits to compute
 * @param lastLayer layer up to which blocks must run
 */
record RunPlan(
        TokenBatch batch,
        ImmutableSet<HookPoint> captures,
        ImmutableList<Step> steps,
        LogitRows logits,
        int lastLayer) {

    /** Which rows of logits a run computes. */
    enum LogitRows {
        /** None: the run stops after the last layer it needs. */
        NONE,
        /** The last token's of each prompt. */
        LAST,
        /** All. */
        ALL
    }

    /**
     * An intervention with its positions resolved against each row.
     *
     * @param intervention what to do
     * @param positions where; queries, for a cut
     * @param keys positions cut off; empty for edits
     */
    record Step(
            Intervention intervention,
            ImmutableList<Selection> positions,
            ImmutableList<Selection> keys) {

        boolean concerns(int row) {
            ImmutableIntArray rows =
                    intervention instanceof Edit edit
                            ? edit.rows()
                            : ((EdgeCut) intervention).rows();
            return rows.isEmpty() || rows.contains(row);
        }
    }

    /**
     * Positions of a row.
     *
     * @param everything all tokens, those yet to be generated included
     * @param indices token indices, ascending; the prompt's, for {@code everything}
     */
    record Selection(boolean everything, ImmutableIntArray indices) {
        boolean contains(int token) {
            return everything || indices.contains(token);
        }
    }

    /**
     * Checks a run.
     *
     * @param wantsLogits whether the caller reads the last token's logits
     * @param newTokens tokens that may be generated after each prompt
     */
    static RunPlan of(
            ModelFacts model,
            TokenBatch batch,
            ImmutableSet<HookPoint> captures,
            ImmutableList<Intervention> interventions,
            boolean wantsLogits,
            int newTokens) {
        boolean allLogits = false;
        int lastLayer = 0;
        for (HookPoint point : captures) {
            model.check(point);
            lastLayer = Math.max(lastLayer, layerAfter(model, point));
            allLogits |= isEnd(point.site());
        }
        ImmutableList.Builder<Step> steps = ImmutableList.builder();
        for (Intervention intervention : interventions) {
            if (intervention instanceof Edit edit) {
                model.check(edit);
                allLogits |= wantsLogits && isEnd(edit.point().site());
            } else {
                model.check((EdgeCut) intervention);
            }
            checkRows(batch, intervention);
            steps.add(resolve(batch, intervention, newTokens));
        }
        LogitRows rows = allLogits ? LogitRows.ALL : wantsLogits ? LogitRows.LAST : LogitRows.NONE;
        RunPlan plan =
                new RunPlan(
                        batch,
                        captures,
                        steps.build(),
                        rows,
                        rows == LogitRows.NONE ? lastLayer : model.spec().layers());
        plan.checkReachable(model);
        return plan;
    }

    static boolean isEnd(Site site) {
        return site == Site.LOGITS
                || site == Site.LN_FINAL_SCALE
                || site == Site.LN_FINAL_NORMALIZED;
    }

    /** Layer that has been reached once the point has been visited. */
    private static int layerAfter(ModelFacts model, HookPoint point) {
        if (isEnd(point.site())) {
            return model.spec().layers();
        }
        return point.site().inBlock() && point.site() != Site.RESID_PRE ? point.block() + 1 : 0;
    }

    private void checkReachable(ModelFacts model) {
        for (Step step : steps) {
            int from =
                    step.intervention() instanceof Edit edit
                            ? layerAfter(model, edit.point())
                            : ((EdgeCut) step.intervention()).fromBlock() + 1;
            if (from > lastLayer) {
                throw new InterventionException(
                        "%s comes after everything the run reads (it stops at layer %d): read a later layer, or ask for logits()"
                                .formatted(step.intervention(), lastLayer));
            }
        }
    }

    private static void checkRows(TokenBatch batch, Intervention intervention) {
        ImmutableIntArray rows =
                intervention instanceof Edit edit ? edit.rows() : ((EdgeCut) intervention).rows();
        for (int row : rows.asList()) {
            if (row < 0 || row >= batch.rows()) {
                throw new OutOfRangeException(
                        "row %d of %s is not in 0..%d, the prompts of the batch"
                                .formatted(row, intervention, batch.rows() - 1));
            }
        }
    }

    private static Step resolve(TokenBatch batch, Intervention intervention, int newTokens) {
        if (intervention instanceof Edit edit) {
            if (edit.operation() instanceof Operation.Mean && edit.phase() != Phase.PREFILL) {
                throw new InterventionException(
                        "%s: the mean over a prompt's tokens is known only while the prompt is read; use Phase.PREFILL"
                                .formatted(edit));
            }
            return new Step(
                    edit,
                    select(batch, edit.positions(), edit.phase(), edit.rows(), newTokens),
                    ImmutableList.of());
        }
        EdgeCut cut = (EdgeCut) intervention;
        return new Step(
                cut,
                select(batch, cut.queries(), cut.phase(), cut.rows(), newTokens),
                select(batch, cut.keys(), cut.phase(), cut.rows(), newTokens));
    }

    private static ImmutableList<Selection> select(
            TokenBatch batch,
            Positions positions,
            Phase phase,
            ImmutableIntArray rows,
            int newTokens) {
        ImmutableList.Builder<Selection> selections = ImmutableList.builder();
        for (int row = 0; row < batch.rows(); row++) {
            if (!rows.isEmpty() && !rows.contains(row)) { // its prompt need not hold the positions
                selections.add(new Selection(false, ImmutableIntArray.of()));
                continue;
            }
            TokenizedPrompt prompt = batch.prompt(row);
            boolean everything = positions.equals(Positions.all());
            selections.add(new Selection(everything, resolve(positions, prompt, phase, newTokens)));
        }
        return selections.build();
    }

    private static ImmutableIntArray resolve(
            Positions positions, TokenizedPrompt prompt, Phase phase, int newTokens) {
        try {
            return positions.resolve(prompt);
        } catch (PositionException e) {
            if (phase == Phase.PREFILL || newTokens < 2) {
                throw e;
            }
            return amongGenerated(positions, prompt, newTokens, e);
        }
    }

    /**
     * An index beyond the prompt means a token yet to be generated. One that counts from the end
     * cannot, for the end is not known; the two differ in what a longer text makes of them.
     */
    private static ImmutableIntArray amongGenerated(
            Positions positions, TokenizedPrompt prompt, int newTokens, PositionException refused) {
        int readBack = prompt.length() + newTokens - 1; // the last new token never is
        try {
            ImmutableIntArray found = positions.resolve(ofLength(prompt, readBack));
            if (found.equals(positions.resolve(ofLength(prompt, readBack + 1)))) {
                return found;
            }
        } catch (PositionException e) {
            throw new InterventionException(
                    "%s is not in 0..%d, the positions of a prompt of %d tokens and of the new tokens that are read back (all of %d but the last)"
                            .formatted(positions, readBack - 1, prompt.length(), newTokens));
        }
        throw refused;
    }

    private static TokenizedPrompt ofLength(TokenizedPrompt prompt, int length) {
        return TokenizedPrompt.ofIds(Arrays.copyOf(prompt.ids().toArray(), length));
    }
}
