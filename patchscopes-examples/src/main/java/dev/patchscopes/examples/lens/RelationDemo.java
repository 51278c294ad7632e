package dev.patchscopes.examples.lens;

import dev.patchscopes.Layers;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.lens.relation.AnswerRule;
import dev.patchscopes.lens.relation.AttributeCell;
import dev.patchscopes.lens.relation.AttributeLens;
import dev.patchscopes.lens.relation.AttributeReading;
import dev.patchscopes.lens.relation.EditMethod;
import dev.patchscopes.lens.relation.EditSuccess;
import dev.patchscopes.lens.relation.FaithfulnessMethod;
import dev.patchscopes.lens.relation.LinearRelation;
import dev.patchscopes.lens.relation.RelationEvaluation;
import dev.patchscopes.lens.relation.RelationReport;
import dev.patchscopes.lens.relation.RelationTrial;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * Linear relational embeddings on the demo model: how faithful the linear map of each relation is,
 * how often edits through it come out, and the baselines of both, with 95 % intervals; then one
 * attribute read at every layer and position of a sentence.
 *
 * <p>Five relations unless others are named; under two minutes on two cores.
 *
 * <pre>{@code
 * mvn -q compile exec:java -Dexec.mainClass=dev.patchscopes.examples.lens.RelationDemo \
 *     -Dexec.args="capital currency"
 * }</pre>
 */
public final class RelationDemo {
    private static final List<String> RELATIONS =
            List.of("capital", "currency", "continent", "profession", "company of product");

    private static final int SAMPLES = 20;
    private static final long SEED = 42;

    private RelationDemo() {}

    /**
     * Runs the demonstration.
     *
     * @param arguments names of relations; five if none is named
     */
    public static void main(String[] arguments) {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        run(arguments.length == 0 ? RELATIONS : List.of(arguments), SAMPLES, out);
    }

    /**
     * @param samples samples of each half at most
     */
    static void run(List<String> relations, int samples, PrintStream out) {
        GroundTruth truth = GroundTruth.of(DemoModel.STANDARD);
        try (HookedModel model = HookedModel.demo()) {
            for (String name : relations) {
                RelationReport report =
                        RelationEvaluation.of(model)
                                .relation(Relation.of(truth, name))
                                .layers(Layers.range(0, model.layers() / 2))
                                .mostSamples(samples)
                                .trials(1)
                                .seed(SEED)
                                .run();
                show(report, out);
            }
            read(model, Relation.of(truth, "capital"), out);
        }
    }

    private static void show(RelationReport report, PrintStream out) {
        RelationTrial trial = report.trials().get(0);
        out.printf(
                Locale.ROOT,
                "%s: read at layer %d with beta %.2f, edited at layer %d with rank %d%n",
                report.provenance().relation(),
                trial.layer(),
                trial.beta(),
                trial.editLayer(),
                trial.editRank());
        out.printf(
                "  (chosen on %d samples the model knows, tested on %d others)%n",
                trial.validationKnown(), trial.testKnown());
        out.printf("  predictions                    recall@1           recall@3%n");
        for (FaithfulnessMethod method : FaithfulnessMethod.values()) {
            row(method, List.of(1, 3), k -> report.recall(method, AnswerRule.PREFIX, k), out);
        }
        out.printf("  edits                          target on top      preferred%n");
        for (EditMethod method : EditMethod.values()) {
            row(
                    method,
                    List.of(EditSuccess.TOP_BY_PREFIX, EditSuccess.PREFERRED),
                    success -> report.edited(method, success),
                    out);
        }
        out.println();
    }

    private static <T> void row(
            Enum<?> method, List<T> measures, Function<T, Rate> rates, PrintStream out) {
        out.printf("  %-29s", method.name().toLowerCase(Locale.ROOT).replace('_', ' '));
        for (T measure : measures) {
            Rate rate = rates.apply(measure);
            out.printf(Locale.ROOT, "  %.2f [%.2f, %.2f]", rate.share(), rate.low(), rate.high());
        }
        out.println();
    }

    private static void read(HookedModel model, Relation capitals, PrintStream out) {
        RelationTrial chosen =
                RelationEvaluation.of(model)
                        .relation(capitals)
                        .layers(Layers.at(2))
                        .ranks(24)
                        .mostSamples(8)
                        .trials(1)
                        .seed(SEED)
                        .run()
                        .trials()
                        .get(0);
        LinearRelation lre =
                LinearRelation.of(model)
                        .relation(capitals)
                        .examples(chosen.examples())
                        .layer(2)
                        .beta(chosen.beta())
                        .fit();
        AttributeReading reading =
                AttributeLens.of(model, lre)
                        .expecting("Tokyo")
                        .read("The currency of Japan is the");
        out.printf(
                "Capitals read in \"%s\" (it goes on with %s):%n",
                reading.prompt(), reading.next().get(0));
        for (AttributeCell cell : reading.hits(AnswerRule.FIRST_TOKEN, 1)) {
            out.printf(
                    "  layer %d at \"%s\": %s%n",
                    cell.layer(), reading.tokens().get(cell.position()).strip(), cell.top().get(0));
        }
    }
}
