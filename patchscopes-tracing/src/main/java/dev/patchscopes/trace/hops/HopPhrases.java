package dev.patchscopes.trace.hops;

import com.google.common.collect.ImmutableMap;
import dev.patchscopes.facts.Relation;
import java.util.Optional;

/** Relations as phrases that name the object of a subject. */
final class HopPhrases {

    /**
     * For relations of the data set of Hernandez et al., "Linearity of Relation Decoding in
     * Transformer Language Models" (2023), by their names there; their files have none. The slot
     * comes last, or late, so that few words stand between the subject and the end of hop 1.
     */
    private static final ImmutableMap<String, String> BY_NAME =
            ImmutableMap.<String, String>builder()
                    .put("city in country", "the country that has the city of {}")
                    .put("company CEO", "the CEO of {}")
                    .put("company hq", "the city that is home to the headquarters of {}")
                    .put("country capital city", "the capital city of {}")
                    .put("country currency", "the official currency of {}")
                    .put("country language", "the language spoken by people in {}")
                    .put("country largest city", "the largest city in {}")
                    .put("food from country", "the country of origin of {}")
                    .put("landmark in country", "the country of {}")
                    .put("landmark on continent", "the continent of {}")
                    .put("person lead singer of band", "the band whose lead singer is {}")
                    .put("person father", "the father of {}")
                    .put("person mother", "the mother of {}")
                    .put("person native language", "the native language of {}")
                    .put("person occupation", "the occupation of {}")
                    .put("person plays instrument", "the instrument played by {}")
                    .put("person sport position", "the position in sport of {}")
                    .put("plays pro sport", "the sport played by {}")
                    .put("person university", "the university attended by {}")
                    .put("pokemon evolution", "the evolved form of {}")
                    .put("president birth year", "the year of birth of {}")
                    .put("president election year", "the year of the election of {}")
                    .put("product by company", "the company that created {}")
                    .put("star constellation name", "the constellation that includes {}")
                    .put("superhero archnemesis", "the archnemesis of {}")
                    .put("superhero person", "the secret identity of {}")
                    .put("fruit inside color", "the color of the inside of {}")
                    .put("fruit outside color", "the color of the outside of {}")
                    .put("object superclass", "the category of {}")
                    .put("substance phase of matter", "the phase at room temperature of {}")
                    .put("task person type", "the person best suited for {}")
                    .put("task done by tool", "the tool used for {}")
                    .put("word sentiment", "the sentiment of the word {}")
                    .put("work location", "the place of work of a {}")
                    .buildOrThrow();

    private HopPhrases() {}

    /** By the relation's own phrase, or else by its name. */
    static String of(Relation relation) {
        return relation.phrase()
                .or(() -> Optional.ofNullable(BY_NAME.get(relation.name())))
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "the relation \"%s\" has no phrase, and its name is none that is known: add a \"phrase\" to its file, such as \"the capital of {}\""
                                                .formatted(relation.name())));
    }
}
