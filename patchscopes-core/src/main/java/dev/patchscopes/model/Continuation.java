package dev.patchscopes.model;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** A prompt being continued: collects tokens until the text ends. */
final class Continuation {
    private final HookedModel model;
    private final TokenizedPrompt prompt;
    private final ImmutableIntArray end;
    private final ImmutableList<String> stops;
    private final Optional<Predicate<String>> condition;
    private final List<TokenProbability> tokens = new ArrayList<>();
    private String text = "";
    private Generation.StopReason reason = Generation.StopReason.LENGTH;

    /**
     * @param end tokens that end the text
     * @param stops strings that end it
     * @param condition says of the text so far whether it may end
     */
    Continuation(
            HookedModel model,
            TokenizedPrompt prompt,
            ImmutableIntArray end,
            ImmutableList<String> stops,
            Optional<Predicate<String>> condition) {
        this.condition = condition;
        this.model = model;
        this.prompt = prompt;
        this.end = end;
        this.stops = stops;
    }

    /** Adds a token. */
    void add(TokenProbability token) {
        if (end.contains(token.id())) {
            reason = Generation.StopReason.END_OF_TEXT;
            return;
        }
        tokens.add(token);
        if (stops.isEmpty() && condition.isEmpty()) {
            return;
        }
        text = decoded();
        int cut = Integer.MAX_VALUE;
        for (String stop : stops) {
            int at = text.indexOf(stop);
            cut = at >= 0 ? Math.min(cut, at) : cut;
        }
        if (cut < Integer.MAX_VALUE) {
            text = text.substring(0, cut);
            reason = Generation.StopReason.STOP_STRING;
        } else if (condition.isPresent() && condition.get().test(text)) {
            reason = Generation.StopReason.CONDITION;
        }
    }

    /** Whether the text has ended. */
    boolean isFinished() {
        return reason != Generation.StopReason.LENGTH;
    }

    private ImmutableIntArray ids() {
        return ImmutableIntArray.copyOf(tokens.stream().mapToInt(TokenProbability::id));
    }

    private String decoded() {
        return model.tokenizerIfAny()
                .map(t -> t.decodeContinuation(prompt.ids(), ids()))
                .orElse("");
    }

    Generation result() {
        return new Generation(
                prompt,
                reason == Generation.StopReason.STOP_STRING ? text : decoded(),
                ids(),
                ImmutableList.copyOf(tokens),
                reason);
    }
}
