package dev.patchscopes.model.internal;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Where each stored tensor lies in one flat tensor of all parameters.
 *
 * <p>What a parameter stacks lies side by side, so that the parameter is one piece and needs no
 * copy. Tensors whose rows are put in another order are pieces of their own.
 */
final class ParameterLayout {
    private final Map<String, Slot> slots = new LinkedHashMap<>();
    private final Map<WeightMap.Parts, Integer> whole = new HashMap<>();
    private final Map<String, Integer> single = new HashMap<>();
    private final List<Long> pieces = new ArrayList<>();
    private long elements;

    private ParameterLayout() {}

    /**
     * A stored tensor's place.
     *
     * @param stored the tensor
     * @param offset its first element
     */
    record Slot(ParameterShapes.Stored stored, long offset) {}

    static ParameterLayout of(ParameterShapes shapes) {
        ParameterLayout layout = new ParameterLayout();
        for (WeightMap.Parts parts : shapes.parameters()) {
            layout.place(parts, shapes);
        }
        return layout;
    }

    private void place(WeightMap.Parts parts, ParameterShapes shapes) {
        if (whole.containsKey(parts)) {
            return; // tied
        }
        if (isWhole(parts)) {
            whole.put(parts, pieces.size());
            long size = 0;
            for (WeightMap.Part part : parts.parts()) {
                size += put(shapes.stored(part.tensor()));
            }
            pieces.add(size);
            return;
        }
        for (WeightMap.Part part : parts.parts()) {
            if (!slots.containsKey(part.tensor())) {
                single.put(part.tensor(), pieces.size());
                pieces.add(put(shapes.stored(part.tensor())));
            }
        }
    }

    private boolean isWhole(WeightMap.Parts parts) {
        Set<String> seen = new HashSet<>();
        return parts.parts().stream()
                .allMatch(
                        part ->
                                part.rows().isEmpty()
                                        && !part.transposed()
                                        && !slots.containsKey(part.tensor())
                                        && seen.add(part.tensor()));
    }

    private long put(ParameterShapes.Stored stored) {
        slots.put(stored.name(), new Slot(stored, elements));
        elements += stored.elements();
        return stored.elements();
    }

    /** The stored tensors in the order in which they lie. */
    ImmutableList<Slot> slots() {
        return ImmutableList.copyOf(slots.values());
    }

    /** Sizes of the pieces, which follow each other without gaps. */
    long[] pieces() {
        return pieces.stream().mapToLong(Long::longValue).toArray();
    }

    /** The piece that is a parameter as it is; negative if there is none. */
    int piece(WeightMap.Parts parts) {
        return whole.getOrDefault(parts, -1);
    }

    /** The piece that is a stored tensor of a parameter without a piece of its own. */
    int piece(String name) {
        return single.get(name);
    }

    /** Number of parameters. */
    long elements() {
        return elements;
    }
}
