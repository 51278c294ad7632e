package dev.patchscopes.trace.causal;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.trace.internal.AnswerCells;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Traces many facts and averages. */
final class AverageRun {
    private final HookedModel model;
    private final TracingSettings settings;
    private final ImmutableList<FactPrompt> facts;

    AverageRun(HookedModel model, TracingSettings settings, List<FactPrompt> facts) {
        checkArgument(!facts.isEmpty(), "there is no fact to trace");
        this.model = model;
        this.settings = settings;
        this.facts = ImmutableList.copyOf(facts);
    }

    TraceAverage run() {
        List<TracedPrompt> prompts = facts.stream().map(f -> TracedPrompt.of(model, f)).toList();
        Steps steps = new Steps(settings.progress, "causal tracing of many facts", facts.size());
        List<TokenProbability> next = TraceRun.next(model, prompts);
        double sigma = settings.sigma(model, prompts);
        ClassAverages averages = new ClassAverages();
        ImmutableList.Builder<FactEffect> effects = ImmutableList.builder();
        for (int i = 0; i < facts.size(); i++) {
            FactPrompt fact = facts.get(i);
            int answer = AnswerCells.tokens(model, fact.answer()).get(0);
            if (next.get(i).id() == answer) {
                TracedAnswer asked =
                        new TracedAnswer(ImmutableIntArray.of(answer), next.get(i).piece());
                TracingSettings own = settings.with(s -> s.answer = Optional.of(asked));
                CausalTrace trace =
                        new TraceRun(model, own, prompts.get(i), sigma).trace(steps.within());
                averages.add(trace);
                effects.add(
                        new FactEffect(
                                fact.prompt(),
                                fact.subject(),
                                asked.text(),
                                trace.clean(),
                                trace.corrupted()));
            }
            steps.done();
        }
        ImmutableList<FactEffect> answered = effects.build();
        checkArgument(
                !answered.isEmpty(),
                "%s answers none of the %s facts: its next token is never the answer's first, such as %s after \"%s\"",
                model.name(),
                facts.size(),
                next.get(0),
                facts.get(0).prompt());
        return new TraceAverage(
                provenance(sigma),
                answered,
                facts.size() - answered.size(),
                averages.effects(settings.kinds, model.layers()));
    }

    private AverageProvenance provenance(double sigma) {
        return new AverageProvenance(
                LibraryVersion.current(),
                ModelIdentity.of(model),
                settings.metric,
                settings.corruption.toString(),
                sigma,
                settings.copies,
                settings.seed,
                settings.window,
                settings.execution);
    }

    /** Indices of a class's tokens in a trace. */
    static IntStream tokens(CausalTrace trace, TokenClass tokenClass) {
        return IntStream.range(0, trace.tokens().size())
                .filter(t -> trace.tokenClass(t).filter(c -> c == tokenClass).isPresent());
    }
}
