package dev.patchscopes.examples.bench;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * The matrix products of a forward pass and nothing else: what bounds any implementation on the
 * same tensor library. Each block has weights of its own, as in a model, so that they come from
 * memory and not from a cache.
 */
final class BareProducts implements AutoCloseable {
    private final RandomCheckpoint model;
    private final NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
    private final List<NDArray[]> blocks = new ArrayList<>();
    private final NDArray unembedding;

    BareProducts(RandomCheckpoint model) {
        this.model = model;
        int d = model.width();
        for (int b = 0; b < model.layers(); b++) {
            blocks.add(
                    new NDArray[] {
                        weight(d, 3 * d), weight(d, d), weight(d, 4 * d), weight(4 * d, d)
                    });
        }
        unembedding = weight(d, model.vocabulary());
    }

    /** Seen [in, out] but stored [out, in] for the unembedding, [in, out] for GPT-2's blocks. */
    private NDArray weight(int in, int out) {
        if (out == model.vocabulary()) {
            return manager.randomUniform(-0.03f, 0.03f, new Shape(out, in)).transpose();
        }
        return manager.randomUniform(-0.03f, 0.03f, new Shape(in, out));
    }

    /**
     * Multiplies.
     *
     * @param rows tokens computed
     * @param keys tokens attended to
     * @param logitRows rows of logits
     * @return something that depends on the last product
     */
    float forward(int rows, int keys, int logitRows) {
        int d = model.width();
        int heads = model.heads();
        int headWidth = d / heads;
        try (NDManager scope = manager.newSubManager()) {
            NDArray x = scope.ones(new Shape(rows, d), DataType.FLOAT32);
            NDArray wide = scope.ones(new Shape(rows, 4L * d), DataType.FLOAT32);
            NDArray q = scope.ones(new Shape(heads, rows, headWidth), DataType.FLOAT32);
            NDArray k = scope.ones(new Shape(heads, headWidth, keys), DataType.FLOAT32);
            NDArray pattern = scope.ones(new Shape(heads, rows, keys), DataType.FLOAT32);
            NDArray v = scope.ones(new Shape(heads, keys, headWidth), DataType.FLOAT32);
            for (NDArray[] w : blocks) {
                x.matMul(w[0]).close();
                q.matMul(k).close();
                pattern.matMul(v).close();
                x.matMul(w[1]).close();
                x.matMul(w[2]).close();
                wide.matMul(w[3]).close();
            }
            NDArray last = scope.ones(new Shape(logitRows, d), DataType.FLOAT32);
            return last.matMul(unembedding).getFloat(0, 0);
        }
    }

    /**
     * Multiplies what a sweep over all pairs of layers multiplies: source and target prompt, one
     * row a cell from its layer on, and the logits of every cell.
     *
     * @param source tokens of the source prompt
     * @param target tokens of the target prompt
     * @return something that depends on the last product
     */
    float grid(int source, int target) {
        int d = model.width();
        int perLayer = model.layers() + 1;
        float sum = forward(source, source, 1);
        try (NDManager scope = manager.newSubManager()) {
            for (int b = 0; b < blocks.size(); b++) {
                try (NDManager block = scope.newSubManager()) {
                    int rows = target - 1 + perLayer * (b + 1);
                    NDArray x = block.ones(new Shape(rows, d), DataType.FLOAT32);
                    NDArray wide = block.ones(new Shape(rows, 4L * d), DataType.FLOAT32);
                    NDArray[] w = blocks.get(b);
                    x.matMul(w[0]).close();
                    x.matMul(w[1]).close();
                    x.matMul(w[2]).close();
                    wide.matMul(w[3]).close();
                }
            }
            int cells = perLayer * perLayer;
            for (int done = 0; done < cells; done += 128) { // as fast as any number of rows
                try (NDArray last =
                                scope.ones(
                                        new Shape(Math.min(128, cells - done), d),
                                        DataType.FLOAT32);
                        NDArray logits = last.matMul(unembedding)) {
                    sum += logits.getFloat(0, 0);
                }
            }
        }
        return sum;
    }

    /**
     * Multiplies by the unembedding and nothing else.
     *
     * @param rows rows of logits
     * @return something that depends on the product
     */
    float vocabulary(int rows) {
        try (NDManager scope = manager.newSubManager()) {
            NDArray x = scope.ones(new Shape(rows, model.width()), DataType.FLOAT32);
            return x.matMul(unembedding).getFloat(0, 0);
        }
    }

    @Override
    public void close() {
        manager.close();
    }
}
