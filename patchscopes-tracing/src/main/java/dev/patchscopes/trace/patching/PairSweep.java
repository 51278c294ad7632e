package dev.patchscopes.trace.patching;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.Patch;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.Sweep;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.internal.AnswerCells;
import java.util.ArrayList;
import java.util.List;

/** All cells of one pair, in one sweep. */
final class PairSweep {
    private final PatchSetup setup;
    private final PromptPair pair;
    private final AnswerCells answer;
    private final ImmutableList<TokenizedPrompt> bases; // patched prompts, then source prompts
    private final int tokens; // of the answer, each a base run

    PairSweep(PatchSetup setup, PromptPair pair) {
        this.setup = setup;
        this.pair = pair;
        this.answer = setup.answer(pair);
        this.tokens = pair.answer().length();
        this.bases =
                ImmutableList.<TokenizedPrompt>builder()
                        .addAll(answer.prompts(setup.patched(pair)))
                        .addAll(answer.prompts(setup.source(pair)))
                        .build();
    }

    /**
     * What came of it.
     *
     * @param reading the metric of both runs
     * @param values the metric of each place
     */
    record Outcome(PairReading reading, ImmutableList<Double> values) {}

    Outcome run(List<PatchTarget> targets, List<PatchPlace> places, Progress progress) {
        SourceValues values =
                SourceValues.of(setup.model(), setup.source(pair), setup.patched(pair), targets);
        List<Cell> cells = new ArrayList<>();
        for (int base = 0; base < bases.size(); base++) {
            cells.add(Cell.of(base));
        }
        for (PatchPlace place : places) {
            if (!isUnchanged(place)) {
                for (int base = 0; base < tokens; base++) {
                    cells.add(cell(place, base, values));
                }
            }
        }
        List<CellResult> results = swept(cells, progress);
        double unpatched = answer.value(results.subList(0, tokens));
        double source = answer.value(results.subList(tokens, 2 * tokens));
        ImmutableList.Builder<Double> out = ImmutableList.builder();
        int next = 2 * tokens;
        for (PatchPlace place : places) {
            if (isUnchanged(place)) {
                out.add(unpatched);
            } else {
                out.add(answer.value(results.subList(next, next + tokens)));
                next += tokens;
            }
        }
        return new Outcome(setup.reading(pair, source, unpatched), out.build());
    }

    private List<CellResult> swept(List<Cell> cells, Progress progress) {
        Sweep sweep =
                setup.model()
                        .sweep(bases.stream().map(BaseRun::of).toList())
                        .cells(cells)
                        .reading(answer.reading())
                        .execution(setup.execution())
                        .progress(progress);
        return setup.budget().map(sweep::memoryBudget).orElse(sweep).execute();
    }

    /**
     * Whether both runs hold the same there: up to the first difference of the prompts they are
     * one.
     */
    private boolean isUnchanged(PatchPlace place) {
        return place.isMasked()
                || (setup.execution() == Execution.EXACT && place.to() <= pair.firstDifference());
    }

    private Cell cell(PatchPlace place, int base, SourceValues values) {
        if (place.head().isEmpty()) {
            return Cell.of(base).patched(Patch.of(tokens, place.point(), place.positions()));
        }
        int head = place.head().getAsInt();
        if (place.target().site() != PatchedSite.PATTERN) {
            return replaced(base, place, place.point(), values.ofHead(place), head);
        }
        return setup.execution() == Execution.EXACT
                ? replaced(base, place, HookPoint.z(place.block()), values.mixed(place), head)
                : replaced(
                        base,
                        place,
                        place.point(),
                        values.pattern(place, bases.get(base).length()),
                        head);
    }

    private static Cell replaced(
            int base, PatchPlace place, HookPoint point, double[] values, int head) {
        return Cell.of(base, Intervention.replace(point, place.positions(), values).heads(head));
    }
}
