package dev.patchscopes.trace.causal;

import com.google.common.collect.ImmutableSet;
import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.Sweep;
import dev.patchscopes.text.CharSpan;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.AnswerMetric;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/** Choices of a trace; only {@link #with} changes one, and only on a copy nobody else has. */
final class TracingSettings {
    private static final int WIDEST = 10; // the paper's window
    private static final double BLOCKS_A_WINDOW = 5; // 48 blocks and a window of 10

    Optional<TokenizedPrompt> prompt = Optional.empty();
    Optional<Positions> subject = Optional.empty();
    Function<TokenizedPrompt, Optional<CharSpan>> span = p -> Optional.empty(); // the subject's
    Optional<TracedAnswer> answer = Optional.empty();
    AnswerMetric metric = AnswerMetric.PROBABILITY;
    OptionalInt other = OptionalInt.empty();
    Corruption corruption = Corruption.gaussian();
    int copies = 10;
    long seed = 1;
    ImmutableSet<TraceKind> kinds =
            ImmutableSet.of(TraceKind.RESIDUAL, TraceKind.MLP_OUT, TraceKind.ATTN_OUT);
    int window;
    Execution execution = Execution.EXACT;
    Optional<Long> budget = Optional.empty();
    Progress progress = Progress.none();

    /** A choice. */
    interface Change {
        void apply(TracingSettings settings);
    }

    private TracingSettings() {}

    static TracingSettings defaults(int blocks) {
        TracingSettings settings = new TracingSettings();
        settings.window = Math.min(WIDEST, Math.max(1, (int) Math.round(blocks / BLOCKS_A_WINDOW)));
        return settings;
    }

    TracingSettings with(Change change) {
        TracingSettings copy = new TracingSettings();
        copy.prompt = prompt;
        copy.subject = subject;
        copy.span = span;
        copy.answer = answer;
        copy.metric = metric;
        copy.other = other;
        copy.corruption = corruption;
        copy.copies = copies;
        copy.seed = seed;
        copy.kinds = kinds;
        copy.window = window;
        copy.execution = execution;
        copy.budget = budget;
        copy.progress = progress;
        change.apply(copy);
        return copy;
    }

    /** A sweep computed as chosen. */
    Sweep configured(Sweep sweep, Progress listener) {
        Sweep set = sweep.execution(execution).progress(listener);
        return budget.map(set::memoryBudget).orElse(set);
    }

    /**
     * Standard deviation of Gaussian noise; 0 for other corruptions.
     *
     * @param traced what is traced together
     */
    double sigma(HookedModel model, List<TracedPrompt> traced) {
        if (!(corruption instanceof Corruption.Gaussian gaussian)) {
            return 0;
        }
        if (gaussian.scale() instanceof NoiseScale.Fixed fixed) {
            return fixed.sigma();
        }
        if (gaussian.scale() instanceof NoiseScale.OfVocabulary vocabulary) {
            return vocabulary.multiple() * Embeddings.spreadOfVocabulary(model);
        }
        NoiseScale.OfSubjects subjects = (NoiseScale.OfSubjects) gaussian.scale();
        List<FactPrompt> facts = subjects.facts();
        return subjects.multiple()
                * Embeddings.spreadOfSubjects(
                        model,
                        facts.isEmpty()
                                ? traced
                                : facts.stream().map(f -> TracedPrompt.of(model, f)).toList());
    }

    /** The corrupted copies of a prompt. */
    CorruptedRuns corrupted(HookedModel model, TracedPrompt traced, double sigma) {
        return CorruptedRuns.of(model, traced, corruption, sigma, copies, seed);
    }

    /** {@return corruption, what is restored and metric} */
    @Override
    public String toString() {
        return "%s, %s, %s".formatted(corruption, kinds, metric.label());
    }
}
