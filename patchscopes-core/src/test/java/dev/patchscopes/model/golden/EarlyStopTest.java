package dev.patchscopes.model.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.patchscopes.model.Activation;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.ModelException;
import dev.patchscopes.text.TokenBatch;

/** A run that reads no logits stops after the last point it reads, and reads the same there. */
class EarlyStopTest {

    @EachGolden
    void everyPointHoldsTheSameBitsInAFullRun(GoldenModel g) {
        TokenBatch batch = g.batch("main.input_ids");
        int last = g.model().layers() - 1;
        for (HookPoint point : g.model().hookPoints()) {
            if (point.block() > 0 && point.block() < last) {
                continue; // no different from its neighbours
            }
            Activation early = g.capture(batch, point).get(point);
            Activation full = g.model().run(batch).capture(point).logits().execute().get(point);
            assertThat(GoldenModel.all(early)).as("%s", point).isEqualTo(GoldenModel.all(full));
        }
    }

    @EachGolden
    void anEarlierLayerReadBesideALaterOne(GoldenModel g) {
        TokenBatch batch = g.batch("main.input_ids");
        HookPoint last = HookPoint.residual(g.model().layers());
        for (int k = 0; k < g.model().layers(); k++) {
            HookPoint point = HookPoint.residual(k);
            Activations alone = g.capture(batch, point);
            Activations both = g.capture(batch, point, last);
            assertThat(GoldenModel.all(alone.get(point)))
                    .isEqualTo(GoldenModel.all(both.get(point)));
            assertThatThrownBy(alone::next)
                    .isInstanceOf(ModelException.class)
                    .hasMessageContaining("add .logits()");
        }
    }
}
