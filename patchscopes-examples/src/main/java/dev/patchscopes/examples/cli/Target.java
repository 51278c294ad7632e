package dev.patchscopes.examples.cli;

import dev.patchscopes.model.HookedModel;
import java.util.Optional;

/**
 * The model that target prompts are read by.
 *
 * @param model the model
 * @param isAnother whether it is not the source model, and has to be closed by itself
 */
record Target(HookedModel model, boolean isAnother) implements AutoCloseable {

    static Target of(
            Session session, Optional<String> name, ModelOptions options, HookedModel source) {
        return name.map(given -> new Target(options.load(session, given), true))
                .orElseGet(() -> new Target(source, false));
    }

    @Override
    public void close() {
        if (isAnother) {
            model.close();
        }
    }
}
