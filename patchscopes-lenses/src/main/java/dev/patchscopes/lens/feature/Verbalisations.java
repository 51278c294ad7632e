package dev.patchscopes.lens.feature;

import com.google.common.collect.ImmutableMap;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.text.CharSpan;
import java.util.Optional;

/** Relations in words, as target prompts that name the object of the placeholder. */
final class Verbalisations {

    private static final String PLACEHOLDER = "x";

    /**
     * What stands before the placeholder in the released data of Ghandeharioun et al.,
     * "Patchscopes" (2024), by the relation's name in the data set of Hernandez et al. (2023).
     */
    private static final ImmutableMap<String, String> PAPER =
            ImmutableMap.<String, String>builder()
                    .put("fruit inside color", "On the inside, the color of")
                    .put("fruit outside color", "On the outside, the color of")
                    .put(
                            "object superclass",
                            "Among the superclasses of animal, bird, fish, vegetable, flower, fruit, the superclass of")
                    .put("substance phase of matter", "At room temperature, the phase of matter of")
                    .put("task person type", "The professional role most suited to handle")
                    .put("task done by tool", "The tool that is used for")
                    .put("word sentiment", "Among positive, negative, neutral, the sentiment of")
                    .put("work location", "The place of work where you can usually find a")
                    .put("company CEO", "The name of the CEO of")
                    .put("country capital city", "The capital city of")
                    .put("country currency", "The official currency of")
                    .put("country largest city", "The largest city in")
                    .put("food from country", "The country of origin for")
                    .put("person father", "Name of father of")
                    .put("person mother", "Name of mother of")
                    .put("person sport position", "In their sport, the position played by")
                    .put("plays pro sport", "The professional sport played by")
                    .put("pokemon evolution", "The evolved form of")
                    .put("product by company", "The company which developed")
                    .put("star constellation name", "The name of the constellation including")
                    .put("superhero archnemesis", "The name of the superhero archnemesis of")
                    .put("superhero person", "Secret identity of")
                    .build();

    private Verbalisations() {}

    /** By the relation's own phrase, or else by its name. */
    static Optional<TargetPrompt> of(Relation relation) {
        return relation.phrase()
                .map(Verbalisations::ofPhrase)
                .or(
                        () ->
                                Optional.ofNullable(PAPER.get(relation.name()))
                                        .map(TargetPrompt::featureExtraction));
    }

    /** {@code the capital of {}} as {@code The capital of x}. */
    static TargetPrompt ofPhrase(String phrase) {
        int start = phrase.indexOf(Relation.SLOT);
        String text = Relation.prompt(phrase, PLACEHOLDER);
        return new TargetPrompt(
                Character.toUpperCase(text.charAt(0)) + text.substring(1),
                Optional.of(new CharSpan(start, start + PLACEHOLDER.length())));
    }
}
