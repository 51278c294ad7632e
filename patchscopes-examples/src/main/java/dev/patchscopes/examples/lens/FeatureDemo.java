package dev.patchscopes.examples.lens;

import dev.patchscopes.Layers;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.lens.feature.FeatureExtraction;
import dev.patchscopes.lens.feature.FeatureExtractionReport;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Zero-shot feature extraction on the model that comes with the library, as in Ghandeharioun et
 * al., "Patchscopes" (2024), section 4.2: which layers hold the attributes of a country, a person
 * or an animal that a sentence mentions, under both scorings and beside all controls.
 *
 * <pre>{@code
 * mvn -q compile exec:java \
 *     -Dexec.mainClass=dev.patchscopes.examples.lens.FeatureDemo -Dexec.args="target/features"
 * }</pre>
 */
public final class FeatureDemo {

    /** A relation, and a sentence that ends in its subject: later words would change nothing. */
    record Task(String relation, String sentence) {}

    static final List<Task> TASKS =
            List.of(
                    new Task("currency", "She spent a week in {}"),
                    new Task("profession", "The book is about {}"),
                    new Task("class", "They saw a {}"));

    private static final int SUBJECTS = 10;

    /**
     * Every other one of 1..L-1. Layer 0 is the last token's embedding, which is the token itself
     * at l* = 0; and of layer 0 in layer L the model first says the token, then answers it.
     */
    private static final Layers LAYERS = Layers.at(1, 3, 5, 7, 9);

    private static final long SEED = 42;

    private final HookedModel model;
    private final GroundTruth facts;
    private final PrintStream out;

    FeatureDemo(HookedModel model, GroundTruth facts, PrintStream out) {
        this.model = model;
        this.facts = facts;
        this.out = out;
    }

    /**
     * Runs the example.
     *
     * @param args a directory for the results as CSV and JSON; they are printed alone without one
     * @throws IOException if the results cannot be written
     */
    public static void main(String[] args) throws IOException {
        if (args.length > 1) {
            throw new IllegalArgumentException("usage: FeatureDemo [DIRECTORY]");
        }
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        try (HookedModel model = HookedModel.demo()) {
            FeatureDemo demo = new FeatureDemo(model, GroundTruth.of(DemoModel.STANDARD), out);
            for (Task task : TASKS) {
                FeatureExtractionReport report = demo.run(task, SUBJECTS, LAYERS);
                if (args.length == 1) {
                    write(Files.createDirectories(Path.of(args[0])), task.relation, report);
                }
            }
        }
    }

    FeatureExtractionReport run(Task task, int subjects, Layers layers) {
        Relation relation = Relation.of(facts, task.relation);
        FeatureExtraction extraction =
                FeatureExtraction.of(model)
                        .relation(relation.splitAt(subjects, SEED).train())
                        .sources(task.sentence)
                        .layers(layers, layers)
                        .seed(SEED);
        FeatureExtractionReport report = extraction.run();
        out.println(report);
        // One cell as a patchscope by itself: the same text as in the report.
        out.printf(
                "  for example: %s%n  %s%n%n",
                extraction.samples().get(0),
                extraction.asPatchscope(extraction.samples().get(0), 3, 3).run().patched());
        return report;
    }

    private static void write(Path directory, String name, FeatureExtractionReport report)
            throws IOException {
        Files.writeString(directory.resolve(name + ".csv"), report.toCsv());
        Files.writeString(directory.resolve(name + ".json"), report.toJson());
    }
}
