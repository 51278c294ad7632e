package dev.patchscopes.trace.patching;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.AnswerMetric;
import dev.patchscopes.trace.internal.AnswerCells;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The choices behind both kinds of patching.
 *
 * @param model the model
 * @param given pairs that are complete
 * @param draft the pair that is stated piece by piece
 * @param metric what is measured
 * @param direction which run is patched
 * @param firstTokens whether only the first tokens of answers count
 * @param execution how cells are computed
 * @param budget bytes, if limited
 * @param progress hears of finished cells
 * @param seed of the draws behind intervals
 */
record PatchSetup(
        HookedModel model,
        ImmutableList<PromptPair> given,
        Draft draft,
        AnswerMetric metric,
        PatchDirection direction,
        boolean firstTokens,
        Execution execution,
        Optional<Long> budget,
        Progress progress,
        long seed) {

    /** A pair that is stated piece by piece. */
    record Draft(
            Optional<String> clean,
            Optional<String> corrupted,
            Optional<ImmutableIntArray> answer,
            Optional<ImmutableIntArray> other) {

        static final Draft EMPTY =
                new Draft(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

        Draft withClean(String text) {
            return new Draft(Optional.of(text), corrupted, answer, other);
        }

        Draft withCorrupted(String text) {
            return new Draft(clean, Optional.of(text), answer, other);
        }

        Draft withAnswer(ImmutableIntArray tokens) {
            return new Draft(clean, corrupted, Optional.of(tokens), other);
        }

        Draft withOther(ImmutableIntArray tokens) {
            return new Draft(clean, corrupted, answer, Optional.of(tokens));
        }
    }

    static PatchSetup of(HookedModel model) {
        return new PatchSetup(
                model,
                ImmutableList.of(),
                Draft.EMPTY,
                AnswerMetric.LOGIT_DIFFERENCE,
                PatchDirection.DENOISING,
                false,
                Execution.EXACT,
                Optional.empty(),
                Progress.none(),
                0);
    }

    PatchSetup with(Draft pair) {
        return new PatchSetup(
                model,
                given,
                pair,
                metric,
                direction,
                firstTokens,
                execution,
                budget,
                progress,
                seed);
    }

    PatchSetup with(List<PromptPair> pairs) {
        ImmutableList<PromptPair> all =
                ImmutableList.<PromptPair>builder().addAll(given).addAll(pairs).build();
        return new PatchSetup(
                model,
                all,
                draft,
                metric,
                direction,
                firstTokens,
                execution,
                budget,
                progress,
                seed);
    }

    PatchSetup with(AnswerMetric what) {
        return new PatchSetup(
                model,
                given,
                draft,
                what,
                direction,
                firstTokens,
                execution,
                budget,
                progress,
                seed);
    }

    PatchSetup with(PatchDirection which) {
        return new PatchSetup(
                model, given, draft, metric, which, firstTokens, execution, budget, progress, seed);
    }

    PatchSetup withFirstTokens() {
        return new PatchSetup(
                model, given, draft, metric, direction, true, execution, budget, progress, seed);
    }

    PatchSetup with(Execution how) {
        return new PatchSetup(
                model, given, draft, metric, direction, firstTokens, how, budget, progress, seed);
    }

    PatchSetup withBudget(long bytes) {
        return new PatchSetup(
                model,
                given,
                draft,
                metric,
                direction,
                firstTokens,
                execution,
                Optional.of(bytes),
                progress,
                seed);
    }

    PatchSetup with(Progress listener) {
        return new PatchSetup(
                model,
                given,
                draft,
                metric,
                direction,
                firstTokens,
                execution,
                budget,
                listener,
                seed);
    }

    PatchSetup withSeed(long draws) {
        return new PatchSetup(
                model,
                given,
                draft,
                metric,
                direction,
                firstTokens,
                execution,
                budget,
                progress,
                draws);
    }

    /** All pairs, the draft last. */
    ImmutableList<PromptPair> pairs() {
        ImmutableList.Builder<PromptPair> all = ImmutableList.builder();
        all.addAll(given);
        if (!draft.equals(Draft.EMPTY)) {
            all.add(drafted());
        }
        ImmutableList<PromptPair> pairs =
                all.build().stream()
                        .map(pair -> firstTokens ? pair.withFirstTokens() : pair)
                        .collect(ImmutableList.toImmutableList());
        if (pairs.isEmpty()) {
            throw new IllegalStateException(
                    "no prompts are given: use clean(...), corrupted(...), answer(...) and against(...), or pair(...)");
        }
        pairs.forEach(this::answer); // refuses what cannot be measured before anything is run
        return pairs;
    }

    private PromptPair drafted() {
        String clean = required(draft.clean(), "clean");
        String corrupted = required(draft.corrupted(), "corrupted");
        ImmutableIntArray answer = required(draft.answer(), "answer");
        return new PromptPair(
                model.tokenize(clean),
                model.tokenize(corrupted),
                answer,
                draft.other().orElse(ImmutableIntArray.of()));
    }

    private static <T> T required(Optional<T> piece, String name) {
        return piece.orElseThrow(
                () ->
                        new IllegalStateException(
                                "the pair has no %s text: add %s(...)".formatted(name, name)));
    }

    /** How the answer of a pair is measured. */
    AnswerCells answer(PromptPair pair) {
        if (metric != AnswerMetric.LOGIT_DIFFERENCE) {
            return new AnswerCells(metric, pair.answer(), OptionalInt.empty());
        }
        if (pair.other().isEmpty()) {
            throw new IllegalStateException(
                    "a logit difference needs another token to compare the answer of %s with: add against(...), or use the metric LOG_PROBABILITY"
                            .formatted(pair));
        }
        checkArgument(
                pair.other().length() == 1 && pair.answer().length() == 1,
                "a logit difference compares two tokens, and the answers of %s have %s and %s: use firstTokens(), or the metric LOG_PROBABILITY",
                pair,
                pair.answer().length(),
                pair.other().length());
        checkArgument(
                !pair.other().equals(pair.answer()),
                "token %s is compared with itself in %s: give answers that begin differently, or the metric LOG_PROBABILITY",
                pair.answer(),
                pair);
        return new AnswerCells(metric, pair.answer(), OptionalInt.of(pair.other().get(0)));
    }

    /** The prompt that activations are taken from. */
    TokenizedPrompt source(PromptPair pair) {
        return direction == PatchDirection.DENOISING ? pair.clean() : pair.corrupted();
    }

    /** The prompt that they are patched into. */
    TokenizedPrompt patched(PromptPair pair) {
        return direction == PatchDirection.DENOISING ? pair.corrupted() : pair.clean();
    }

    /** What is kept of a pair, given the metric of the source run and of the unpatched one. */
    PairReading reading(PromptPair pair, double source, double unpatched) {
        return direction == PatchDirection.DENOISING
                ? PairReading.of(pair, source, unpatched)
                : PairReading.of(pair, unpatched, source);
    }

    PatchingProvenance provenance() {
        return new PatchingProvenance(
                LibraryVersion.current(),
                ModelIdentity.of(model),
                model.layers(),
                direction,
                metric,
                firstTokens,
                execution,
                seed);
    }

    /**
     * Checks targets against the model and the pairs.
     *
     * @return the targets without repetitions
     */
    ImmutableList<PatchTarget> checked(PatchTarget[] targets, ImmutableList<PromptPair> pairs) {
        checkArgument(
                targets.length > 0,
                "name at least one target, such as those of PatchTarget.streams()");
        for (PatchTarget target : targets) {
            model.run(pairs.get(0).clean()) // not executed: only checks that there is such a site
                    .capture(HookPoint.of(target.site().site(), 0));
        }
        PromptPair first = pairs.get(0);
        boolean byPosition = Arrays.stream(targets).anyMatch(PatchSetup::hasPositions);
        for (PromptPair pair : pairs) {
            checkArgument(
                    !byPosition || pair.length() == first.length(),
                    "a map by position needs all pairs to have the same number of tokens, and these have %s and %s: %s and %s; choose pairs of one length, or targets by block and head",
                    first.length(),
                    pair.length(),
                    first,
                    pair);
        }
        return ImmutableSet.copyOf(targets).asList();
    }

    private static boolean hasPositions(PatchTarget target) {
        return target.grain() != PatchGrain.BLOCK && target.grain() != PatchGrain.HEAD;
    }
}
