package dev.patchscopes.trace.causal;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.Patch;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.internal.AnswerCells;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The base runs and cells of a trace. For every token of the answer there are a clean run and the
 * corrupted copies, and of every cell one in each copy.
 *
 * <p>Cells that are equal are one cell of the sweep: clipped windows that coincide, and, where
 * known values are reused, cells that must give what a base run gives. These are cells before the
 * subject, where nothing is corrupted; residuals of the last layer, which no other token sees; and
 * that of the last token, from which the answer is read.
 */
final class TracePlan {
    private final int blocks;
    private final TracedPrompt traced;
    private final CorruptedRuns corrupted;
    private final AnswerCells answer;
    private final ImmutableSet<TraceKind> kinds;
    private final int window;
    private final boolean reusesKnown;
    private final Map<Cell, Integer> places = new LinkedHashMap<>();

    /**
     * Plans a trace.
     *
     * @param blocks L
     * @param window blocks around the centre
     * @param reusesKnown whether cells whose values are known are not computed
     */
    TracePlan(
            int blocks,
            TracedPrompt traced,
            CorruptedRuns corrupted,
            AnswerCells answer,
            ImmutableSet<TraceKind> kinds,
            int window,
            boolean reusesKnown) {
        this.blocks = blocks;
        this.traced = traced;
        this.corrupted = corrupted;
        this.answer = answer;
        this.kinds = kinds;
        this.window = window;
        this.reusesKnown = reusesKnown;
        for (int taken = 0; taken < answer.answer().length(); taken++) {
            place(Cell.of(cleanBase(taken)));
            for (int copy = 0; copy < corrupted.count(); copy++) {
                place(Cell.of(corruptedBase(taken, copy)));
                for (TraceKind kind : kinds) {
                    for (int row = 0; row < kind.rows(blocks); row++) {
                        for (int token = 0; token < traced.length(); token++) {
                            place(cell(kind, row, token, copy, taken));
                        }
                    }
                }
            }
        }
    }

    private void place(Cell cell) {
        places.putIfAbsent(cell, places.size());
    }

    /** The base runs: of each answer token the clean one, then the corrupted copies. */
    ImmutableList<BaseRun> bases() {
        ImmutableList<TokenizedPrompt> clean = answer.prompts(traced.prompt());
        ImmutableList<TokenizedPrompt> other = answer.prompts(corrupted.prompt());
        ImmutableList.Builder<BaseRun> all = ImmutableList.builder();
        for (int taken = 0; taken < clean.size(); taken++) {
            TokenizedPrompt prompt = other.get(taken);
            all.add(BaseRun.of(clean.get(taken)));
            IntStream.range(0, corrupted.count())
                    .forEach(copy -> all.add(corrupted.base(prompt, copy)));
        }
        return all.build();
    }

    /** The cells, each once. */
    ImmutableList<Cell> cells() {
        return ImmutableList.copyOf(places.keySet());
    }

    private int cleanBase(int taken) {
        return taken * (1 + corrupted.count());
    }

    private int corruptedBase(int taken, int copy) {
        return cleanBase(taken) + 1 + copy;
    }

    /**
     * The cell that restores something.
     *
     * @param taken answer tokens before the one that is read
     */
    private Cell cell(TraceKind kind, int row, int token, int copy, int taken) {
        int own = corruptedBase(taken, copy);
        if (reusesKnown) {
            boolean top = kind.isResidual() && row == blocks;
            if (top && taken == 0 && token == traced.length() - 1) {
                return Cell.of(cleanBase(taken));
            }
            if (top || token < traced.from()) {
                return Cell.of(own);
            }
        }
        return patched(kind, row, Positions.at(token), cleanBase(taken), own, window, blocks);
    }

    /** The cell with all its patches. */
    static Cell patched(
            TraceKind kind,
            int row,
            Positions token,
            int clean,
            int corrupted,
            int window,
            int blocks) {
        return Cell.of(corrupted)
                .patched(
                        kind.patches(clean, corrupted, row, token, window, blocks)
                                .toArray(Patch[]::new));
    }

    /** What was read of all cells, by what they stand for. */
    final class Values {
        private final List<CellResult> results;

        Values(List<CellResult> results) {
            this.results = results;
        }

        private CellResult of(Cell cell) {
            return results.get(places.get(cell));
        }

        double clean() {
            List<CellResult> all = new ArrayList<>();
            for (int taken = 0; taken < answer.answer().length(); taken++) {
                all.add(of(Cell.of(cleanBase(taken))));
            }
            return answer.value(all);
        }

        ImmutableList<Double> corrupted() {
            ImmutableList.Builder<Double> each = ImmutableList.builder();
            for (int copy = 0; copy < corrupted.count(); copy++) {
                List<CellResult> all = new ArrayList<>();
                for (int taken = 0; taken < answer.answer().length(); taken++) {
                    all.add(of(Cell.of(corruptedBase(taken, copy))));
                }
                each.add(answer.value(all));
            }
            return each.build();
        }

        ImmutableList<TraceGrid> grids() {
            ImmutableList.Builder<TraceGrid> grids = ImmutableList.builder();
            for (TraceKind kind : kinds) {
                ImmutableList.Builder<ImmutableList<ImmutableList<Double>>> rows =
                        ImmutableList.builder();
                for (int row = 0; row < kind.rows(blocks); row++) {
                    ImmutableList.Builder<ImmutableList<Double>> tokens = ImmutableList.builder();
                    for (int token = 0; token < traced.length(); token++) {
                        tokens.add(each(kind, row, token));
                    }
                    rows.add(tokens.build());
                }
                grids.add(new TraceGrid(kind, kind.isResidual() ? 1 : window, rows.build()));
            }
            return grids.build();
        }

        private ImmutableList<Double> each(TraceKind kind, int row, int token) {
            ImmutableList.Builder<Double> each = ImmutableList.builder();
            for (int copy = 0; copy < corrupted.count(); copy++) {
                List<CellResult> all = new ArrayList<>();
                for (int taken = 0; taken < answer.answer().length(); taken++) {
                    all.add(of(cell(kind, row, token, copy, taken)));
                }
                each.add(answer.value(all));
            }
            return each.build();
        }
    }

    /** Reads off the results of {@link #cells}. */
    Values values(List<CellResult> results) {
        return new Values(results);
    }
}
