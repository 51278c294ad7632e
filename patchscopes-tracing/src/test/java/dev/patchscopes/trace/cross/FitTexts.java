package dev.patchscopes.trace.cross;

import dev.patchscopes.facts.Entity;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.facts.Question;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Texts like those the demo models were trained on. */
final class FitTexts {
    private static final int DESCRIPTIONS_A_TEXT = 4;

    private FitTexts() {}

    /** Facts in the phrasings of the corpus, and lists of descriptions. */
    static List<String> of(GroundTruth truth, long seed) {
        List<String> out = new ArrayList<>();
        for (GroundTruth.KnownFact fact : truth.facts()) {
            for (Question question : truth.trained(fact)) {
                out.add(question.prompt() + " " + question.answer() + ".");
            }
        }
        List<Entity> entities = new ArrayList<>(truth.entities());
        Random random = new Random(seed);
        for (int round = 0; round < 2 * DESCRIPTIONS_A_TEXT; round++) {
            Collections.shuffle(entities, random);
            for (int i = 0; i + DESCRIPTIONS_A_TEXT <= entities.size(); i += DESCRIPTIONS_A_TEXT) {
                out.add(list(entities.subList(i, i + DESCRIPTIONS_A_TEXT)));
            }
        }
        Collections.shuffle(out, random);
        return out;
    }

    private static String list(List<Entity> entities) {
        return String.join(
                ", ", entities.stream().map(e -> e.name() + ": " + e.description()).toList());
    }
}
