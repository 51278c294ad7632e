package dev.patchscopes.lens.relation;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.facts.Relation;

/**
 * Everything that determines a {@link LinearRelation}: with the same model, fitting it again gives
 * the same map.
 *
 * @param library version of the library
 * @param model the model
 * @param relation name of the relation
 * @param layer layer the subjects are read at
 * @param examples pairs the map is the mean expansion at
 * @param context how a subject is asked about; its pairs are the examples, or none
 */
public record LinearRelationProvenance(
        LibraryVersion library,
        ModelIdentity model,
        String relation,
        int layer,
        ImmutableList<Relation.Sample> examples,
        RelationContext context) {

    /** {@return relation, layer, model and examples} */
    @Override
    public String toString() {
        return "%s at layer %d of %s, fitted on %s".formatted(relation, layer, model, examples);
    }
}
