package dev.patchscopes.lens.future;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.corpus.TextCorpus;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.TokenProbability;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The baseline that knows no more than which token followed which in a corpus: at t + 1 + N it
 * predicts what followed the token at t + N most often, that token being given.
 *
 * <p>After a token that was never followed it predicts the most frequent tokens; these also fill up
 * where fewer tokens followed than are asked for, with probability 0. Ties go to the smaller id. It
 * holds a count for each pair that occurs.
 *
 * <pre>{@code
 * FuturePredictor bigrams = BigramBaseline.of(model, TextCorpus.open(Path.of("texts")));
 * }</pre>
 */
public final class BigramBaseline implements FuturePredictor {
    private final HookedModel model;
    private final Map<Integer, Map<Integer, Integer>> followers;
    private final ImmutableIntArray frequent; // all tokens, most frequent first
    private final Map<Integer, Integer> frequencies;
    private final long tokens;

    private BigramBaseline(
            HookedModel model,
            Map<Integer, Map<Integer, Integer>> followers,
            Map<Integer, Integer> frequencies) {
        this.model = model;
        this.followers = followers;
        this.frequencies = frequencies;
        this.frequent = ranked(frequencies, model.vocabularySize());
        this.tokens = frequencies.values().stream().mapToLong(Integer::longValue).sum();
    }

    /**
     * Counts a corpus.
     *
     * @param model its tokenizer cuts the texts
     * @param corpus texts, each cut at the model's context
     * @return the baseline
     * @throws IllegalArgumentException if the corpus has no text of two tokens
     */
    public static BigramBaseline of(HookedModel model, TextCorpus corpus) {
        return of(model, corpus, Progress.none());
    }

    /**
     * Counts a corpus, listened to; a part is a text. The texts are counted before, unless it is
     * {@link Progress#none}.
     *
     * @param model its tokenizer cuts the texts
     * @param corpus texts, each cut at the model's context
     * @param listener told and asked behind every 16 texts
     * @return the baseline
     * @throws IllegalArgumentException if the corpus has no text of two tokens
     * @throws java.util.concurrent.CancellationException if the listener or an interrupt of this
     *     thread stopped it
     */
    public static BigramBaseline of(HookedModel model, TextCorpus corpus, Progress listener) {
        Texts texts = Texts.of(model, corpus, 2).countedFor(listener);
        Steps steps = new Steps(listener, "the count of bigrams", texts.count());
        return steps.during(
                () -> {
                    Map<Integer, Map<Integer, Integer>> followers = new HashMap<>();
                    Map<Integer, Integer> frequencies = new HashMap<>();
                    texts.read(
                            steps,
                            some ->
                                    some.prompts().stream()
                                            .map(prompt -> prompt.ids())
                                            .forEach(ids -> count(ids, followers, frequencies)));
                    checkArgument(!followers.isEmpty(), "no text of %s has two tokens", corpus);
                    return new BigramBaseline(model, followers, frequencies);
                });
    }

    private static void count(
            ImmutableIntArray ids,
            Map<Integer, Map<Integer, Integer>> followers,
            Map<Integer, Integer> frequencies) {
        for (int i = 1; i < ids.length(); i++) {
            frequencies.merge(ids.get(i), 1, Integer::sum);
            followers
                    .computeIfAbsent(ids.get(i - 1), id -> new HashMap<>())
                    .merge(ids.get(i), 1, Integer::sum);
        }
    }

    /** Ids by count, then by id; those below a limit that never occurred come last. */
    private static ImmutableIntArray ranked(Map<Integer, Integer> counts, int limit) {
        return ImmutableIntArray.copyOf(
                IntStream.range(0, limit)
                        .boxed()
                        .sorted(
                                Comparator.<Integer>comparingInt(id -> -counts.getOrDefault(id, 0))
                                        .thenComparing(id -> id))
                        .mapToInt(Integer::intValue));
    }

    @Override
    public HookedModel model() {
        return model;
    }

    @Override
    public String name() {
        return "bigram";
    }

    @Override
    public int ahead() {
        return FutureLens.AHEAD;
    }

    @Override
    public ImmutableIntArray layers() {
        return ImmutableIntArray.of();
    }

    @Override
    public ImmutableList<FuturePredictions> predict(List<FutureStates> states, int top) {
        return states.stream()
                .map(
                        some ->
                                new FuturePredictions(
                                        IntStream.rangeClosed(0, ahead())
                                                .mapToObj(n -> predict(some, n, top))
                                                .collect(ImmutableList.toImmutableList())))
                .collect(ImmutableList.toImmutableList());
    }

    private ImmutableList<ImmutableList<TokenProbability>> predict(
            FutureStates states, int ahead, int top) {
        return states.tokens().stream()
                .map(
                        tokens -> {
                            checkArgument(
                                    tokens.length() > ahead,
                                    "%s tokens are given from a state's own on, and %s are needed"
                                            + " for N = %s",
                                    tokens.length(),
                                    ahead + 1,
                                    ahead);
                            return after(tokens.get(ahead), top);
                        })
                .collect(ImmutableList.toImmutableList());
    }

    /** What followed a token, most often first. */
    ImmutableList<TokenProbability> after(int token, int top) {
        Map<Integer, Integer> seen = followers.getOrDefault(token, frequencies);
        double total =
                seen == frequencies
                        ? tokens
                        : seen.values().stream().mapToInt(Integer::intValue).sum();
        List<Integer> ids =
                new ArrayList<>(
                        seen.entrySet().stream()
                                .sorted(
                                        Map.Entry.<Integer, Integer>comparingByValue()
                                                .reversed()
                                                .thenComparing(Map.Entry.comparingByKey()))
                                .map(Map.Entry::getKey)
                                .limit(top)
                                .toList());
        frequent.stream()
                .filter(id -> !seen.containsKey(id))
                .limit(Math.max(0, top - ids.size()))
                .forEach(ids::add);
        return ids.stream()
                .map(
                        id ->
                                new TokenProbability(
                                        id,
                                        model.tokenizer().label(id),
                                        seen.getOrDefault(id, 0) / total))
                .collect(ImmutableList.toImmutableList());
    }

    /** {@return how many tokens were counted} */
    @Override
    public String toString() {
        return "BigramBaseline[%s, %d pairs of tokens]".formatted(model.name(), tokens);
    }
}
