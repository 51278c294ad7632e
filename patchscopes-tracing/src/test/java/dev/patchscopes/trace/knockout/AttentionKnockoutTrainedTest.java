package dev.patchscopes.trace.knockout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What Geva et al. (2023) report of attention knockout, on the bundled model.
 *
 * <p>It holds there that cutting off the subject hurts most, in the middle of the model, that
 * cutting other tokens hurts in earlier blocks, and that cutting the last token's edge to itself
 * hardly matters. One thing differs: attention outputs read as the answer for a fifth of the facts
 * (in any block) and MLP outputs for four fifths, where the paper finds more in attention. Both go
 * away when the subject is cut off, so it is from what attention brings that the MLPs make it.
 */
@Tag("trained")
class AttentionKnockoutTrainedTest {

    private static List<FactPrompt> facts(int count) {
        List<FactPrompt> facts = new ArrayList<>(GroundTruth.of(DemoModel.STANDARD).knownPrompts());
        Collections.shuffle(facts, new Random(7));
        return facts.subList(0, count);
    }

    @Test
    void theLastTokenTakesTheAnswerFromTheSubjectInTheMiddle() {
        try (HookedModel model = HookedModel.demo()) {
            KnockoutAverage r = AttentionKnockout.of(model).seed(1).average(facts(160));
            System.out.println(r);

            assertThat(r.facts()).hasSizeGreaterThan(150);
            int block = r.strongest(AttentionKnockout.SUBJECT);
            assertThat(block).isBetween(2, model.layers() - 4);
            assertThat(r.change(AttentionKnockout.SUBJECT, block).high()).isLessThan(-70);
            // paired with as many random tokens
            assertThat(r.subjectOverRandom(block).low()).isGreaterThan(60);
            assertThat(r.change(AttentionKnockout.RANDOM, block).low()).isGreaterThan(-15);
            // other tokens matter earlier
            int others = r.strongest(AttentionKnockout.NON_SUBJECT);
            assertThat(others).isLessThan(block);
            assertThat(r.change(AttentionKnockout.NON_SUBJECT, others).high()).isLessThan(-30);
            // at neither end does the last token need the subject, nor ever itself
            assertThat(r.change(AttentionKnockout.SUBJECT, 0).low()).isGreaterThan(-5);
            assertThat(r.change(AttentionKnockout.SUBJECT, model.layers() - 1).low())
                    .isGreaterThan(-5);
            for (int centre = 0; centre < model.layers(); centre++) {
                assertThat(r.change(AttentionKnockout.LAST, centre).low()).isGreaterThan(-5);
            }
        }
    }

    @Test
    void upperMlpsExtractTheAnswerThatTheSubjectBrought() {
        List<FactPrompt> facts = facts(160);
        try (HookedModel model = HookedModel.demo()) {
            ExtractionResult r = AttributeExtraction.of(model).run(facts);
            ExtractionResult cut = AttributeExtraction.of(model).blockingSubject(3, 6).run(facts);
            System.out.println(r);
            System.out.println(cut);

            assertThat(r.anyMlp().low()).isGreaterThan(0.6);
            assertThat(r.mlp(7).low()).isGreaterThan(r.mlp(1).high());
            // the attention that extracts it is where the subject is read
            assertThat(r.attention(4).low()).isGreaterThan(r.attention(7).high());
            assertThat(cut.anyMlp().high()).isLessThan(r.anyMlp().low());
            assertThat(cut.attention(4).share()).isLessThan(r.attention(4).share() / 2);
        }
    }
}
