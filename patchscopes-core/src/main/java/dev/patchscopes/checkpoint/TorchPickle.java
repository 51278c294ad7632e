package dev.patchscopes.checkpoint;

import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableLongArray;
import dev.patchscopes.checkpoint.PyValues.Constant;
import dev.patchscopes.checkpoint.PyValues.PyDict;
import dev.patchscopes.checkpoint.PyValues.PyList;
import dev.patchscopes.checkpoint.PyValues.PyTuple;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The names a pickle of weights may use, and what they mean: tensors are built from a storage, an
 * offset, a shape and strides, and storages are referred to by a key. Data is not touched.
 */
final class TorchPickle implements PickleReader.Resolver {

    private static final ImmutableSet<String> STORAGE_MODULES =
            ImmutableSet.of("torch", "torch.cuda", "torch.storage");
    private static final ImmutableSet<String> DTYPES =
            ImmutableSet.of(
                    "float64",
                    "float32",
                    "float16",
                    "bfloat16",
                    "int64",
                    "int32",
                    "int16",
                    "int8",
                    "uint8",
                    "bool");

    /** The allowed callables. */
    private enum Callable {
        ORDERED_DICT("collections.OrderedDict"),
        SIZE("torch.Size"),
        DEVICE("torch.device"),
        TENSOR("torch._utils._rebuild_tensor"),
        TENSOR_2("torch._utils._rebuild_tensor_v2"),
        PARAMETER("torch._utils._rebuild_parameter"),
        PARAMETER_WITH_STATE("torch._utils._rebuild_parameter_with_state");

        private final String global;

        Callable(String global) {
            this.global = global;
        }
    }

    /**
     * Elements that tensors share.
     *
     * @param key names the piece of the file
     * @param total elements of that piece
     * @param first element of it where this storage starts; not 0 only in views of old files
     * @param count elements from there on
     */
    record Storage(StoredType type, String key, long total, long first, long count) {}

    /** A tensor as a view of a storage; nothing but the ranks has been checked. */
    record Tensor(
            Storage storage, long offset, ImmutableLongArray shape, ImmutableLongArray strides) {}

    private final Path path;
    private final Map<String, Storage> storages = new LinkedHashMap<>();

    TorchPickle(Path path) {
        this.path = path;
    }

    /** The storages that were referred to, by key; each with the type of the first reference. */
    Map<String, Storage> storages() {
        return storages;
    }

    @Override
    public Object global(String module, String name) {
        String global = module + "." + name;
        for (Callable callable : Callable.values()) {
            if (callable.global.equals(global)) {
                return callable;
            }
        }
        if (STORAGE_MODULES.contains(module) && name.endsWith("Storage")) {
            return StoredType.ofTorchStorage(name)
                    .orElseThrow(
                            () ->
                                    new UnsupportedCheckpointException(
                                            path,
                                            "tensors in a "
                                                    + global
                                                    + " are not supported; supported element types"
                                                    + " are "
                                                    + List.of(StoredType.values())));
        }
        if (module.equals("torch") && DTYPES.contains(name)) {
            return Constant.OPAQUE;
        }
        if (module.equals("torch._utils") && name.startsWith("_rebuild_")) {
            throw new UnsupportedCheckpointException(
                    path,
                    "tensors made by "
                            + global
                            + " (sparse, quantized or of a rare type) are not supported; only dense"
                            + " ones are");
        }
        throw new ForbiddenPickleException(path, global);
    }

    @Override
    public Object call(Object callable, List<Object> arguments) {
        if (!(callable instanceof Callable known)) {
            throw corrupt("calls something that is not a function");
        }
        return switch (known) {
            case ORDERED_DICT -> orderedDict(arguments);
            case SIZE -> argument(arguments, 0, PyTuple.class, known);
            case DEVICE -> Constant.OPAQUE;
            case TENSOR, TENSOR_2 -> tensor(arguments, known);
            case PARAMETER, PARAMETER_WITH_STATE -> argument(arguments, 0, Tensor.class, known);
        };
    }

    @Override
    public Object persistent(Object id) {
        if (!(id instanceof PyTuple tuple)
                || tuple.items.size() < 5
                || tuple.items.size() > 6
                || !"storage".equals(tuple.items.get(0))
                || !(tuple.items.get(1) instanceof StoredType type)
                || !(tuple.items.get(2) instanceof String key)
                || !(tuple.items.get(4) instanceof Long total)) {
            throw corrupt("refers to data in a way unknown here");
        }
        if (total < 0 || total > Long.MAX_VALUE / type.bytes()) {
            throw corrupt("has a storage '" + key + "' of " + total + " elements");
        }
        Storage whole = new Storage(type, key, total, 0, total);
        storages.putIfAbsent(key, whole);
        if (tuple.items.size() == 5 || tuple.items.get(5) == Constant.NONE) {
            return whole;
        }
        if (!(tuple.items.get(5) instanceof PyTuple view)
                || view.items.size() != 3
                || !(view.items.get(1) instanceof Long first)
                || !(view.items.get(2) instanceof Long count)
                || first < 0
                || count < 0
                || first > total
                || count > total - first) {
            throw corrupt("has a view of storage '" + key + "' that is not within it");
        }
        return new Storage(type, key, total, first, count);
    }

    /** An empty one, or one of a list of pairs; the pickle fills it afterwards. */
    private Object orderedDict(List<Object> arguments) {
        PyDict dict = new PyDict();
        if (arguments.isEmpty()) {
            return dict;
        }
        for (Object item : argument(arguments, 0, PyList.class, Callable.ORDERED_DICT).items) {
            List<Object> pair =
                    item instanceof PyTuple tuple
                            ? tuple.items
                            : item instanceof PyList list ? list.items : List.of();
            if (pair.size() != 2 || !(pair.get(0) instanceof String key)) {
                throw corrupt("makes an OrderedDict of something that is not pairs");
            }
            dict.entries.put(key, pair.get(1));
        }
        return dict;
    }

    private Tensor tensor(List<Object> arguments, Callable callable) {
        Storage storage = argument(arguments, 0, Storage.class, callable);
        long offset = argument(arguments, 1, Long.class, callable);
        ImmutableLongArray shape = longs(arguments, 2, callable);
        ImmutableLongArray strides = longs(arguments, 3, callable);
        if (shape.length() != strides.length() || shape.length() > Extents.MAX_RANK) {
            throw corrupt("has a tensor of shape " + shape + " with strides " + strides);
        }
        return new Tensor(storage, offset, shape, strides);
    }

    private ImmutableLongArray longs(List<Object> arguments, int index, Callable callable) {
        List<Object> items = argument(arguments, index, PyTuple.class, callable).items;
        ImmutableLongArray.Builder values = ImmutableLongArray.builder();
        for (int i = 0; i < Math.min(items.size(), Extents.MAX_RANK + 1); i++) {
            values.add(argument(items, i, Long.class, callable));
        }
        return values.build();
    }

    private <T> T argument(List<Object> arguments, int index, Class<T> type, Callable callable) {
        Object value = index < arguments.size() ? arguments.get(index) : null;
        if (!type.isInstance(value)) {
            throw corrupt("calls " + callable.global + " with arguments that do not fit it");
        }
        return type.cast(value);
    }

    private CorruptCheckpointException corrupt(String what) {
        return new CorruptCheckpointException(path, "the pickle " + what);
    }
}
