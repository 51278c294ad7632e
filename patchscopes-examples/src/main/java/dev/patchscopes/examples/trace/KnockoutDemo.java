package dev.patchscopes.examples.trace;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.trace.knockout.AttentionKnockout;
import dev.patchscopes.trace.knockout.AttributeExtraction;
import dev.patchscopes.trace.knockout.HeldOutBlock;
import dev.patchscopes.trace.knockout.KnockoutAverage;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
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
 * a directory on the checkpoint there, for one prompt. A directory alone is given the beginning of
 * a story, which small models trained on stories go on with as well, and whose subject is Lily.
 *
 * <pre>{@code
 * mvn -q compile exec:java -Dexec.mainClass=dev.patchscopes.examples.trace.KnockoutDemo
 * mvn -q compile exec:java -Dexec.mainClass=dev.patchscopes.examples.trace.KnockoutDemo \
 *     -Dexec.args="path/to/checkpoint"
 * mvn -q compile exec:java -Dexec.mainClass=dev.patchscopes.examples.trace.KnockoutDemo \
 *     -Dexec.args="path/to/checkpoint 'The capital of Japan is' Japan"
 * }</pre>
 */
public final class KnockoutDemo {
    private static final int FACTS = 240;
    private static final long SEED = 42;
    private static final String STORY =
            "Once upon a time there was a little girl named Lily. She loved to";
    private static final String HEROINE = "Lily";

    private KnockoutDemo() {}

    /**
     * Runs the example.
     *
     * @param args nothing; or a checkpoint's directory, and perhaps a prompt and the subject in it
     * @throws IllegalArgumentException if the number of arguments is another
     */
    public static void main(String[] args) {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        if (args.length == 0) {
            bundled(FACTS, out);
        } else if (args.length == 1 || args.length == 3) {
            boolean given = args.length == 3;
            try (HookedModel model = HookedModel.load(args[0])) {
                single(model, given ? args[1] : STORY, given ? args[2] : HEROINE, out);
            }
        } else {
            throw new IllegalArgumentException("usage: KnockoutDemo [DIRECTORY [PROMPT SUBJECT]]");
        }
    }

    private static void single(HookedModel model, String prompt, String subject, PrintStream out) {
        out.println(AttentionKnockout.of(model).prompt(prompt).subject(subject).perToken().run());
    }

    static void bundled(int count, PrintStream out) {
        try (HookedModel model = HookedModel.demo()) {
            average(model, count, out);
        }
    }

    private static void average(HookedModel model, int count, PrintStream out) {
        List<FactPrompt> facts = new ArrayList<>(GroundTruth.of(DemoModel.STANDARD).knownPrompts());
        Collections.shuffle(facts, new Random(SEED));
        facts = ImmutableList.copyOf(facts.subList(0, count));
        out.println(AttentionKnockout.of(model).fact(facts.get(0)).perToken().run());
        KnockoutAverage average = AttentionKnockout.of(model).seed(SEED).average(facts);
        out.println(average);
        HeldOutBlock block =
                average.strongest(AttentionKnockout.SUBJECT)
                        .orElseThrow(
                                () ->
                                        new IllegalStateException(
                                                "fewer than two subjects are known"));
        out.printf(
                "On half of the subjects cutting them off hurts most around block %d. On the other half: %s %%; random tokens less subject there: %s%n%n",
                block.centre(), block.test(), block.subjectOverRandom());
        out.println(AttributeExtraction.of(model).average(facts));
        out.println(
                AttributeExtraction.of(model)
                        .blockingSubject(
                                average.provenance().firstBlock(block.centre()),
                                average.provenance().endBlock(block.centre()))
                        .average(facts));
    }
}
