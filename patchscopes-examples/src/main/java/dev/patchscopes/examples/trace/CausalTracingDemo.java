package dev.patchscopes.examples.trace;

import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.trace.causal.CausalTrace;
import dev.patchscopes.trace.causal.CausalTracing;
import dev.patchscopes.trace.causal.FactEffect;
import dev.patchscopes.trace.causal.TraceAverage;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Causal tracing: on the model that comes with the library, one fact token by token, then averages
 * over 200 facts by classes of tokens, with 95 % intervals and the best layers as chosen on half
 * the subjects and tried on the others, in a few minutes; on another model, one prompt.
 *
 * <pre>{@code
 * mvn -q compile exec:java -Dexec.mainClass=dev.patchscopes.examples.trace.CausalTracingDemo
 * mvn -q compile exec:java \
 *     -Dexec.mainClass=dev.patchscopes.examples.trace.CausalTracingDemo \
 *     -Dexec.args="models/gpt2 'The Space Needle is in the city of' 'The Space Needle'"
 * }</pre>
 */
public final class CausalTracingDemo {
    private static final int FACTS = 200;
    private static final String PROMPT =
            "Once upon a time there was a little girl named Lily. She loved to";
    private static final String SUBJECT = "Lily";

    private CausalTracingDemo() {}

    /**
     * Traces and prints.
     *
     * @param arguments none, or a model's directory, or that with a prompt and its subject
     * @throws IllegalArgumentException if there are two arguments or more than three
     */
    public static void main(String[] arguments) {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        if (arguments.length == 0) {
            bundled(FACTS, out);
            return;
        }
        if (arguments.length != 1 && arguments.length != 3) {
            throw new IllegalArgumentException(
                    "%d arguments: give none, or DIR, or DIR PROMPT SUBJECT, the subject being part of the prompt"
                            .formatted(arguments.length));
        }
        boolean given = arguments.length == 3;
        try (HookedModel model = HookedModel.load(arguments[0])) {
            show(
                    CausalTracing.of(model)
                            .prompt(given ? arguments[1] : PROMPT)
                            .subject(given ? arguments[2] : SUBJECT)
                            .run(),
                    out);
        }
    }

    static void bundled(int count, PrintStream out) {
        List<FactPrompt> facts = sample(count);
        try (HookedModel model = HookedModel.demo()) {
            show(CausalTracing.of(model).fact(facts.get(0)).run(), out);
            TraceAverage average = CausalTracing.of(model).average(facts);
            out.println(average);
            long positive =
                    average.facts().stream()
                            .mapToDouble(FactEffect::totalEffect)
                            .filter(e -> e > 0)
                            .count();
            out.printf(
                    "corruption lowers the probability of %d of %d answers%n",
                    positive, average.facts().size());
        }
    }

    /** Facts that the model knows, taken evenly from all relations. */
    private static List<FactPrompt> sample(int count) {
        List<FactPrompt> known = GroundTruth.of(DemoModel.STANDARD).knownPrompts();
        int taken = Math.min(count, known.size());
        return IntStream.range(0, taken)
                .mapToObj(i -> known.get((int) ((long) i * known.size() / taken)))
                .toList();
    }

    private static void show(CausalTrace trace, PrintStream out) {
        out.println(trace);
        trace.grids().forEach(grid -> out.println(trace.table(grid.kind())));
    }
}
