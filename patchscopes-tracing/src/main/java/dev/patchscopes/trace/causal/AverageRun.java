package dev.patchscopes.trace.causal;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.trace.internal.AskedFact;
import java.util.List;
import java.util.Optional;

/** Traces many facts and averages. */
final class AverageRun {
    private static final int ASKED_TOGETHER = 64;

    private final HookedModel model;
    private final TracingSettings settings;
    private final ImmutableList<FactPrompt> facts;
    private final ClassAverages averages = new ClassAverages();
    private final ImmutableList.Builder<FactEffect> effects = ImmutableList.builder();

    AverageRun(HookedModel model, TracingSettings settings, List<FactPrompt> facts) {
        checkArgument(!facts.isEmpty(), "there is no fact to trace");
        this.model = model;
        this.settings = settings;
        this.facts = ImmutableList.copyOf(facts);
    }

    TraceAverage run() {
        Steps steps = new Steps(settings.progress, "causal tracing of many facts", facts.size());
        return steps.during(
                () -> {
                    double sigma =
                            settings.sigma(
                                    model,
                                    facts.stream().map(f -> TracedPrompt.of(model, f)).toList());
                    for (List<FactPrompt> some : Lists.partition(facts, ASKED_TOGETHER)) {
                        for (AskedFact asked : ask(some, steps)) {
                            if (asked.known()) {
                                trace(asked, sigma, steps);
                            }
                            steps.done();
                        }
                    }
                    ImmutableList<FactEffect> answered = effects.build();
                    if (answered.isEmpty()) {
                        throw new IllegalArgumentException(
                                "%s answers none of the %s facts: each token of an answer must be the most probable one after those before it, and after \"%s\" that is %s"
                                        .formatted(
                                                model.name(),
                                                facts.size(),
                                                facts.get(0).prompt(),
                                                ask(facts.subList(0, 1), steps).get(0).next()));
                    }
                    return new TraceAverage(
                            provenance(sigma),
                            answered,
                            facts.size() - answered.size(),
                            averages.effects(settings.kinds, model.layers()),
                            averages.heldOut(settings.kinds, model.layers()));
                });
    }

    private ImmutableList<AskedFact> ask(List<FactPrompt> some, Steps steps) {
        return AskedFact.ask(
                model,
                some,
                (prompts, cells, reading) ->
                        settings.configured(
                                model.sweep(prompts.stream().map(BaseRun::of).toList())
                                        .cells(cells)
                                        .reading(reading),
                                steps.within()));
    }

    private void trace(AskedFact asked, double sigma, Steps steps) {
        TracedAnswer answer =
                new TracedAnswer(ImmutableIntArray.of(asked.answer().get(0)), asked.next().piece());
        FactPrompt fact = asked.fact();
        CausalTrace trace =
                new TraceRun(
                                model,
                                settings.with(s -> s.answer = Optional.of(answer)),
                                TracedPrompt.of(model, fact),
                                sigma)
                        .trace(steps.within());
        averages.add(trace, fact.subject());
        effects.add(
                new FactEffect(
                        fact.prompt(),
                        fact.subject(),
                        answer.text(),
                        ImmutableList.copyOf(asked.prompt().ids().asList()),
                        trace.subjectFrom(),
                        trace.subjectTo(),
                        answer.tokens().get(0),
                        trace.clean(),
                        trace.corrupted()));
    }

    private AverageProvenance provenance(double sigma) {
        return new AverageProvenance(
                LibraryVersion.current(),
                ModelIdentity.of(model),
                model.layers(),
                settings.metric,
                settings.corruption.toString(),
                sigma,
                settings.corruption instanceof Corruption.GivenNoise given
                        ? given.copies().size()
                        : settings.copies,
                settings.seed,
                settings.window,
                settings.execution);
    }
}
