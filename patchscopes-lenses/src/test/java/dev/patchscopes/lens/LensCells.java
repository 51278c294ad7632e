package dev.patchscopes.lens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.patchscopes.Patchscope;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.StateReading;
import dev.patchscopes.model.TokenDistribution;

/** Compares readings with the Patchscopes that compute the same cells. */
final class LensCells {
    private LensCells() {}

    /** In float64, so that equal means equal. */
    static HookedModel exactModel() {
        return DemoModel.SMALL.load(loader -> loader.computeType(ComputeType.FLOAT64));
    }

    static void assertSame(StateReading cell, Patchscope scope) {
        TokenDistribution next = scope.run().next();
        for (int i = 0; i < cell.top().size(); i++) {
            assertThat(cell.top().get(i).id()).as("%s", scope).isEqualTo(next.top(5).get(i).id());
            assertThat(cell.top().get(i).probability())
                    .as("%s", scope)
                    .isCloseTo(next.top(5).get(i).probability(), within(1e-9));
        }
        assertThat(cell.entropy()).as("%s", scope).isCloseTo(next.entropy(), within(1e-9));
    }
}
