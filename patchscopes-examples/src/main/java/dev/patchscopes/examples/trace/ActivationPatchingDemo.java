package dev.patchscopes.examples.trace;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.trace.patching.ActivationPatching;
import dev.patchscopes.trace.patching.AttributionPatching;
import dev.patchscopes.trace.patching.AttributionResult;
import dev.patchscopes.trace.patching.FactPairs;
import dev.patchscopes.trace.patching.PatchCell;
import dev.patchscopes.trace.patching.PatchGrain;
import dev.patchscopes.trace.patching.PatchGrid;
import dev.patchscopes.trace.patching.PatchTarget;
import dev.patchscopes.trace.patching.PatchedSite;
import dev.patchscopes.trace.patching.PatchingResult;
import dev.patchscopes.trace.patching.PromptPair;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Activation patching: which block and position of a clean run bring its answer into a corrupted
 * one, which heads do, and how well a gradient predicts it.
 *
 * <p>On the demo model it asks for capitals and exchanges countries, by block and position; and
 * averages blocks and heads over facts drawn from all templates. With a model directory it compares
 * two prompts of equal token length, those given or two of its own, by the answers given or else by
 * the tokens the model itself goes on with.
 *
 * <pre>{@code
 * mvn -q compile exec:java -Dexec.mainClass=dev.patchscopes.examples.trace.ActivationPatchingDemo
 * mvn -q compile exec:java -Dexec.mainClass=dev.patchscopes.examples.trace.ActivationPatchingDemo \
 *     -Dexec.args="'path/to/model' 'When Mary and John went out, John spoke to' 'When Mary and John went out, Mary spoke to'"
 * }</pre>
 */
public final class ActivationPatchingDemo {
    private static final String CLEAN = "Lily went to the park with";
    private static final String CORRUPTED = "Tim went to the park with";
    private static final int POSITION_PAIRS = 16;
    private static final int PAIRS = 200;
    private static final int TOP = 8;
    private static final int WIDTH = 8;
    private static final long SEED = 0;
    private static final List<PatchTarget> AVERAGED =
            List.of(
                    PatchTarget.byBlock(PatchedSite.ATTN_OUT),
                    PatchTarget.byBlock(PatchedSite.MLP_OUT),
                    PatchTarget.byHead(PatchedSite.Z));

    private ActivationPatchingDemo() {}

    /**
     * Runs the demonstration.
     *
     * @param arguments none; or a model directory, and if wanted a clean prompt and a corrupted
     *     one, and the answers to both
     */
    public static void main(String[] arguments) {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        int given = arguments.length;
        if (given == 0) {
            bundled(POSITION_PAIRS, PAIRS, out);
        } else if (given == 1 || given == 3 || given == 5) {
            compare(List.of(arguments), out);
        } else {
            out.println(
                    "usage: ActivationPatchingDemo [MODEL_DIRECTORY [CLEAN_PROMPT CORRUPTED_PROMPT [CLEAN_ANSWER OTHER_ANSWER]]]");
        }
    }

    static void bundled(int byPosition, int average, PrintStream out) {
        try (HookedModel model = HookedModel.demo()) {
            List<FactPairs> forms =
                    FactPairs.of(model, GroundTruth.of(DemoModel.STANDARD).knownPrompts());
            FactPairs capitals =
                    forms.stream()
                            .filter(f -> f.template().endsWith("that the capital of {} is"))
                            .findFirst()
                            .orElseThrow();
            out.printf(
                    "%s; its subject is at position %d%n",
                    capitals.template(), capitals.subjectFrom());
            show(
                    model,
                    capitals.pairs().stream().limit(byPosition).toList(),
                    PatchTarget.streams(),
                    out);
            List<PromptPair> all =
                    new ArrayList<>(forms.stream().flatMap(f -> f.pairs().stream()).toList());
            Collections.shuffle(all, new Random(SEED));
            out.printf(
                    "%nFacts drawn from all %d templates and lengths of subjects:%n", forms.size());
            show(model, all.stream().limit(average).toList(), AVERAGED, out);
        }
    }

    /** A model directory, prompts and answers, as many as there are. */
    static void compare(List<String> arguments, PrintStream out) {
        try (HookedModel model = HookedModel.load(arguments.get(0))) {
            List<String> given = arguments.subList(1, arguments.size());
            List<String> texts = given.isEmpty() ? List.of(CLEAN, CORRUPTED) : given;
            show(
                    model,
                    List.of(pair(model, texts)),
                    Stream.concat(PatchTarget.streams().stream(), PatchTarget.heads().stream())
                            .toList(),
                    out);
        }
    }

    private static PromptPair pair(HookedModel model, List<String> texts) {
        String clean = texts.get(0);
        String corrupted = texts.get(1);
        if (texts.size() == 4) {
            return PromptPair.of(model, clean, corrupted, texts.get(2), texts.get(3));
        }
        return new PromptPair(
                model.tokenize(clean),
                model.tokenize(corrupted),
                next(model, clean),
                next(model, corrupted));
    }

    private static ImmutableIntArray next(HookedModel model, String prompt) {
        return ImmutableIntArray.of(model.run(prompt).execute().next().argMax());
    }

    private static void show(
            HookedModel model, List<PromptPair> pairs, List<PatchTarget> chosen, PrintStream out) {
        PatchTarget[] targets =
                chosen.stream()
                        .filter(t -> model.has(HookPoint.of(t.site().site(), 0)))
                        .toArray(PatchTarget[]::new);
        long start = System.nanoTime();
        PatchingResult result =
                ActivationPatching.of(model).firstTokens().pairs(pairs).run(targets);
        double seconds = (System.nanoTime() - start) / 1e9;
        start = System.nanoTime();
        AttributionResult estimate =
                AttributionPatching.of(model).firstTokens().pairs(pairs).run(targets);
        double estimating = (System.nanoTime() - start) / 1e9;
        int cells = result.grids().stream().mapToInt(PatchGrid::size).sum();
        out.printf(
                Locale.ROOT,
                "%d pairs; logit difference %.2f clean, %.2f corrupted; %d cells a pair in %.1f s, estimated in %.1f s%n",
                pairs.size(),
                result.cleanMetric(),
                result.corruptedMetric(),
                cells,
                seconds,
                estimating);
        for (PatchTarget target : targets) {
            if (target.grain() == PatchGrain.POSITION) {
                table(result, target, out);
            }
        }
        blocks(result, out);
        heads(result, out);
        out.printf("%nCorrelation of first-order estimates with the effects measured:%n");
        for (PatchTarget target : targets) {
            out.printf(Locale.ROOT, "  %-24s %.3f%n", target, estimate.correlation(result, target));
        }
    }

    private static void table(PatchingResult result, PatchTarget target, PrintStream out) {
        out.printf("%n%s, 0 as corrupted, 1 as clean:%n  block", target);
        List<String> tokens = result.pairs().get(0).clean();
        tokens.forEach(token -> out.printf(" %8s", cut(token)));
        out.println();
        for (int block = 0; block < result.provenance().blocks(); block++) {
            out.printf("  %5d", block);
            for (int pos = 0; pos < tokens.size(); pos++) {
                out.printf(
                        Locale.ROOT,
                        " %8.3f",
                        result.normalised(target, block, pos).orElse(Double.NaN));
            }
            out.println();
        }
    }

    private static List<PatchTarget> targets(PatchingResult result, PatchGrain grain) {
        return result.grids().stream()
                .map(PatchGrid::target)
                .filter(target -> target.grain() == grain)
                .toList();
    }

    private static void blocks(PatchingResult result, PrintStream out) {
        for (PatchTarget target : targets(result, PatchGrain.BLOCK)) {
            out.printf("%n%s at all positions, 0 as corrupted, 1 as clean:%n", target);
            for (int block = 0; block < result.provenance().blocks(); block++) {
                out.printf("  %5d  %s%n", block, shown(result, target, block));
            }
        }
    }

    private static void heads(PatchingResult result, PrintStream out) {
        List<PatchCell> top = new ArrayList<>();
        for (PatchTarget target : targets(result, PatchGrain.HEAD)) {
            top.addAll(result.top(target, result.grid(target).size()));
        }
        if (top.isEmpty()) {
            return;
        }
        top.sort((a, b) -> Double.compare(Math.abs(b.effect()), Math.abs(a.effect())));
        out.printf(
                "%nHeads with the largest effects, normalised with 95 %% intervals if there are pairs to draw:%n");
        for (PatchCell cell : top.subList(0, Math.min(TOP, top.size()))) {
            int[] index = cell.index().stream().mapToInt(Integer::intValue).toArray();
            out.printf(
                    "  %-8s block %2d head %2d  %s%n",
                    cell.target().site().name().toLowerCase(Locale.ROOT),
                    index[0],
                    index[1],
                    shown(result, cell.target(), index));
        }
    }

    private static String shown(PatchingResult result, PatchTarget target, int... index) {
        return result.isNormalised() && result.pairs().size() > 1
                ? result.estimate(target, index).toString()
                : String.format(Locale.ROOT, "%+.3f logits", result.effect(target, index));
    }

    private static String cut(String token) {
        String shown = token.strip();
        return shown.length() <= WIDTH ? shown : shown.substring(0, WIDTH);
    }
}
