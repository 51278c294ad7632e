package dev.patchscopes.trace.cross;

import dev.patchscopes.facts.Entity;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.facts.Question;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** Texts like those the demo models were trained on, without a word of some entities. */
final class FitTexts {
    private static final int DESCRIPTIONS_A_TEXT = 4;

    private FitTexts() {}

    /**
     * Facts in the phrasings of the corpus, and lists of descriptions.
     *
     * @param without entities no text may name
     */
    static List<String> of(GroundTruth truth, List<Entity> without, long seed) {
        List<String> out = new ArrayList<>();
        for (GroundTruth.KnownFact fact : truth.facts()) {
            for (Question question : truth.trained(fact)) {
                out.add(question.prompt() + " " + question.answer() + ".");
            }
        }
        List<Entity> others = new ArrayList<>(truth.entities());
        others.removeAll(without);
        Random random = new Random(seed);
        for (int round = 0; round < 2 * DESCRIPTIONS_A_TEXT; round++) {
            Collections.shuffle(others, random);
            for (int i = 0; i + DESCRIPTIONS_A_TEXT <= others.size(); i += DESCRIPTIONS_A_TEXT) {
                out.add(list(others.subList(i, i + DESCRIPTIONS_A_TEXT)));
            }
        }
        List<String> names =
                without.stream().map(entity -> entity.name().toLowerCase(Locale.ROOT)).toList();
        out.removeIf(text -> names.stream().anyMatch(text.toLowerCase(Locale.ROOT)::contains));
        Collections.shuffle(out, random);
        return out;
    }

    /** Names of entities alone, but for some. */
    static List<String> names(GroundTruth truth, List<Entity> without) {
        List<String> left = without.stream().map(Entity::name).toList();
        return truth.entities().stream()
                .map(Entity::name)
                .filter(name -> !left.contains(name))
                .distinct()
                .toList();
    }

    private static String list(List<Entity> entities) {
        return String.join(
                ", ", entities.stream().map(e -> e.name() + ": " + e.description()).toList());
    }
}
