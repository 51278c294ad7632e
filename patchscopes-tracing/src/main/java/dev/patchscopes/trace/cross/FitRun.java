package dev.patchscopes.trace.cross;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.hash.HashCode;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.linear.Moments;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.TensorActivations;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.LayerPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
import java.util.stream.IntStream;

/** One fit: moments of all pairs of layers in one pass over the texts, then maps and a report. */
final class FitRun {
    /** Tokens of a pass: sums cost least with a thousand rows or more. */
    private static final int TOKENS_AT_ONCE = 1024;

    private final HookedModel source;
    private final HookedModel target;
    private final CrossModelFit.Settings settings;
    private final Draws draws;
    private final Draws.Sample sample;
    private final ImmutableSet<HookPoint> sourcePoints;
    private final ImmutableSet<HookPoint> targetPoints;
    private final Hasher seen = Hashing.sha256().newHasher();
    private final long begun = System.nanoTime();
    private final List<Part> batch = new ArrayList<>();
    private int tokens;
    private int done;
    private int unaligned;
    private int heldOut;
    private int repeated;
    private final Set<HashCode> fittedTexts = new HashSet<>(); // kept if held-out texts were given

    /** What the states of a text are for. */
    private record Part(AlignedPrompts text, PairSums use) {}

    FitRun(HookedModel source, HookedModel target, CrossModelFit.Settings settings) {
        this.source = source;
        this.target = target;
        this.settings = settings;
        this.draws = new Draws(settings.seed);
        this.sample = new Draws.Sample(settings.patched, settings.seed);
        this.sourcePoints = points(LayerPair::source);
        this.targetPoints = points(LayerPair::target);
    }

    private ImmutableSet<HookPoint> points(Function<LayerPair, Integer> layer) {
        return settings.pairs.stream()
                .map(layer)
                .map(HookPoint::residual)
                .collect(ImmutableSet.toImmutableSet());
    }

    CrossModelMap fit() {
        MapChoice.check(settings.kind, source.width(), target.width());
        checkBudget();
        CrossModelMap map;
        try (PairSums fitted = sums();
                PairSums choosing = sums();
                PairSums measured = sums()) {
            read(fitted, choosing, measured);
            map = map(fitted, choosing, measured);
        } catch (CancellationException e) {
            throw Steps.stopped(e, "the fit", done, Math.max(done, settings.known), "texts");
        }
        if (settings.patched == 0) {
            return map;
        }
        CrossModelEvaluation evaluation =
                CrossModelEvaluation.of(map, source, target)
                        .prompts(sample.texts())
                        .skipFirst(settings.skipped) // as the positions drawn already did
                        .positions(settings.patched)
                        .seed(settings.seed)
                        .execution(settings.execution)
                        .progress(Steps.quiet(settings.progress));
        return map.with(
                (settings.budget.isPresent()
                                ? evaluation.memoryBudget(settings.budget.getAsLong())
                                : evaluation)
                        .run());
    }

    /** Refuses what would take too much memory before any of it is taken. */
    private void checkBudget() {
        if (settings.budget.isEmpty()) {
            return;
        }
        long budget = settings.budget.getAsLong();
        int sets = MapChoice.isChosen(settings.kind) ? 3 : 2; // fitted, measured, choosing
        long pair = sets * PairSums.bytesOfPair(source.width(), target.width());
        int pairs = settings.pairs.size();
        checkArgument(
                pair * pairs <= budget,
                "the sums of %s pairs of layers take %s bytes, %s each for %s sets of texts, and the memory budget is %s bytes: fit at most %s pairs at once with pairs(...) or layers(...)%s, or raise memoryBudget(...)",
                pairs,
                pair * pairs,
                pair,
                sets,
                budget,
                budget / pair,
                sets == 3
                        ? ", give the kind one penalty, such as MapKind.affine(1e-3), which saves a set"
                        : "");
    }

    private PairSums sums() {
        return new PairSums(settings.pairs, source.width(), target.width());
    }

    // ---- reading --------------------------------------------------------------------------------

    private void read(PairSums fitted, PairSums choosing, PairSums measured) {
        for (AlignedPrompts text : settings.prompts.orElseThrow()) {
            if (settings.heldOut.isPresent()) {
                fittedTexts.add(Draws.hash(text));
            }
            boolean out = settings.heldOut.isEmpty() && draws.isAmong(settings.heldOutShare, text);
            add(text, out, fitted, choosing, measured);
        }
        for (AlignedPrompts text : settings.heldOut.orElse(ImmutableList.of())) {
            if (fittedTexts.contains(Draws.hash(text))) {
                repeated++;
            } else {
                add(text, true, fitted, choosing, measured);
            }
        }
        pass();
        checkArgument(
                fitted.rows() > 0,
                "no aligned positions to fit to in %s texts, %s of which are aligned nowhere: give more, or longer ones",
                done + unaligned,
                unaligned);
        checkArgument(
                measured.rows() > 0 && (choosing.rows() > 0 || !MapChoice.isChosen(settings.kind)),
                "%s of %s texts are held out, too few to choose penalties on some and measure on others, equal texts going together; %s more held-out texts are left out as they were fitted to: give more texts, or a larger share with heldOut(...)",
                heldOut,
                done,
                repeated);
    }

    private void add(
            AlignedPrompts whole,
            boolean out,
            PairSums fitted,
            PairSums choosing,
            PairSums measured) {
        AlignedPrompts text = draws.some(whole.skipping(settings.skipped), settings.positions);
        if (text.size() == 0) {
            unaligned++;
            return;
        }
        seen.putBytes(Draws.hash(text).asBytes());
        PairSums use = fitted;
        if (out) {
            boolean chooses = MapChoice.isChosen(settings.kind) && draws.chooses(whole);
            use = chooses ? choosing : measured;
            heldOut++;
            if (!chooses) {
                sample.add(text);
            }
        }
        int length = Math.max(text.source().length(), text.target().length());
        if (tokens + length > TOKENS_AT_ONCE) {
            pass();
        }
        batch.add(new Part(text, use));
        tokens += length;
    }

    /** Runs the texts at hand through both models. */
    private void pass() {
        Steps.stopIfAsked(
                settings.progress, "the fit", done, Math.max(done, settings.known), "texts");
        if (batch.isEmpty()) {
            return;
        }
        try (TensorActivations from = states(source, sourcePoints, AlignedPrompts::source);
                TensorActivations to = states(target, targetPoints, AlignedPrompts::target)) {
            for (PairSums use : batch.stream().map(Part::use).distinct().toList()) {
                use.add(
                        from,
                        rows(from, use, AlignedPrompts::sourcePositions),
                        to,
                        rows(to, use, AlignedPrompts::targetPositions));
            }
        }
        done += batch.size();
        batch.clear();
        tokens = 0;
        settings.progress.update(
                done, Math.max(done, settings.known), Duration.ofNanos(System.nanoTime() - begun));
    }

    private TensorActivations states(
            HookedModel model,
            ImmutableSet<HookPoint> points,
            Function<AlignedPrompts, TokenizedPrompt> side) {
        return model.run(TokenBatch.of(batch.stream().map(part -> side.apply(part.text)).toList()))
                .capture(points)
                .tensors();
    }

    private long[] rows(
            TensorActivations acts,
            PairSums use,
            Function<AlignedPrompts, ImmutableIntArray> positions) {
        return IntStream.range(0, batch.size())
                .filter(i -> batch.get(i).use == use)
                .boxed()
                .flatMapToLong(
                        i -> {
                            int first = acts.rows(i).lowerEndpoint();
                            return positions.apply(batch.get(i).text).stream()
                                    .mapToLong(at -> first + at);
                        })
                .toArray();
    }

    // ---- fitting --------------------------------------------------------------------------------

    private CrossModelMap map(PairSums fitted, PairSums choosing, PairSums measured) {
        ImmutableMap.Builder<LayerPair, AffineMap> maps = ImmutableMap.builder();
        ImmutableList.Builder<CrossModelReport.PairReport> reports = ImmutableList.builder();
        for (int i = 0; i < settings.pairs.size(); i++) {
            Steps.stopIfAsked(
                    settings.progress,
                    "the fit of pairs of layers",
                    i,
                    settings.pairs.size(),
                    "pairs");
            MapChoice choice = MapChoice.of(settings.kind, fitted.of(i), choosing.of(i));
            maps.put(settings.pairs.get(i), choice.map());
            reports.add(report(settings.pairs.get(i), choice, fitted.of(i), measured.of(i)));
        }
        return new CrossModelMap(
                maps.buildOrThrow(),
                new CrossModelReport(
                        LibraryVersion.current(),
                        ModelIdentity.of(source),
                        ModelIdentity.of(target),
                        setup(fitted, choosing, measured),
                        reports.build()),
                Optional.empty(),
                ImmutableList.of());
    }

    private CrossModelReport.Setup setup(PairSums fitted, PairSums choosing, PairSums measured) {
        return new CrossModelReport.Setup(
                settings.kind.toString(),
                ImmutableList.copyOf(MapChoice.penalties(settings.kind).asList()),
                settings.heldOut.isPresent() ? 0 : settings.heldOutShare,
                done,
                unaligned,
                repeated,
                fitted.rows(),
                MapChoice.isChosen(settings.kind) ? choosing.rows() : 0,
                measured.rows(),
                settings.positions,
                settings.skipped,
                settings.seed,
                seen.hash().toString());
    }

    private static CrossModelReport.PairReport report(
            LayerPair pair, MapChoice choice, Moments fitted, Moments measured) {
        AffineMap constant =
                AffineMap.of(
                        Matrix.of(
                                fitted.outputWidth(),
                                fitted.inputWidth(),
                                new double[fitted.outputWidth() * fitted.inputWidth()]),
                        fitted.meanY());
        double error = measured.meanSquaredError(choice.map());
        return new CrossModelReport.PairReport(
                pair.source(),
                pair.target(),
                choice.penalty(),
                explained(fitted.meanSquaredError(choice.map()), fitted.variance()),
                explained(error, measured.variance()),
                explained(error, measured.meanSquaredError(constant)));
    }

    private static double explained(double error, double all) {
        return all > 0 ? 1 - error / all : 0;
    }
}
