package dev.patchscopes.examples;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.LayerGrid;
import dev.patchscopes.Layers;
import dev.patchscopes.Patchscope;
import dev.patchscopes.PatchscopeBuilder;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.facts.Question;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.TokenDistribution;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.text.Quoting;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * What patchscopes show on the model that comes with the library: a fact, the layers it comes about
 * in, the description of an entity, and a question that is answered only when patched.
 */
final class DemoTour {
    private static final String FACT = "The capital of France is";
    private static final String ENTITY = "Marie Curie";

    /** The model answers both hops, but not the question that takes them together. */
    private static final Question TWO_HOPS =
            new Question(
                    "The country where the company that makes the Corolla was founded is", "Japan");

    private static final String FIRST_HOP = "The company that makes the Corolla";
    private static final String SECOND_FACT = "The country where Toyota was founded is";
    private static final TargetPrompt SECOND_HOP =
            TargetPrompt.of("The country where x was founded is", "x");

    private static final int ANSWER_TOKENS = 3;
    private static final int DESCRIPTION_TOKENS = 12;

    private final HookedModel model;
    private final PrintStream out;

    DemoTour(HookedModel model, PrintStream out) {
        this.model = model;
        this.out = out;
    }

    void run() {
        out.println(model.summary());
        fact();
        layers();
        entity();
        twoHops();
    }

    private void fact() {
        title("A fact");
        say("Next tokens of " + Quoting.quote(FACT) + ", which the model was taught:");
        for (TokenProbability token : model.topTokens(FACT, 3)) {
            out.printf(
                    Locale.ROOT, "  %.3f  %s%n", token.probability(), Quoting.quote(token.piece()));
        }
    }

    private void layers() {
        title("Its layers");
        say(
                "What each layer holds of the last token: unembedded as it is (logit lens), and"
                        + " patched into a prompt that repeats words (token identity patchscope).");
        List<HookPoint> points =
                IntStream.rangeClosed(0, model.layers()).mapToObj(HookPoint::residual).toList();
        Activations read = model.run(FACT).capture(points).execute();
        int last = model.tokenize(FACT).length() - 1;
        LayerGrid words =
                from(FACT, TargetPrompt.tokenIdentity(), 0).build().sweepSameLayer(Layers.all());
        out.printf("  layer  %-22s %s%n", "logit lens", "patchscope");
        for (int layer = 0; layer <= model.layers(); layer++) {
            TokenDistribution lens =
                    model.unembed(read.get(points.get(layer)).vectorDoubles(0, last));
            out.printf(
                    Locale.ROOT,
                    "  %5d  %-22s %s%n",
                    layer,
                    shown(lens.top(1).get(0)),
                    shown(words.at(layer, layer).top().get(0)));
        }
    }

    private void entity() {
        title("An entity");
        say(
                "%s, patched into a prompt of descriptions that never names it; what layers above the middle hold is no longer read there:"
                        .formatted(Quoting.quote(ENTITY)));
        Patchscope scope =
                from(ENTITY, TargetPrompt.entityDescription(), DESCRIPTION_TOKENS)
                        .stopAt(",", "\n")
                        .build();
        LayerGrid descriptions = scope.sweepSameLayer(Layers.range(0, model.layers() / 2));
        for (LayerGrid.GridCell cell : descriptions.cells()) {
            String text = cell.result().generation().orElseThrow().text();
            out.printf("  layer %2d  x%s%n", cell.sourceLayer(), Lines.fit(text.strip(), 60));
        }
    }

    private void twoHops() {
        title("Two hops");
        String direct = model.generate(TWO_HOPS.prompt(), ANSWER_TOKENS).text();
        say(
                "Asked directly, the model is %s; the facts one by one:"
                        .formatted(TWO_HOPS.isAnsweredBy(direct) ? "right" : "wrong"));
        answered(TWO_HOPS.prompt(), direct);
        String first = FIRST_HOP + " is";
        answered(first, model.generate(first, 1).text());
        answered(SECOND_FACT, model.generate(SECOND_FACT, 1).text());

        LayerGrid grid =
                from(FIRST_HOP, SECOND_HOP, ANSWER_TOKENS)
                        .build()
                        .sweep(Layers.all(), Layers.all());
        ImmutableList<LayerGrid.GridCell> right =
                grid.cells().stream()
                        .filter(cell -> TWO_HOPS.isAnsweredBy(said(cell)))
                        .collect(ImmutableList.toImmutableList());
        say(
                "%s, patched over the x of the second hop, gives the answer for %d of %d pairs of layers:"
                        .formatted(Quoting.quote(FIRST_HOP), right.size(), grid.cells().size()));
        right.stream()
                .findFirst()
                .ifPresent(
                        cell -> {
                            out.printf(
                                    "  from layer %d to layer %d%n",
                                    cell.sourceLayer(), cell.targetLayer());
                            answered(SECOND_HOP.text(), said(cell));
                            out.println("  and as it is, not patched");
                            String as = model.generate(SECOND_HOP.text(), ANSWER_TOKENS).text();
                            answered(SECOND_HOP.text(), as);
                        });
    }

    private static String said(LayerGrid.GridCell cell) {
        return cell.result().generation().orElseThrow().text();
    }

    /** The last token of a prompt, patched into a target prompt; layers are left to a sweep. */
    private PatchscopeBuilder from(String prompt, TargetPrompt target, int tokens) {
        return Patchscope.on(model)
                .sourcePrompt(prompt)
                .sourceLayer(0)
                .targetPrompt(target)
                .targetLayer(0)
                .maxNewTokens(tokens);
    }

    private static String shown(TokenProbability token) {
        return String.format(
                Locale.ROOT,
                "%-14s %.3f",
                Lines.fit(Quoting.quote(token.piece()), 14),
                token.probability());
    }

    private void answered(String prompt, String continuation) {
        out.printf("  %s%n    %s%n", prompt, Lines.fit(continuation.strip(), 70));
    }

    private void say(String text) {
        out.print(Lines.wrap(text, 80));
    }

    private void title(String text) {
        out.printf("%n%s%n%s%n", text, "-".repeat(text.length()));
    }
}
