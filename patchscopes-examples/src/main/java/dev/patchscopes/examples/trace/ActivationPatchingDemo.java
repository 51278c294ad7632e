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
import dev.patchscopes.trace.patching.PatchGrid;
import dev.patchscopes.trace.patching.PatchTarget;
import dev.patchscopes.trace.patching.PatchingResult;
import dev.patchscopes.trace.patching.PromptPair;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Activation patching: which block and position of a clean run bring its answer into a corrupted
 * one, which heads do, and how well a gradient predicts it.
 *
 * <p>On the demo model it asks for capitals and exchanges countries; with a model directory and two
 * prompts of equal token length it compares those, by the answers given or else by the tokens the
 * model itself goes on with.
 *
 * <pre>{@code
 * mvn -q compile exec:java -Dexec.mainClass=dev.patchscopes.examples.trace.ActivationPatchingDemo
 * mvn -q compile exec:java -Dexec.mainClass=dev.patchscopes.examples.trace.ActivationPatchingDemo \
 *     -Dexec.args="'path/to/model' 'When Mary and John went out, John spoke to' 'When Mary and John went out, Mary spoke to'"
 * }</pre>
 */
public final class ActivationPatchingDemo {
    private static final int PAIRS = 40;
    private static final int TOP = 8;
    private static final int WIDTH = 8;

    private ActivationPatchingDemo() {}

    /**
     * Runs the demonstration.
     *
     * @param arguments none; or a model directory, a clean prompt and a corrupted one, and if
     *     wanted the answers to both
     */
    public static void main(String[] arguments) {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        if (arguments.length == 0) {
            capitals(PAIRS, out);
        } else if (arguments.length == 3 || arguments.length == 5) {
            try (HookedModel model = HookedModel.load(arguments[0])) {
                show(model, List.of(pair(model, arguments)), out);
            }
        } else {
            out.println(
                    "usage: ActivationPatchingDemo [MODEL_DIRECTORY CLEAN_PROMPT CORRUPTED_PROMPT [CLEAN_ANSWER OTHER_ANSWER]]");
        }
    }

    static void capitals(int pairs, PrintStream out) {
        try (HookedModel model = HookedModel.demo()) {
            FactPairs facts =
                    FactPairs.of(model, GroundTruth.of(DemoModel.STANDARD).knownPrompts()).stream()
                            .filter(f -> f.template().endsWith("that the capital of {} is"))
                            .findFirst()
                            .orElseThrow();
            out.printf(
                    "%s; its subject is at position %d%n", facts.template(), facts.subjectFrom());
            show(model, facts.pairs().stream().limit(pairs).toList(), out);
        }
    }

    private static PromptPair pair(HookedModel model, String[] arguments) {
        String clean = arguments[1];
        String corrupted = arguments[2];
        if (arguments.length == 5) {
            return PromptPair.of(model, clean, corrupted, arguments[3], arguments[4]);
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

    private static void show(HookedModel model, List<PromptPair> pairs, PrintStream out) {
        PatchTarget[] targets =
                Stream.concat(PatchTarget.streams().stream(), PatchTarget.heads().stream())
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
        for (PatchTarget target : PatchTarget.streams()) {
            table(result, target, out);
        }
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

    private static void heads(PatchingResult result, PrintStream out) {
        List<PatchCell> top = new ArrayList<>();
        for (PatchTarget target : PatchTarget.heads()) {
            top.addAll(result.top(target, result.grid(target).size()));
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
                    result.isNormalised() && result.pairs().size() > 1
                            ? result.estimate(cell.target(), index)
                            : String.format(Locale.ROOT, "%+.3f logits", cell.effect()));
        }
    }

    private static String cut(String token) {
        String shown = token.strip();
        return shown.length() <= WIDTH ? shown : shown.substring(0, WIDTH);
    }
}
