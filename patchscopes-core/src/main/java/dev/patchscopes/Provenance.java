package dev.patchscopes;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.Sampling;

/**
 * Everything that determines a patchscope's result: with the same models, repeating it gives the
 * same answer.
 *
 * <p>A mapping made of a function is known by its name only.
 *
 * @param library version of the library
 * @param source where the representation was read
 * @param target where it was written
 * @param mapping name of the mapping, see {@link Mapping#name()}
 * @param maxNewTokens tokens to generate at most
 * @param sampling how they were chosen, with the seed
 * @param stopAt strings at which generation stopped
 */
public record Provenance(
        LibraryVersion library,
        Place source,
        Place target,
        String mapping,
        int maxNewTokens,
        Sampling sampling,
        ImmutableList<String> stopAt) {

    /** {@return the record as JSON, for {@link #fromJson(String)}} */
    public String toJson() {
        return RecordJson.text(RecordJson.write(this));
    }

    /**
     * Reads what {@link #toJson()} wrote.
     *
     * @param json the text
     * @return an equal record
     * @throws IllegalArgumentException if the text is not such JSON; the message names the field
     */
    public static Provenance fromJson(String json) {
        return RecordJson.provenance(JsonFields.parse(json));
    }

    /** {@return source, mapping and target in a line} */
    @Override
    public String toString() {
        return "%s -> %s -> %s".formatted(source, mapping, target);
    }
}
