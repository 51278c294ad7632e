package dev.patchscopes.examples.trace;

import dev.patchscopes.Layers;
import dev.patchscopes.PatchscopeException;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.measure.HeldOutCell;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.trace.hops.HopForm;
import dev.patchscopes.trace.hops.HopQuestion;
import dev.patchscopes.trace.hops.HopQuestions;
import dev.patchscopes.trace.hops.MultiHop;
import dev.patchscopes.trace.hops.MultiHopReport;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;

/**
 * Multi-hop reasoning on the model that comes with the library, as in Ghandeharioun et al.,
 * "Patchscopes" (2024), section 5: two-hop questions it was not trained on, and those it fails
 * although it knows both hops, answered by carrying the first hop's representation to the second.
 * It prints the grid of layers, all baselines and controls, and the efficient pairs of layers.
 *
 * <p>With the directory of another model it asks that model the same questions. With one of
 * relations too, in the layout of Hernandez et al., "Linearity of Relation Decoding in Transformer
 * Language Models" (2023), it joins the relations and runs up to 200 of the pairs on that model.
 *
 * <pre>{@code
 * mvn -q compile exec:java -Dexec.mainClass=dev.patchscopes.examples.trace.MultiHopDemo
 * mvn -q compile exec:java -Dexec.mainClass=dev.patchscopes.examples.trace.MultiHopDemo \
 *     -Dexec.args="path/to/model"
 * mvn -q compile exec:java -Dexec.mainClass=dev.patchscopes.examples.trace.MultiHopDemo \
 *     -Dexec.args="path/to/model path/to/relations"
 * }</pre>
 */
public final class MultiHopDemo {

    /** Some layers of all depths, to be quick. */
    private static final Layers SOURCE = Layers.at(1, 3, 5, 7);

    private static final Layers TARGET = Layers.at(0, 2, 4, 8);

    /** Asked at most, of each kind. */
    private static final int QUESTIONS = 200;

    private static final int NEW_TOKENS = 6;
    private static final long SEED = 42;

    private final PrintStream out;
    private final int questions;

    MultiHopDemo(PrintStream out, int questions) {
        this.out = out;
        this.questions = questions;
    }

    /**
     * Runs the example.
     *
     * @param args none, or the directory of a model, and perhaps one of relations
     * @throws IOException if the relations cannot be read
     */
    public static void main(String[] args) throws IOException {
        if (args.length > 2) {
            throw new IllegalArgumentException("usage: MultiHopDemo [MODEL [RELATIONS]]");
        }
        MultiHopDemo demo =
                new MultiHopDemo(
                        new PrintStream(System.out, true, StandardCharsets.UTF_8), QUESTIONS);
        if (args.length == 0) {
            demo.bundled();
            return;
        }
        try (HookedModel model = HookedModel.load(args[0])) {
            if (args.length == 1) {
                demo.ask(model, taught(question -> true));
            } else {
                demo.ask(
                        model,
                        HopQuestions.join(
                                HopQuestions.ofPaper(Relation.readAll(Path.of(args[1])))));
            }
        }
    }

    void bundled() {
        try (HookedModel model = HookedModel.demo()) {
            MultiHop hops =
                    MultiHop.of(model)
                            .layers(SOURCE, TARGET)
                            .maxNewTokens(NEW_TOKENS)
                            .maxDirectTokens(NEW_TOKENS)
                            .seed(SEED);
            List<HopQuestion> unseen = some(taught(question -> !question.trained()));
            run("Not trained on, two prompts", hops.questions(unseen));
            run("Not trained on, one prompt", hops.questions(unseen).form(HopForm.ONE_PROMPT));
            List<HopQuestion> failing = some(taught(GroundTruth.TwoHop::failsDirectly));
            run("Failed directly, two prompts", hops.questions(failing).onlyFailing());
            run(
                    "Failed directly, hop 1 answered in the source prompt",
                    hops.questions(failing.stream().map(HopQuestion::withAnsweredHop).toList())
                            .onlyFailing());
        }
    }

    static List<HopQuestion> taught(Predicate<GroundTruth.TwoHop> kept) {
        GroundTruth truth = GroundTruth.of(DemoModel.STANDARD);
        return truth.twoHop().stream()
                .filter(kept)
                .map(hops -> HopQuestions.of(truth, hops))
                .toList();
    }

    void ask(HookedModel model, List<HopQuestion> pairs) {
        List<HopQuestion> asked = some(pairs);
        out.printf("%d pairs of facts; %d of them are asked%n", pairs.size(), asked.size());
        Layers some = Layers.everyNth(Math.max(1, model.layers() / 4));
        MultiHop hops =
                MultiHop.of(model)
                        .questions(asked)
                        .layers(some, some)
                        .maxNewTokens(NEW_TOKENS)
                        .seed(SEED);
        try {
            run("Pairs with known hops", hops);
        } catch (PatchscopeException e) { // it knows none
            out.println(e.getMessage());
            run("All pairs", hops.countAll());
        }
    }

    private List<HopQuestion> some(List<HopQuestion> all) {
        List<HopQuestion> shuffled = new ArrayList<>(all);
        Collections.shuffle(shuffled, new Random(SEED));
        return shuffled.subList(0, Math.min(questions, shuffled.size()));
    }

    private void run(String title, MultiHop hops) {
        MultiHopReport report = hops.run();
        out.printf("%s%n%s%n", title, report);
        if (report.patched().hasHeldOutCell()) {
            // One cell as a patchscope by itself: the same text as in the report.
            HeldOutCell cell = report.heldOutCell().strict();
            HopQuestion example = report.questions().get(0).question();
            out.printf(
                    "  for example: %s%n  %s%n",
                    example,
                    hops.asPatchscope(example, cell.sourceLayer(), cell.targetLayer())
                            .run()
                            .patched());
        }
        out.println();
    }
}
