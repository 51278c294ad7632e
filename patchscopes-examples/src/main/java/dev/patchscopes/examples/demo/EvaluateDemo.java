package dev.patchscopes.examples.demo;

import dev.patchscopes.examples.demo.corpus.Corpus;
import dev.patchscopes.examples.demo.corpus.KnowledgeBase;
import dev.patchscopes.facts.Entity;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.model.HookedModel;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Measures a demo model: which facts it answers, and what its layers tell by token identity, logit
 * lens and entity description.
 *
 * <p>Reads the directory that {@link dev.patchscopes.examples.demo.training.TrainDemo} wrote, and
 * notes in its {@code facts.json} what is answered.
 *
 * <pre>{@code
 * mvn -q compile exec:java \
 *     -Dexec.mainClass=dev.patchscopes.examples.demo.EvaluateDemo -Dexec.args="target/demo/model"
 * }</pre>
 */
public final class EvaluateDemo {
    private static final int PROMPTS = 300;
    private static final int ENTITIES = 400;

    private EvaluateDemo() {}

    /**
     * Runs the measurements.
     *
     * @param arguments the model's directory
     * @throws IOException if the facts cannot be read or written
     */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 1) {
            throw new IllegalArgumentException("usage: EvaluateDemo MODEL");
        }
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        run(Path.of(arguments[0]), PROMPTS, ENTITIES, out);
    }

    /**
     * @param prompts how many prompts' layers are read
     * @param entities how many entities are described, at most
     */
    static void run(Path directory, int prompts, int entities, PrintStream out) throws IOException {
        Path file = directory.resolve("facts.json");
        GroundTruth asked = GroundTruth.read(file);
        try (HookedModel model = HookedModel.load(directory)) {
            FactReport facts = FactReport.of(model, asked);
            facts.truth().write(file);
            out.println(facts);
            Corpus corpus = Corpus.about(KnowledgeBase.load(asked.seed()), asked.seed());
            layers(
                    LayerReadings.of(model, Sources.text(model, corpus, prompts)),
                    LayerReadings.of(model, Sources.facts(model, asked, prompts)),
                    EntityDescriptions.of(model, spread(asked.entities(), entities)),
                    out);
        }
    }

    /** Entities of all kinds, which stand one kind after the other. */
    private static List<Entity> spread(List<Entity> all, int count) {
        int some = Math.min(count, all.size());
        return IntStream.range(0, some)
                .mapToObj(i -> all.get((int) ((long) i * all.size() / some)))
                .toList();
    }

    private static void layers(
            LayerReadings text,
            LayerReadings facts,
            EntityDescriptions described,
            PrintStream out) {
        out.printf(
                "%n       text cut at random          facts before the answer     description%n");
        out.printf(
                "layer  identity  lens   KL         identity  lens   KL         choose report%n");
        for (int layer = 0; layer < text.lens().length(); layer++) {
            out.printf(
                    Locale.ROOT,
                    "%5d  %s  %s  %.3f  %.3f%n",
                    layer,
                    row(text, layer),
                    row(facts, layer),
                    described.choosing().get(layer),
                    described.reported().get(layer));
        }
        out.printf(
                Locale.ROOT,
                "%nrank correlation of layer and KL: %.3f on text, %.3f on facts%n",
                text.rankCorrelation(),
                facts.rankCorrelation());
        out.printf(
                Locale.ROOT,
                "categories named at layer %d, chosen on the other half: %.1f%% of known entities (%d of %d known)%n",
                described.best(),
                100 * described.reported().get(described.best()),
                described.known(),
                described.all());
    }

    private static String row(LayerReadings readings, int layer) {
        return String.format(
                Locale.ROOT,
                "%8.3f  %.3f  %-9.4f",
                readings.identity().get(layer),
                readings.lens().get(layer),
                readings.divergence().get(layer));
    }
}
