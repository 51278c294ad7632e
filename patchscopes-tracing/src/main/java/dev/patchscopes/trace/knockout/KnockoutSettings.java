package dev.patchscopes.trace.knockout;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.AnswerMetric;
import java.util.Optional;

/**
 * The choices of an {@link AttentionKnockout}, which changes them only on a copy nobody else has.
 */
final class KnockoutSettings {
    Optional<TokenizedPrompt> prompt = Optional.empty();
    Optional<Positions> subject = Optional.empty();
    Optional<String> answerText = Optional.empty();
    ImmutableIntArray answer = ImmutableIntArray.of();
    AnswerMetric metric = AnswerMetric.PROBABILITY;
    ImmutableList<Integer> against = ImmutableList.of();
    ImmutableList<Stated> edges = ImmutableList.of();
    boolean perToken;
    ImmutableList<Integer> heads = ImmutableList.of();
    boolean renormalised = true;
    Optional<Integer> window = Optional.empty();
    long seed;
    Execution execution = Execution.EXACT;
    Optional<Long> budget = Optional.empty();
    Progress progress = Progress.none();

    /** Edges of a group as stated, before there is a prompt. */
    record Stated(String name, Positions queries, Positions keys) {}

    KnockoutSettings copy() {
        KnockoutSettings copy = new KnockoutSettings();
        copy.prompt = prompt;
        copy.subject = subject;
        copy.answerText = answerText;
        copy.answer = answer;
        copy.metric = metric;
        copy.against = against;
        copy.edges = edges;
        copy.perToken = perToken;
        copy.heads = heads;
        copy.renormalised = renormalised;
        copy.window = window;
        copy.seed = seed;
        copy.execution = execution;
        copy.budget = budget;
        copy.progress = progress;
        return copy;
    }

    TokenizedPrompt promptGiven() {
        return prompt.orElseThrow(
                () ->
                        new IllegalStateException(
                                "there is no prompt: add prompt(text) or fact(fact)"));
    }

    void checkSomethingIsCut() {
        if (subject.isEmpty() && edges.isEmpty() && !perToken) {
            throw new IllegalStateException(
                    "there is nothing to cut: add subject(...), edges(...) or perToken()");
        }
    }

    void checkForAverage() {
        boolean single =
                prompt.isPresent()
                        || subject.isPresent()
                        || answerText.isPresent()
                        || !answer.isEmpty()
                        || !against.isEmpty()
                        || perToken;
        if (single) {
            throw new IllegalStateException(
                    "an average takes prompts, subjects and answers from its facts, and makes no map: leave out prompt, fact, subject, answer, against and perToken");
        }
    }

    KnockoutProvenance provenance(HookedModel model) {
        return new KnockoutProvenance(
                LibraryVersion.current(),
                ModelIdentity.of(model),
                model.layers(),
                metric,
                against,
                window.orElseGet(() -> AttentionKnockout.defaultWindow(model.layers())),
                heads,
                renormalised,
                seed,
                execution);
    }
}
