package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.text.Positions;
import org.junit.jupiter.api.Test;

/** Interventions as values: how they are made, and how they are shown. */
class InterventionTest {

    private static final HookPoint POINT = HookPoint.mlpOut(1);
    private static final Positions LAST = Positions.last();

    /** Thirds, which floats would round. */
    private static final double[] THIRDS = {1 / 3.0, -2 / 3.0, 4 / 3.0};

    @Test
    void doublesAreTakenUnrounded() {
        assertThat(valuesOf(Intervention.replace(POINT, LAST, THIRDS))).containsExactly(THIRDS);
        assertThat(valuesOf(Intervention.add(POINT, LAST, THIRDS))).containsExactly(THIRDS);
        assertThat(valuesOf(Intervention.projectOut(POINT, LAST, THIRDS))).containsExactly(THIRDS);
        Edit towards = Intervention.interpolate(POINT, LAST, 0.25, THIRDS);
        assertThat(valuesOf(towards)).containsExactly(THIRDS);
        assertThat(((Operation.Interpolate) towards.operation()).weight()).isEqualTo(0.25);
    }

    @Test
    void floatsAndDoublesMakeTheSameEdit() {
        assertThat(Intervention.add(POINT, LAST, 0.5f, 2f))
                .isEqualTo(Intervention.add(POINT, LAST, new double[] {0.5, 2}));
        assertThat(Intervention.interpolate(POINT, LAST, 0.1, 0.5f, 2f))
                .isEqualTo(Intervention.interpolate(POINT, LAST, 0.1, new double[] {0.5, 2}));
        assertThat(Intervention.projectOut(POINT, LAST, 0.5f, 2f))
                .isEqualTo(Intervention.projectOut(POINT, LAST, new double[] {0.5, 2}));
    }

    @Test
    void interventionsShowWhatLimitsThem() {
        assertThat(Intervention.zero(POINT, LAST)).hasToString("zero at last of " + POINT);
        assertThat(Intervention.zero(HookPoint.z(1), LAST).rows(0).heads(2).during(Phase.ALL))
                .hasToString(
                        "zero at last of blocks.1.attn.hook_z, rows [0], heads [2], phase ALL");
        EdgeCut cut = Intervention.cutAttention(LAST, Positions.at(0), 1, 3);
        assertThat(cut).hasToString("cut attention from last to at(0) in blocks 1..2");
        assertThat(cut.rows(0, 2).heads(1).zeroed().during(Phase.DECODE))
                .hasToString(
                        "cut attention from last to at(0) in blocks 1..2, rows [0, 2], heads [1], zeroed after the softmax, phase DECODE");
    }

    private static double[] valuesOf(Edit edit) {
        Operation operation = edit.operation();
        if (operation instanceof Operation.Replace replace) {
            return replace.values().toArray();
        } else if (operation instanceof Operation.Add add) {
            return add.values().toArray();
        } else if (operation instanceof Operation.Interpolate towards) {
            return towards.values().toArray();
        }
        return ((Operation.ProjectOut) operation).direction().toArray();
    }
}
