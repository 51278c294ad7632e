package dev.patchscopes.model.internal;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.Edit;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.InterventionException;
import dev.patchscopes.model.Operation;
import dev.patchscopes.model.Patch;
import dev.patchscopes.model.Phase;
import dev.patchscopes.text.TokenBatch;
import java.util.List;
import java.util.TreeSet;

/**
 * What can be known to be wrong with a sweep before anything is computed: it may take an hour until
 * the cell comes that would fail.
 */
final class SweepChecks {
    private final ModelRuntime runtime;
    private final ModelFacts facts;
    private final List<BaseRun> bases;
    private final int newTokens;

    private SweepChecks(ModelRuntime runtime, List<BaseRun> bases, int newTokens) {
        this.runtime = runtime;
        this.facts = runtime.facts();
        this.bases = bases;
        this.newTokens = newTokens;
    }

    /**
     * Checks a sweep.
     *
     * @param newTokens tokens generated after each cell
     */
    static void check(ModelRuntime runtime, List<BaseRun> bases, List<Cell> cells, int newTokens) {
        SweepChecks checks = new SweepChecks(runtime, bases, newTokens);
        TreeSet<Integer> hosts = new TreeSet<>();
        TreeSet<Integer> sources = new TreeSet<>();
        for (Cell cell : cells) {
            hosts.add(cell.base());
            cell.patches().forEach(patch -> sources.add(patch.source()));
        }
        hosts.forEach(checks::host);
        sources.forEach(checks::source);
        for (Cell cell : cells) {
            checks.interventions(cell.base(), cell.interventions());
            cell.patches().forEach(patch -> checks.patch(cell.base(), patch));
        }
    }

    private TokenBatch prompt(int base) {
        return TokenBatch.of(bases.get(base).prompt());
    }

    private void host(int base) {
        runtime.checkBatch(prompt(base), newTokens);
        interventions(base, bases.get(base).interventions());
    }

    /** Patches read a base run's prompt, and nothing that it might generate. */
    private void source(int base) {
        runtime.checkBatch(prompt(base), 0);
        for (RunPlan.Step step : plan(base, bases.get(base).interventions(), 0).steps()) {
            if (step.intervention().phase() == Phase.DECODE) {
                throw RunTaps.neverApplied(
                        step,
                        "patches read the prompt of base run %d, which generates nothing"
                                .formatted(base));
            }
            step(step, bases.get(base).prompt().length());
        }
    }

    private RunPlan plan(int base, ImmutableList<Intervention> interventions, int generated) {
        return RunPlan.of(facts, prompt(base), ImmutableSet.of(), interventions, true, generated);
    }

    private void interventions(int base, ImmutableList<Intervention> interventions) {
        for (RunPlan.Step step : plan(base, interventions, newTokens).steps()) {
            step(step, bases.get(base).prompt().length());
        }
    }

    private void step(RunPlan.Step step, int promptLength) {
        if (step.intervention().phase() == Phase.DECODE && !decodes(step, promptLength)) {
            throw RunTaps.neverApplied(
                    step,
                    "the sweep generates %d new tokens after a prompt of %d, and the last is never read back"
                            .formatted(newTokens, promptLength));
        }
        if (step.intervention() instanceof Edit edit) {
            EditApplier.checkValues(facts.spec(), edit, step.positions().get(0).indices().length());
        } else if (step.intervention().phase() != Phase.DECODE) {
            CellPlan.checkReal(facts, step);
        }
    }

    private boolean decodes(RunPlan.Step step, int promptLength) {
        if (newTokens < 2) {
            return false;
        }
        RunPlan.Selection where = step.positions().get(0);
        return where.everything()
                || where.indices().stream().anyMatch(token -> token >= promptLength)
                || (step.intervention() instanceof Edit edit
                        && edit.operation() instanceof Operation.Custom); // selects nothing
    }

    private void patch(int base, Patch patch) {
        facts.check(patch.from());
        facts.check(patch.to());
        NaiveSweep.checkCounts(
                patch,
                patch.read().resolve(bases.get(patch.source()).prompt()).length(),
                patch.written().resolve(bases.get(base).prompt()).length());
        if (patch.map().isEmpty()) { // what a map gives is known when it has been given something
            checkWidth(
                    patch,
                    SiteWidths.of(facts.spec(), patch.from().site()),
                    SiteWidths.of(facts.spec(), patch.to().site()));
        }
    }

    /** Refuses a vector that does not fit where it is to be written. */
    static void checkWidth(Patch patch, long given, long width) {
        if (given != width) {
            throw new InterventionException(
                    "%s: a vector of %d values is to replace one of %d: map it to that width"
                            .formatted(patch, given, width));
        }
    }
}
