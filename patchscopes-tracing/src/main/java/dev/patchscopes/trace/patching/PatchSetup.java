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
import java.util.function.Consumer;

/**
 * The choices behind both kinds of patching. Immutable: only {@link #with(Consumer)} changes one,
 * and only on a copy nobody else has.
 */
final class PatchSetup {
    private final HookedModel model;
    private ImmutableList<PromptPair> given = ImmutableList.of(); // pairs that are complete
    private Draft draft = Draft.EMPTY;
    private AnswerMetric metric = AnswerMetric.LOGIT_DIFFERENCE;
    private PatchDirection direction = PatchDirection.DENOISING;
    private boolean firstTokens;
    private Execution execution = Execution.EXACT;
    private Optional<Long> budget = Optional.empty(); // bytes
    private Progress progress = Progress.none();
    private long seed; // of the draws behind intervals

    private PatchSetup(HookedModel model) {
        this.model = model;
    }

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
        return new PatchSetup(model);
    }

    private PatchSetup with(Consumer<PatchSetup> change) {
        PatchSetup copy = new PatchSetup(model);
        copy.given = given;
        copy.draft = draft;
        copy.metric = metric;
        copy.direction = direction;
        copy.firstTokens = firstTokens;
        copy.execution = execution;
        copy.budget = budget;
        copy.progress = progress;
        copy.seed = seed;
        change.accept(copy);
        return copy;
    }

    PatchSetup withDraft(Draft pair) {
        return with(s -> s.draft = pair);
    }

    /** Adds pairs to those given. */
    PatchSetup withPairs(List<PromptPair> pairs) {
        return with(
                s ->
                        s.given =
                                ImmutableList.<PromptPair>builder()
                                        .addAll(given)
                                        .addAll(pairs)
                                        .build());
    }

    PatchSetup withMetric(AnswerMetric what) {
        return with(s -> s.metric = what);
    }

    PatchSetup withDirection(PatchDirection which) {
        return with(s -> s.direction = which);
    }

    PatchSetup withFirstTokens() {
        return with(s -> s.firstTokens = true);
    }

    PatchSetup withExecution(Execution how) {
        return with(s -> s.execution = how);
    }

    PatchSetup withBudget(long bytes) {
        return with(s -> s.budget = Optional.of(bytes));
    }

    PatchSetup withProgress(Progress listener) {
        return with(s -> s.progress = listener);
    }

    PatchSetup withSeed(long draws) {
        return with(s -> s.seed = draws);
    }

    HookedModel model() {
        return model;
    }

    Draft draft() {
        return draft;
    }

    AnswerMetric metric() {
        return metric;
    }

    PatchDirection direction() {
        return direction;
    }

    Execution execution() {
        return execution;
    }

    Optional<Long> budget() {
        return budget;
    }

    Progress progress() {
        return progress;
    }

    long seed() {
        return seed;
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
