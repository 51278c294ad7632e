package dev.patchscopes.examples.trace;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.trace.knockout.AttentionKnockout;
import dev.patchscopes.trace.knockout.AttributeExtraction;
import dev.patchscopes.trace.knockout.KnockoutAverage;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Attention knockout and attribute extraction, as in Geva et al., "Dissecting Recall of Factual
 * Associations in Auto-Regressive Language Models" (2023), sections 4 and 6: which tokens the last
 * one takes the answer from, in which blocks, and which sublayers extract it.
 *
 * <p>Without arguments on the model that comes with the library, averaged over facts it knows; with
 * a directory on the model there, for one prompt.
 *
 * <pre>{@code
 * mvn -q compile exec:java -Dexec.mainClass=dev.patchscopes.examples.trace.KnockoutDemo
 * mvn -q compile exec:java -Dexec.mainClass=dev.patchscopes.examples.trace.KnockoutDemo \
 *     -Dexec.args="path/to/checkpoint 'The capital of Japan is' Japan"
 * }</pre>
 */
public final class KnockoutDemo {
    private static final int FACTS = 240;
    private static final long SEED = 42;

    private KnockoutDemo() {}

    /**
     * Runs the example.
     *
     * @param args nothing; or a checkpoint's directory, a prompt, and the subject in it
     */
    public static void main(String[] args) {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        if (args.length == 0) {
            try (HookedModel model = HookedModel.demo()) {
                average(model, out);
            }
        } else if (args.length == 3) {
            try (HookedModel model = HookedModel.load(Path.of(args[0]))) {
                single(model, args[1], args[2], out);
            }
        } else {
            throw new IllegalArgumentException("usage: KnockoutDemo [DIRECTORY PROMPT SUBJECT]");
        }
    }

    private static void single(HookedModel model, String prompt, String subject, PrintStream out) {
        out.println(AttentionKnockout.of(model).prompt(prompt).subject(subject).perToken().run());
    }

    private static void average(HookedModel model, PrintStream out) {
        List<FactPrompt> facts = new ArrayList<>(GroundTruth.of(DemoModel.STANDARD).knownPrompts());
        Collections.shuffle(facts, new Random(SEED));
        facts = ImmutableList.copyOf(facts.subList(0, FACTS));
        out.println(AttentionKnockout.of(model).fact(facts.get(0)).perToken().run());
        KnockoutAverage average = AttentionKnockout.of(model).seed(SEED).average(facts);
        out.println(average);
        int block = average.strongest(AttentionKnockout.SUBJECT);
        out.printf(
                "Cutting off the subject hurts most around block %d: %s %%; random tokens less subject there: %s%n%n",
                block,
                average.change(AttentionKnockout.SUBJECT, block),
                average.subjectOverRandom(block));
        out.println(AttributeExtraction.of(model).run(facts));
        out.println(
                AttributeExtraction.of(model)
                        .blockingSubject(
                                average.provenance().firstBlock(block),
                                average.provenance().endBlock(block))
                        .run(facts));
    }
}
