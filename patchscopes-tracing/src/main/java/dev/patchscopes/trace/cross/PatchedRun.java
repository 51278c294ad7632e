package dev.patchscopes.trace.cross;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.collect.ImmutableSet.toImmutableSet;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.internal.RandomVector;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.Sweep;
import dev.patchscopes.model.TokenDistribution;
import dev.patchscopes.text.Positions;
import dev.patchscopes.trace.LayerPair;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;

/**
 * One evaluation: the source's states and predictions, then all cells of a batch of texts in one
 * sweep of the target.
 */
final class PatchedRun {
    /** Texts of a sweep, whose last states and distributions are kept at once. */
    private static final int TEXTS_AT_ONCE = 64;

    private final CrossModelMap map;
    private final ImmutableList<LayerPair> pairs;
    private final HookedModel source;
    private final HookedModel target;
    private final int skipped;
    private final long seed;
    private final Execution execution;
    private final OptionalLong budget;
    private final Progress progress;
    private final Vocabularies vocabularies;
    private final boolean oneWidth;
    private final Tally unpatched = new Tally();
    private final List<Tally> mapped;
    private final List<Tally> random;
    private final List<Tally> unmapped;

    PatchedRun(
            CrossModelMap map,
            HookedModel source,
            HookedModel target,
            int skipped,
            long seed,
            Execution execution,
            OptionalLong budget,
            Progress progress) {
        this.map = map;
        this.pairs = map.pairs().asList();
        this.source = source;
        this.target = target;
        this.skipped = skipped;
        this.seed = seed;
        this.execution = execution;
        this.budget = budget;
        this.progress = progress;
        this.oneWidth = source.width() == target.width();
        AffineMap any = map.at(pairs.get(0).source(), pairs.get(0).target());
        checkArgument(
                any.inputWidth() == source.width() && any.outputWidth() == target.width(),
                "%s goes from states %s wide to states %s wide, and those of %s and %s are %s and %s wide",
                map,
                any.inputWidth(),
                any.outputWidth(),
                source.name(),
                target.name(),
                source.width(),
                target.width());
        this.vocabularies = Vocabularies.of(source, target);
        this.mapped = tallies();
        this.random = tallies();
        this.unmapped = oneWidth ? tallies() : List.of();
    }

    private List<Tally> tallies() {
        return pairs.stream().map(pair -> new Tally()).toList();
    }

    CrossModelScores run(ImmutableList<AlignedPrompts> texts) {
        Steps steps = new Steps(progress, "the evaluation", texts.size());
        return steps.during(
                () -> {
                    Hasher hash = Hashing.sha256().newHasher();
                    int first = 0;
                    for (List<AlignedPrompts> some : Lists.partition(texts, TEXTS_AT_ONCE)) {
                        measure(some, first, steps);
                        some.forEach(text -> hash.putBytes(Draws.hash(text).asBytes()));
                        some.forEach(text -> steps.done());
                        first += some.size();
                    }
                    return scores(texts.size(), hash.hash().toString());
                });
    }

    private void measure(List<AlignedPrompts> texts, int first, Steps steps) {
        SourceStates states =
                SourceStates.of(
                        source,
                        pairs.stream().map(LayerPair::source).collect(toImmutableSet()),
                        texts,
                        steps::check);
        steps.check();
        List<Cell> cells = new ArrayList<>();
        List<Tally> tallies = new ArrayList<>(); // one a cell
        for (int row = 0; row < texts.size(); row++) {
            cells.add(Cell.of(row));
            tallies.add(unpatched);
            for (int p = 0; p < pairs.size(); p++) {
                LayerPair pair = pairs.get(p);
                double[] h = states.at(row, pair.source()); // [d_model of the source]
                AffineMap f = map.at(pair.source(), pair.target());
                RandomVector control = new RandomVector(seed, first + row, pair.source());
                cells.add(cell(row, pair, ignored -> f.apply(h)));
                tallies.add(mapped.get(p));
                cells.add(cell(row, pair, ignored -> control.apply(f.apply(h))));
                tallies.add(random.get(p));
                if (oneWidth) {
                    cells.add(cell(row, pair, ignored -> h.clone()));
                    tallies.add(unmapped.get(p));
                }
            }
        }
        count(texts, states, cells, tallies, sweep(texts, steps).cells(cells).execute());
    }

    private Sweep sweep(List<AlignedPrompts> texts, Steps steps) {
        Sweep sweep =
                target.sweep(texts.stream().map(text -> BaseRun.of(text.target())).toList())
                        .execution(execution)
                        .progress(steps.within());
        return budget.isPresent() ? sweep.memoryBudget(budget.getAsLong()) : sweep;
    }

    /** Writes a vector that is made when its turn comes: all of them would fill the memory. */
    private static Cell cell(int row, LayerPair pair, UnaryOperator<double[]> vector) {
        return Cell.of(
                row, Intervention.map(HookPoint.residual(pair.target()), Positions.last(), vector));
    }

    private void count(
            List<AlignedPrompts> texts,
            SourceStates states,
            List<Cell> cells,
            List<Tally> tallies,
            List<CellResult> results) {
        int own = -1; // the target's own prediction, whose cell is the first of each text
        int sourceOwn = -1;
        int row = -1;
        for (int i = 0; i < cells.size(); i++) {
            int said = results.get(i).top().get(0).id();
            if (cells.get(i).base() != row) {
                row = cells.get(i).base();
                own = said;
                sourceOwn = states.next(row).argMax();
            }
            tallies.get(i).add(states.next(row), sourceOwn, own, said);
        }
        checkArgument(row == texts.size() - 1, "a text has no cell");
    }

    /** What one sort of cell has said so far. */
    private final class Tally {
        private int withSource;
        private int withTarget;
        private int all;
        private final List<Double> surprisals = new ArrayList<>();

        void add(TokenDistribution sourceNext, int sourceOwn, int targetOwn, int said) {
            OptionalInt inSource = vocabularies.inSource(said);
            all++;
            withTarget += said == targetOwn ? 1 : 0;
            if (inSource.isPresent()) {
                withSource += inSource.getAsInt() == sourceOwn ? 1 : 0;
                surprisals.add(-sourceNext.logProbability(inSource.getAsInt()));
            }
        }

        CrossModelScores.Agreement agreement() {
            return CrossModelScores.Agreement.of(withSource, withTarget, all, surprisals);
        }
    }

    private CrossModelScores scores(int texts, String hash) {
        ImmutableList.Builder<CrossModelScores.PairScores> out = ImmutableList.builder();
        for (int p = 0; p < pairs.size(); p++) {
            out.add(
                    new CrossModelScores.PairScores(
                            pairs.get(p).source(),
                            pairs.get(p).target(),
                            mapped.get(p).agreement(),
                            random.get(p).agreement(),
                            oneWidth
                                    ? ImmutableList.of(unmapped.get(p).agreement())
                                    : ImmutableList.of()));
        }
        return new CrossModelScores(
                LibraryVersion.current(),
                ModelIdentity.of(source),
                ModelIdentity.of(target),
                new CrossModelScores.Setup(
                        map.report().setup().kind(),
                        texts,
                        skipped,
                        seed,
                        execution,
                        map.digest(),
                        hash),
                unpatched.agreement(),
                out.build());
    }
}
