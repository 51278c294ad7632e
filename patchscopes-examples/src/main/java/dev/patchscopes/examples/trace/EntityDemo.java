package dev.patchscopes.examples.trace;

import dev.patchscopes.Layers;
import dev.patchscopes.facts.Entity;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.trace.entity.EntityDescription;
import dev.patchscopes.trace.entity.EntityEvaluation;
import dev.patchscopes.trace.entity.EntityReference;
import dev.patchscopes.trace.entity.EntityReport;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Entity descriptions, as in Ghandeharioun et al., "Patchscopes" (2024), section 4.3: what a name
 * is taken for at each layer, in the model's own words; and for the model that comes with the
 * library, how often that is right, beside the unpatched placeholder and random vectors.
 *
 * <pre>{@code
 * mvn -q compile exec:java -Dexec.mainClass=dev.patchscopes.examples.trace.EntityDemo
 * mvn -q compile exec:java \
 *     -Dexec.mainClass=dev.patchscopes.examples.trace.EntityDemo \
 *     -Dexec.args="path/to/model 'Diana, Princess of Wales' 'Will Smith'"
 * }</pre>
 */
public final class EntityDemo {

    private static final List<String> FAMOUS =
            List.of("Diana, Princess of Wales", "Alexander the Great", "Will Smith");

    /** Every fifth entity is described, and of these every thirtieth printed. */
    private static final int DESCRIBED = 5;

    private static final int PRINTED = 30;

    private EntityDemo() {}

    /**
     * Runs the example.
     *
     * @param args none for the model that comes with the library; else a model's directory, and
     *     names to describe if other than a few famous ones
     */
    public static void main(String[] args) {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        if (args.length == 0) {
            try (HookedModel model = HookedModel.demo()) {
                bundled(model, out);
            }
            return;
        }
        List<String> names = args.length == 1 ? FAMOUS : List.of(args).subList(1, args.length);
        try (HookedModel model = HookedModel.load(Path.of(args[0]))) {
            out.println(EntityDescription.of(model).describe(names));
        }
    }

    private static void bundled(HookedModel model, PrintStream out) {
        List<Entity> known = GroundTruth.of(DemoModel.STANDARD).entities();
        List<EntityReference> entities =
                IntStream.range(0, known.size())
                        .filter(i -> i % DESCRIBED == 0)
                        .mapToObj(i -> EntityReference.of(known.get(i)))
                        .toList();
        EntityDescription descriptions = EntityDescription.of(model).maxNewTokens(12).seed(42);
        EntityEvaluation all = descriptions.evaluate(entities);
        EntityReport report = all.report();
        out.printf("placeholder unpatched: %s%n%n", report.unpatched());
        for (int i = 0; i < entities.size(); i += PRINTED) {
            out.printf("%s%n%n", report.entities().get(i));
        }
        out.printf("%s%n%n", all);

        // The same with the placeholder hidden from all that follows it in the blocks below l*.
        out.println(
                descriptions
                        .layers(Layers.everyNth(2))
                        .hidingPlaceholder()
                        .evaluate(entities.subList(0, Math.min(PRINTED, entities.size()))));
    }
}
