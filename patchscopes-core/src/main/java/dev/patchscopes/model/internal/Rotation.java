package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;

/**
 * Rotation of the leading dimensions of heads by their position's angles.
 *
 * <p>x is turned into x cos + swap(x) sin, where swap exchanges the two members of each pair and
 * the sine of a pair's first member carries the minus sign.
 *
 * @param cosines [batch or 1, pos, 1, dims]
 * @param signedSines [batch or 1, pos, 1, dims]
 * @param interleaved pairs are neighbours rather than half the dimensions apart
 */
record Rotation(NDArray cosines, NDArray signedSines, boolean interleaved) {

    /** Rotates [batch, pos, head, d_head]. */
    NDArray apply(Tensors ops, NDArray x) {
        long width = x.getShape().get(3);
        long dims = cosines.getShape().get(3);
        NDArray turned = dims == width ? x : Tensors.slice(x, 3, 0, dims);
        NDArray result = Tensors.mul(turned, cosines); // [batch, pos, head, dims]
        NDArray swapped = ops.mulInto(swap(turned, dims), signedSines);
        result = ops.addInto(result, swapped);
        swapped.close();
        if (dims == width) {
            return result;
        }
        try (NDArray rest = Tensors.slice(x, 3, dims, width)) {
            NDArray joined = Tensors.concat(3, result, rest);
            result.close();
            turned.close();
            return joined;
        }
    }

    private NDArray swap(NDArray x, long dims) {
        if (!interleaved) {
            NDArray[] halves = Tensors.cut(x, 3, dims / 2, dims / 2);
            try (NDArray first = halves[0];
                    NDArray second = halves[1]) {
                return Tensors.concat(3, second, first);
            }
        }
        long batch = x.getShape().get(0);
        long pos = x.getShape().get(1);
        long heads = x.getShape().get(2);
        try (NDArray pairs = Tensors.reshape(x, batch, pos, heads, dims / 2, 2);
                NDArray even = Tensors.slice(pairs, 4, 0, 1);
                NDArray odd = Tensors.slice(pairs, 4, 1, 2);
                NDArray joined = Tensors.concat(4, odd, even)) {
            return Tensors.reshape(joined, batch, pos, heads, dims);
        }
    }
}
