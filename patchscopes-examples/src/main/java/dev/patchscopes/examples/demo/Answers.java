package dev.patchscopes.examples.demo;

import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Iterables;
import dev.patchscopes.facts.Question;
import dev.patchscopes.model.Generation;
import dev.patchscopes.model.HookedModel;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** Asks a model questions, many at once; it answers greedily. */
final class Answers {
    private static final int AT_ONCE = 128;

    /** A token that goes on with the answer's last word, or does not. */
    private static final int BEYOND = 1;

    private final HookedModel model;

    Answers(HookedModel model) {
        this.model = model;
    }

    /** Those that the model answers. */
    ImmutableSet<Question> right(Collection<Question> questions) {
        ImmutableSet.Builder<Question> right = ImmutableSet.builder();
        List<Question> byLength =
                questions.stream()
                        .distinct()
                        .sorted(
                                Comparator.comparingInt(this::answerTokens)
                                        .thenComparingInt(q -> q.prompt().length()))
                        .toList();
        for (List<Question> some : Iterables.partition(byLength, AT_ONCE)) {
            int longest = some.stream().mapToInt(this::answerTokens).max().orElseThrow();
            List<Generation> said =
                    model.generation(some.stream().map(Question::prompt).toList())
                            .maxNewTokens(longest + BEYOND)
                            .run()
                            .all();
            for (int i = 0; i < some.size(); i++) {
                if (some.get(i).isAnsweredBy(said.get(i).text())) {
                    right.add(some.get(i));
                }
            }
        }
        return right.build();
    }

    private int answerTokens(Question question) {
        return model.tokenizer().tokenize(" " + question.answer(), false).length();
    }
}
