package dev.patchscopes.lens.relation;

import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;

/**
 * Everything that determines a {@link RelationReport}, beside the relation's samples.
 *
 * @param library version of the library
 * @param model the model
 * @param relation name of the relation
 * @param samples number of its subjects
 * @param settings the choices
 */
public record RelationReportProvenance(
        LibraryVersion library,
        ModelIdentity model,
        String relation,
        int samples,
        RelationSettings settings) {

    /** {@return relation, model, trials and seed in a line} */
    @Override
    public String toString() {
        return "%s of %s; %d subjects, %d trials, seed %d"
                .formatted(relation, model.name(), samples, settings.trials(), settings.seed());
    }
}
