package dev.patchscopes.examples.trace;

import dev.patchscopes.Layers;
import dev.patchscopes.facts.Entity;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.trace.entity.BackPatching;
import dev.patchscopes.trace.entity.EntityDescription;
import dev.patchscopes.trace.entity.EntityEvaluation;
import dev.patchscopes.trace.entity.EntityReference;
import dev.patchscopes.trace.entity.EntityReport;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Entity descriptions, as in Ghandeharioun et al., "Patchscopes" (2024), section 4.3: what a name
 * is taken for at each layer, in the model's own words; and for the model that comes with the
 * library, how often that is right, beside the unpatched placeholder and random vectors. Last,
 * back-patching: how many two-hop questions that the model fails are rescued by writing late layers
 * into early ones.
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

    /** Entities described, taken evenly from all that the model was taught. */
    private static final int DESCRIBED = 200;

    /** Of those described, every fortieth is printed. */
    private static final int PRINTED = 40;

    private static final long SEED = 42;

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
                bundled(model, DESCRIBED, out);
            }
            return;
        }
        List<String> names = args.length == 1 ? FAMOUS : List.of(args).subList(1, args.length);
        try (HookedModel model = HookedModel.load(args[0])) {
            named(model, names, out);
        }
    }

    static void named(HookedModel model, List<String> names, PrintStream out) {
        out.println(EntityDescription.of(model).describe(names));
    }

    static void bundled(HookedModel model, int count, PrintStream out) {
        List<EntityReference> entities = sample(count);
        out.printf("%d entities%n", entities.size());
        EntityDescription descriptions = EntityDescription.of(model).maxNewTokens(12).seed(SEED);
        EntityEvaluation all = descriptions.evaluate(entities);
        EntityReport report = all.report();
        out.printf("placeholder unpatched: %s%n%n", report.unpatched());
        for (int i = 0; i < entities.size(); i += PRINTED) {
            out.printf("%s%n%n", report.entities().get(i));
        }
        out.printf("%s%n%n", all);

        // The same with the placeholder hidden from all that follows it in the blocks below l*.
        out.printf(
                "%s%n%n",
                descriptions.layers(Layers.at(4, 8)).hidingPlaceholder().evaluate(entities));

        // What a late layer knows, given to an early one: two-hop questions that the model fails.
        out.println(
                BackPatching.of(model)
                        .maxNewTokens(6)
                        .seed(SEED)
                        .run(
                                GroundTruth.of(DemoModel.STANDARD).twoHop().stream()
                                        .filter(GroundTruth.TwoHop::failsDirectly)
                                        .map(GroundTruth.TwoHop::direct)
                                        .limit(count)
                                        .toList()));
    }

    private static List<EntityReference> sample(int count) {
        List<Entity> known = GroundTruth.of(DemoModel.STANDARD).entities();
        int taken = Math.min(count, known.size());
        return IntStream.range(0, taken)
                .mapToObj(i -> known.get((int) ((long) i * known.size() / taken)))
                .map(EntityReference::of)
                .toList();
    }
}
