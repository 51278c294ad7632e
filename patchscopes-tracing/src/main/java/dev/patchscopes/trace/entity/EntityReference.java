package dev.patchscopes.trace.entity;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.facts.Entity;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.measure.Scoring;
import java.util.Optional;

/**
 * What is said of an entity elsewhere: in an encyclopedia, or in what a model was trained on.
 *
 * <pre>{@code
 * new EntityReference("Marie Curie", "Polish and French physicist and chemist",
 *     ImmutableList.of("physicist", "chemist"), Optional.of(25_000.0));
 * }</pre>
 *
 * @param name the name
 * @param description a reference text to compare descriptions with
 * @param categories words any of which says what it is; empty if descriptions are not to be
 *     searched for such
 * @param popularity how well known it is, on any scale, such as page views
 */
public record EntityReference(
        String name,
        String description,
        ImmutableList<String> categories,
        Optional<Double> popularity) {

    /**
     * Checks the texts.
     *
     * @param name the name
     * @param description a reference text
     * @param categories words that say what it is
     * @param popularity how well known it is
     * @throws IllegalArgumentException if the name is blank, a category has white space at its
     *     ends, or the popularity is not finite
     */
    public EntityReference {
        checkArgument(!name.isBlank(), "the name \"%s\" of an entity is blank", name);
        for (String category : categories) {
            checkArgument(
                    !category.isEmpty() && category.equals(category.strip()),
                    "the category \"%s\" of %s is empty, or has white space at its ends",
                    category,
                    name);
        }
        popularity.ifPresent(
                value ->
                        checkArgument(
                                Double.isFinite(value),
                                "the popularity of %s is %s: leave it empty if it is not known",
                                name,
                                value));
    }

    /**
     * An entity of a model's ground truth.
     *
     * @param entity the entity
     * @return its description and category, of unknown popularity
     */
    public static EntityReference of(Entity entity) {
        return new EntityReference(
                entity.name(),
                entity.description(),
                ImmutableList.of(entity.category()),
                Optional.empty());
    }

    /**
     * Whether a text names a category in whole words, as {@link Scoring#STRICT}.
     *
     * @param text what a model said
     * @return whether it does; never without categories
     */
    public boolean isNamedBy(String text) {
        return categories.stream()
                .anyMatch(c -> Scoring.STRICT.finds(text, Relation.Sample.of(c, c)));
    }
}
