package dev.patchscopes.trace.causal;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.internal.Steps;
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
        TracedAnswer asked = settings.answer.orElseGet(() -> TracedAnswer.of(next()));
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

    /** The most probable token after the prompt. */
    private TokenProbability next() {
        Sweep clean =
                model.sweep(BaseRun.of(traced.prompt()))
                        .cells(List.of(Cell.of(0)))
                        .reading(Reading.top(1));
        return settings.configured(clean, Steps.quiet(settings.progress))
                .execute()
                .get(0)
                .top()
                .get(0);
    }

    TracePlan plan() {
        return plan;
    }

    Sweep sweep(Progress progress) {
        return settings.configured(
                model.sweep(plan.bases()).cells(plan.cells()).reading(answer.reading()), progress);
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
                model.layers(),
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
