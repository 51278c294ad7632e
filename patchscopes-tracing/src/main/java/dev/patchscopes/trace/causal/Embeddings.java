package dev.patchscopes.trace.causal;

import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.List;
import java.util.stream.IntStream;

/** Token embeddings of a model, as noise finds them. */
final class Embeddings {

    /** Tokens looked up at once. */
    private static final int CHUNK = 1024;

    private Embeddings() {}

    /** Numbers a token. */
    static int width(HookedModel model, TokenizedPrompt prompt) {
        return rows(model, prompt).length / prompt.length();
    }

    /**
     * Unbiased standard deviation over all entries of the subjects' rows, as often as they come.
     */
    static double spreadOfSubjects(HookedModel model, List<TracedPrompt> prompts) {
        Spread spread = new Spread();
        for (TracedPrompt traced : prompts) {
            double[] rows = rows(model, traced.prompt()); // [pos, d_embed]
            int width = rows.length / traced.length();
            spread.add(rows, traced.from() * width, traced.to() * width);
        }
        return spread.deviation();
    }

    /** Unbiased standard deviation over all entries of the table. */
    static double spreadOfVocabulary(HookedModel model) {
        int chunk = Math.min(CHUNK, model.contextLength());
        Spread spread = new Spread();
        for (int from = 0; from < model.vocabularySize(); from += chunk) {
            int to = Math.min(from + chunk, model.vocabularySize());
            double[] rows = rows(model, TokenizedPrompt.ofIds(IntStream.range(from, to).toArray()));
            spread.add(rows, 0, rows.length);
        }
        return spread.deviation();
    }

    private static double[] rows(HookedModel model, TokenizedPrompt prompt) {
        HookPoint embed = HookPoint.embed();
        return model.run(prompt).capture(embed).execute().get(embed).doubles(0);
    }

    /** Welford's running variance. */
    private static final class Spread {
        private long count;
        private double mean;
        private double squares;

        void add(double[] values, int from, int to) {
            for (int i = from; i < to; i++) {
                count++;
                double before = values[i] - mean;
                mean += before / count;
                squares += before * (values[i] - mean);
            }
        }

        double deviation() {
            return Math.sqrt(squares / (count - 1));
        }
    }
}
