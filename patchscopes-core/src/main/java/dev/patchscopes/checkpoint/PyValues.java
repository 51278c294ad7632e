package dev.patchscopes.checkpoint;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a pickle's values become. Numbers, strings and truth values are their Java counterparts;
 * these are the rest. The containers compare by identity: a pickle can make one contain itself.
 */
final class PyValues {

    private PyValues() {}

    /** Values without content of interest. */
    enum Constant {
        /** Python's None. */
        NONE,
        /** A dtype, a device, a byte string: allowed, and of no use here. */
        OPAQUE
    }

    /** A list, while the pickle may still append to it. */
    static final class PyList {
        final List<Object> items = new ArrayList<>(0);
    }

    /** A tuple, which is complete from the start. */
    static final class PyTuple {
        final List<Object> items;

        PyTuple(List<Object> items) {
            this.items = items;
        }
    }

    /** A dict or OrderedDict; later entries of the same key replace earlier ones. */
    static final class PyDict {
        final Map<Object, Object> entries = new LinkedHashMap<>(4);
    }
}
