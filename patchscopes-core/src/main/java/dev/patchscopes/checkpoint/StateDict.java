package dev.patchscopes.checkpoint;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.checkpoint.PyValues.PyDict;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Finds the tensors in what a pickle holds and names them.
 *
 * <p>While a dictionary without tensors wraps another under one of the usual keys, the inner one is
 * taken. From there on tensors in nested dictionaries get dotted names; everything else is ignored.
 */
final class StateDict {

    private static final ImmutableList<String> WRAPPERS =
            ImmutableList.of("state_dict", "model_state_dict", "model", "module");
    private static final int DEEPEST = 32;
    private static final int LONGEST_NAME = 4096;

    /**
     * Dictionaries can share others, so that walking them may take longer than making them, and
     * names grow on the way. An entry of the file's own takes several bytes, and its name as many
     * as it has characters.
     */
    private static final long FREE_VISITS = 10_000;

    private static final long FREE_CHARACTERS = 1 << 16;
    private static final int CHARACTERS_PER_BYTE = 4;

    private final Path path;
    private final long mostVisits;
    private final long mostCharacters;
    private final Map<String, TorchPickle.Tensor> tensors = new LinkedHashMap<>();
    private long visits;
    private long characters;

    private StateDict(Path path, long fileBytes) {
        this.path = path;
        this.mostVisits = FREE_VISITS + fileBytes;
        this.mostCharacters = FREE_CHARACTERS + CHARACTERS_PER_BYTE * fileBytes;
    }

    static Map<String, TorchPickle.Tensor> tensors(DataFile file, Object root) {
        Path path = file.path();
        if (!(root instanceof PyDict dict)) {
            throw new UnsupportedCheckpointException(
                    path,
                    "the pickle's top level is not a dictionary of tensors; save the model's"
                            + " state_dict()");
        }
        StateDict found = new StateDict(path, file.size());
        found.collect("", found.unwrap(dict), 0);
        return found.tensors;
    }

    private PyDict unwrap(PyDict dict) {
        PyDict inner = dict;
        for (int depth = 0; depth < DEEPEST; depth++) {
            if (inner.entries.values().stream().anyMatch(TorchPickle.Tensor.class::isInstance)) {
                return inner;
            }
            PyDict outer = inner;
            for (String wrapper : WRAPPERS) {
                if (outer.entries.get(wrapper) instanceof PyDict wrapped) {
                    inner = wrapped;
                    break;
                }
            }
            if (inner == outer) {
                return inner;
            }
        }
        throw tooDeep();
    }

    private void collect(String prefix, PyDict dict, int depth) {
        if (depth == DEEPEST) {
            throw tooDeep();
        }
        dict.entries.forEach(
                (key, value) -> {
                    visits++;
                    if (visits > mostVisits) {
                        throw new CorruptCheckpointException(
                                path,
                                "the pickle's dictionaries have more than "
                                        + mostVisits
                                        + " entries, counting shared ones each time");
                    }
                    boolean tensor = value instanceof TorchPickle.Tensor;
                    if (tensor || value instanceof PyDict) {
                        String name = name(prefix, key);
                        if (value instanceof PyDict inner) {
                            collect(name + ".", inner, depth + 1);
                        } else if (tensors.put(name, (TorchPickle.Tensor) value) != null) {
                            throw new CorruptCheckpointException(
                                    path, "two tensors of the pickle are named '" + name + "'");
                        }
                    }
                });
    }

    private String name(String prefix, Object key) {
        String text = key.toString();
        if (prefix.length() + text.length() > LONGEST_NAME) {
            throw new CorruptCheckpointException(
                    path,
                    "a tensor's name is longer than "
                            + LONGEST_NAME
                            + " characters: '"
                            + (prefix + text.substring(0, Math.min(40, text.length())))
                                    .substring(0, 40)
                            + "...'");
        }
        characters += prefix.length() + text.length();
        if (characters > mostCharacters) {
            throw new CorruptCheckpointException(
                    path,
                    "the names in the pickle's dictionaries have more than "
                            + mostCharacters
                            + " characters, counting shared ones each time");
        }
        return prefix + text;
    }

    private CorruptCheckpointException tooDeep() {
        return new CorruptCheckpointException(
                path, "the pickle's dictionaries are nested more than " + DEEPEST + " deep");
    }
}
