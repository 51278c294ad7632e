package dev.patchscopes.trace.knockout;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.Reading;
import dev.patchscopes.model.Sweep;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * All groups of several prompts in all windows as one sweep. Equal windows, which are clipped ones,
 * are one cell, and so are all that cut nothing and the clean run.
 */
record KnockoutSweep(
        HookedModel model, KnockoutProvenance settings, Optional<Long> budget, Progress progress) {

    /**
     * One prompt's part.
     *
     * @param prompts what cells are read after, see {@link
     *     dev.patchscopes.trace.internal.AnswerCells#prompts}
     * @param groups what is cut, in turn
     * @param value the metric of the cells of one change, one for each of the prompts
     */
    record Task(
            ImmutableList<TokenizedPrompt> prompts,
            ImmutableList<EdgeGroup> groups,
            ToDoubleFunction<List<CellResult>> value) {}

    /** What was measured: the clean run, and the groups in their order. */
    record Outcome(double base, ImmutableList<KnockoutCurve> curves) {}

    /** States a sweep of some prompts as this one's settings have it. */
    Sweep sweep(List<TokenizedPrompt> prompts, List<Cell> cells, Reading reading) {
        Sweep sweep =
                model.sweep(prompts.stream().map(BaseRun::of).toList())
                        .cells(cells)
                        .reading(reading)
                        .execution(settings.execution())
                        .progress(progress);
        return budget.map(sweep::memoryBudget).orElse(sweep);
    }

    List<Outcome> run(List<Task> tasks, Reading reading) {
        List<TokenizedPrompt> bases = new ArrayList<>();
        List<Cell> cells = new ArrayList<>();
        List<Placed> placed = new ArrayList<>();
        for (Task task : tasks) {
            placed.add(place(task, bases.size(), cells));
            bases.addAll(task.prompts());
        }
        List<CellResult> results = sweep(bases, cells, reading).execute();
        return placed.stream().map(p -> p.outcome(results)).toList();
    }

    /** A task with the first cell of each of its changes: the clean run's, and [group][centre]. */
    private record Placed(Task task, int clean, ImmutableList<ImmutableList<Integer>> first) {

        private double value(int cell, List<CellResult> results) {
            return task.value().applyAsDouble(results.subList(cell, cell + task.prompts().size()));
        }

        Outcome outcome(List<CellResult> results) {
            ImmutableList.Builder<KnockoutCurve> curves = ImmutableList.builder();
            for (int g = 0; g < first.size(); g++) {
                EdgeGroup group = task.groups().get(g);
                ImmutableList<Double> values =
                        first.get(g).stream()
                                .map(cell -> value(cell, results))
                                .collect(ImmutableList.toImmutableList());
                curves.add(new KnockoutCurve(group.name(), group.edges(), values));
            }
            return new Outcome(value(clean, results), curves.build());
        }
    }

    private Placed place(Task task, int firstBase, List<Cell> cells) {
        Map<ImmutableList<Intervention>, Integer> places = new HashMap<>();
        int clean = place(ImmutableList.of(), task, firstBase, cells, places);
        ImmutableList.Builder<ImmutableList<Integer>> first = ImmutableList.builder();
        for (EdgeGroup group : task.groups()) {
            ImmutableList.Builder<Integer> byCentre = ImmutableList.builder();
            for (int centre = 0; centre < settings.layers(); centre++) {
                ImmutableList<Intervention> cuts =
                        group.cuts(model, settings, settings.around(centre));
                byCentre.add(place(cuts, task, firstBase, cells, places));
            }
            first.add(byCentre.build());
        }
        return new Placed(task, clean, first.build());
    }

    private static int place(
            ImmutableList<Intervention> cuts,
            Task task,
            int firstBase,
            List<Cell> cells,
            Map<ImmutableList<Intervention>, Integer> places) {
        return places.computeIfAbsent(
                cuts,
                c -> {
                    int place = cells.size();
                    for (int i = 0; i < task.prompts().size(); i++) {
                        cells.add(new Cell(firstBase + i, c, ImmutableList.of()));
                    }
                    return place;
                });
    }
}
