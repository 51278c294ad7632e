package dev.patchscopes.model.golden;

import dev.patchscopes.model.Activations;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenBatch;
import java.util.Arrays;

/** Derivatives of the last residual at the last position with respect to an earlier one. */
class GoldenJacobianTest {

    @EachGolden
    void jacobians(GoldenModel g) {
        TokenBatch batch = g.batch("jac.input_ids");
        int layers = g.model().layers();
        for (int i = 0; i < 2; i++) {
            int[] place = g.golden().ints("jac." + i + ".layer_pos");
            double[][] rows =
                    g.model()
                            .run(batch)
                            .jacobian(
                                    place[0] + 1, Positions.at(place[1]), layers, Positions.last());
            double[] jacobian = Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
            g.check(Kind.JACOBIAN, Quantity.JACOBIAN, jacobian, "jac." + i + ".J");
            g.check(Kind.JACOBIAN_F64, Quantity.JACOBIAN_F64, jacobian, "jac." + i + ".J_f64");
        }
    }

    @EachGolden
    void thePointsTheyAreTakenAt(GoldenModel g) {
        int layers = g.model().layers();
        for (int i = 0; i < 2; i++) {
            int[] place = g.golden().ints("jac." + i + ".layer_pos");
            HookPoint from = HookPoint.residual(place[0] + 1);
            HookPoint to = HookPoint.residual(layers);
            Activations acts = g.capture(g.batch("jac.input_ids"), from, to);
            double[] x = acts.vectorDoubles(from, Positions.at(place[1]));
            g.check(Kind.RESIDUAL, Quantity.ACTIVATION, x, "jac." + i + ".x0");
            double[] y = acts.vectorDoubles(to, Positions.last());
            g.check(Kind.RESIDUAL, Quantity.ACTIVATION, y, "jac." + i + ".y0");
        }
    }
}
