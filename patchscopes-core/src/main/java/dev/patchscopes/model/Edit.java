package dev.patchscopes.model;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.text.Positions;

/**
 * A change of an activation at some positions.
 *
 * @param point where
 * @param positions which positions of each prompt; queries, for pairwise sites
 * @param rows which prompts of the batch; empty means all
 * @param heads which heads, for sites that have them; empty means all
 * @param phase when, during generation
 * @param operation what
 */
public record Edit(
        HookPoint point,
        Positions positions,
        ImmutableIntArray rows,
        ImmutableIntArray heads,
        Phase phase,
        Operation operation)
        implements Intervention {

    /**
     * Checks that heads are only named where there are some, and nothing for a function of tensors.
     *
     * @param point where
     * @param positions which positions of each prompt; queries, for pairwise sites
     * @param rows which prompts of the batch; empty means all
     * @param heads which heads, for sites that have them; empty means all
     * @param phase when, during generation
     * @param operation what
     */
    public Edit {
        if (operation instanceof Operation.Custom
                && !(rows.isEmpty() && heads.isEmpty() && positions.equals(Positions.all()))) {
            throw new InterventionException(
                    "a function of tensors at %s gets the whole activation: choose positions, rows and heads inside it, or use Intervention.map"
                            .formatted(point));
        }
        if (!heads.isEmpty() && !point.site().hasHeads()) {
            throw new InterventionException(
                    "%s has axes %s, no heads to choose from: drop heads(...) or use a site per head such as %s"
                            .formatted(point, point.site().axes(), Site.Z.pattern()));
        }
    }

    static Edit of(HookPoint point, Positions positions, Operation operation) {
        return new Edit(
                point,
                positions,
                ImmutableIntArray.of(),
                ImmutableIntArray.of(),
                Phase.PREFILL,
                operation);
    }

    /**
     * Limits the edit to some prompts of the batch.
     *
     * @param indices row indices
     * @return the limited edit
     * @throws InterventionException if the operation is a function of tensors
     */
    public Edit rows(int... indices) {
        return new Edit(
                point, positions, ImmutableIntArray.copyOf(indices), heads, phase, operation);
    }

    /**
     * Limits the edit to some heads.
     *
     * @param indices head indices (key and value heads for keys and values)
     * @return the limited edit
     * @throws InterventionException if the site has no heads, or the operation is a function of
     *     tensors
     */
    public Edit heads(int... indices) {
        return new Edit(
                point, positions, rows, ImmutableIntArray.copyOf(indices), phase, operation);
    }

    /**
     * Chooses when the edit applies during generation; {@link Phase#PREFILL} unless chosen.
     *
     * @param when phase
     * @return the edit
     */
    public Edit during(Phase when) {
        return new Edit(point, positions, rows, heads, when, operation);
    }

    @Override
    public String toString() {
        return "%s at %s of %s%s%s%s"
                .formatted(
                        operation.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT),
                        positions,
                        point,
                        rows.isEmpty() ? "" : ", rows " + rows,
                        heads.isEmpty() ? "" : ", heads " + heads,
                        phase == Phase.PREFILL ? "" : ", phase " + phase);
    }
}
