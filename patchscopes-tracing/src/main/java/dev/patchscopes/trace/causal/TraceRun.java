package dev.patchscopes.trace.causal;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.Reading;
import dev.patchscopes.model.Sweep;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.trace.AnswerMetric;
import dev.patchscopes.trace.internal.AnswerCells;
import java.util.List;
import java.util.stream.IntStream;

/** Traces one prompt. */
final class TraceRun {
    private final HookedModel model;
    private final TracingSettings settings;
    private final TracedPrompt traced;
    private final double sigma;
    private final CorruptedRuns corrupted;
    private final AnswerCells answer;
    private final String answerText;
    private final TracePlan plan;

    /**
     * Prepares a trace.
     *
     * @param sigma standard deviation of Gaussian noise
     */
    TraceRun(HookedModel model, TracingSettings settings, TracedPrompt traced, double sigma) {
        this.model = model;
        this.settings = settings;
        this.traced = traced;
        this.sigma = sigma;
        corrupted = settings.corrupted(model, traced, sigma);
        TracedAnswer asked =
                settings.answer.orElseGet(
                        () -> TracedAnswer.of(next(model, List.of(traced)).get(0)));
        answer = new AnswerCells(settings.metric, asked.tokens(), settings.other);
        answerText = asked.text();
        plan =
                new TracePlan(
                        model.layers(),
                        traced,
                        corrupted,
                        answer,
                        settings.kinds,
                        settings.window,
                        settings.execution == Execution.EXACT);
    }

    /** The most probable token after each prompt. */
    static ImmutableList<TokenProbability> next(HookedModel model, List<TracedPrompt> prompts) {
        return model
                .sweep(prompts.stream().map(p -> BaseRun.of(p.prompt())).toList())
                .cells(IntStream.range(0, prompts.size()).mapToObj(Cell::of).toList())
                .reading(Reading.top(1))
                .execute()
                .stream()
                .map(result -> result.top().get(0))
                .collect(ImmutableList.toImmutableList());
    }

    TracePlan plan() {
        return plan;
    }

    Sweep sweep(Progress progress) {
        Sweep sweep =
                model.sweep(plan.bases())
                        .cells(plan.cells())
                        .reading(answer.reading())
                        .execution(settings.execution)
                        .progress(progress);
        return settings.budget.map(sweep::memoryBudget).orElse(sweep);
    }

    CausalTrace trace(Progress progress) {
        TracePlan.Values values = plan.values(sweep(progress).execute());
        return new CausalTrace(
                provenance(),
                IntStream.range(0, traced.length())
                        .mapToObj(this::token)
                        .collect(ImmutableList.toImmutableList()),
                traced.from(),
                traced.to(),
                values.clean(),
                values.corrupted(),
                values.grids());
    }

    private TraceToken token(int index) {
        boolean subject = index >= traced.from() && index < traced.to();
        return TraceToken.of(traced.prompt(), index, subject);
    }

    private TraceProvenance provenance() {
        return new TraceProvenance(
                LibraryVersion.current(),
                ModelIdentity.of(model),
                settings.metric,
                ImmutableList.copyOf(answer.answer().asList()),
                answerText,
                settings.metric == AnswerMetric.LOGIT_DIFFERENCE
                        ? ImmutableList.of(answer.other().orElseThrow())
                        : ImmutableList.of(),
                settings.corruption.toString(),
                ImmutableList.copyOf(corrupted.prompt().ids().asList()),
                sigma,
                corrupted.count(),
                settings.seed,
                settings.execution);
    }
}
