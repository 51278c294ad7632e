package dev.patchscopes.lens.relation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Readout;
import dev.patchscopes.model.StateReading;
import dev.patchscopes.model.StateReadings;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.model.TokenScore;
import java.util.ArrayList;
import java.util.List;

/** Many last residuals as tokens, in one go. */
final class Decoding {

    private Decoding() {}

    /**
     * What a residual says.
     *
     * @param top most probable tokens
     * @param logProbability of the token asked about, in nats; NaN if none was
     */
    record Decoded(ImmutableList<TokenProbability> top, double logProbability) {}

    /**
     * Reads a table of residuals.
     *
     * @param states [state][row], [d_model] each; at least one state and one row
     * @param tokens the token asked about of each row; -1 for none
     * @param top how many of the most probable tokens
     * @return [state][row]
     */
    static List<List<Decoded>> read(
            HookedModel model, List<List<double[]>> states, ImmutableIntArray tokens, int top) {
        try (NDManager manager = NDManager.newBaseManager(model.device(), "PyTorch")) {
            List<NDArray> tensors = new ArrayList<>();
            for (List<double[]> rows : states) {
                tensors.add(tensor(manager, rows)); // [row, d_model]
            }
            Readout readout = model.readout().top(Math.min(top, model.vocabularySize()));
            // Nothing here is compared with a last layer, so the first state stands for it.
            StateReadings readings = readout.read(tensors, tensors.get(0), tokens);
            List<List<Decoded>> out = new ArrayList<>();
            for (int state = 0; state < states.size(); state++) {
                List<Decoded> row = new ArrayList<>();
                for (int r = 0; r < tokens.length(); r++) {
                    StateReading read = readings.at(state, r);
                    row.add(
                            new Decoded(
                                    read.top(),
                                    read.next()
                                            .map(TokenScore::logProbability)
                                            .orElse(Double.NaN)));
                }
                out.add(row);
            }
            return out;
        }
    }

    private static NDArray tensor(NDManager manager, List<double[]> rows) {
        int width = rows.get(0).length;
        double[] flat = new double[rows.size() * width];
        for (int r = 0; r < rows.size(); r++) {
            System.arraycopy(rows.get(r), 0, flat, r * width, width);
        }
        return manager.create(flat, new Shape(rows.size(), width));
    }
}
