package dev.patchscopes.checkpoint;

import com.google.common.collect.ImmutableMap;
import java.io.Closeable;

/** One open file of tensors, whatever its format. */
interface WeightFile extends Closeable {

    /** By name, in the order of the file. */
    ImmutableMap<String, StoredTensor> tensors();

    /** Compares everything with the file's digest or check sums; false if it has none. */
    boolean verify();

    @Override
    void close();
}
