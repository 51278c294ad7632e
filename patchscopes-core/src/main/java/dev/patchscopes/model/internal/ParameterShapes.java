package dev.patchscopes.model.internal;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The stored tensors that make up an architecture's parameters, in order: outside the blocks, then
 * block by block. Each is listed once, however many parameters read it.
 */
final class ParameterShapes {
    private final ArchitectureSpec spec;
    private final WeightMap map;
    private final Map<String, Stored> stored = new LinkedHashMap<>();
    private final List<WeightMap.Parts> parameters = new ArrayList<>();

    private ParameterShapes(Architecture architecture) {
        this.spec = architecture.spec();
        this.map = architecture.weights();
    }

    /**
     * A stored tensor.
     *
     * @param name name without prefix
     * @param shape as it is stored
     * @param role what it does
     */
    record Stored(String name, ImmutableList<Long> shape, ParameterRole role) {
        long elements() {
            return shape.stream().reduce(1L, (a, b) -> a * b);
        }
    }

    /** The stored tensors of an architecture. */
    static ParameterShapes of(Architecture architecture) {
        ParameterShapes shapes = new ParameterShapes(architecture);
        shapes.ends();
        shapes.map.blocks().forEach(shapes::block);
        return shapes;
    }

    /** The stored tensors in order. */
    List<Stored> stored() {
        return List.copyOf(stored.values());
    }

    /** A stored tensor by its name without prefix. */
    Stored stored(String name) {
        return stored.get(name);
    }

    /** The parameters in the same order. */
    List<WeightMap.Parts> parameters() {
        return List.copyOf(parameters);
    }

    private void ends() {
        long width = spec.width();
        long embedWidth = spec.embedding().width();
        matrix(map.embedding(), spec.vocabulary(), embedWidth, ParameterRole.MATRIX);
        map.positions().ifPresent(p -> matrix(p, positions(), width, ParameterRole.MATRIX));
        map.embeddingNorm().ifPresent(n -> norm(n, width));
        map.projectIn().ifPresent(l -> linear(l, width, embedWidth, ParameterRole.MATRIX));
        map.projectOut().ifPresent(l -> linear(l, embedWidth, width, ParameterRole.MATRIX));
        map.finalNorm().ifPresent(n -> norm(n, width));
        linear(map.unembedding(), spec.vocabulary(), embedWidth, ParameterRole.MATRIX);
    }

    private long positions() {
        return spec.positions() instanceof ArchitectureSpec.PositionSpec.Learned learned
                ? (long) spec.contextLength() + learned.offset()
                : spec.contextLength();
    }

    private void block(WeightMap.Block b) {
        long width = spec.width();
        long mlp = spec.mlp().width();
        b.attentionNorm().ifPresent(n -> norm(n, width));
        b.mlpNorm().ifPresent(n -> norm(n, width));
        b.attentionOutputNorm().ifPresent(n -> norm(n, width));
        b.mlpOutputNorm().ifPresent(n -> norm(n, width));
        long rows = spec.queryWidth() + 2L * spec.keyValueWidth();
        linear(b.queryKeyValue(), rows, width, ParameterRole.MATRIX);
        b.queryNorm().ifPresent(n -> headNorm(n, spec.attention().heads()));
        b.keyNorm().ifPresent(n -> headNorm(n, spec.attention().keyValueHeads()));
        linear(b.attentionOutput(), width, spec.queryWidth(), ParameterRole.RESIDUAL);
        linear(b.mlpIn(), spec.mlp().gated() ? 2 * mlp : mlp, width, ParameterRole.MATRIX);
        linear(b.mlpOut(), width, mlp, ParameterRole.RESIDUAL);
    }

    private void linear(WeightMap.Linear linear, long rows, long columns, ParameterRole role) {
        matrix(linear.weight(), rows, columns, role);
        linear.bias().ifPresent(b -> vector(b, rows, ParameterRole.BIAS));
    }

    private void norm(WeightMap.Norm norm, long width) {
        vector(norm.weight(), width, ParameterRole.NORM);
        norm.bias().ifPresent(b -> vector(b, width, ParameterRole.BIAS));
    }

    /** A norm over the whole projection, one that heads share, or one tensor a head. */
    private void headNorm(WeightMap.Norm norm, long heads) {
        boolean whole = spec.attention().qkNorm() == ArchitectureSpec.QkNorm.WHOLE;
        long parts = norm.weight().parts().size();
        norm(norm, spec.attention().headWidth() * (whole ? heads : parts));
    }

    private void matrix(WeightMap.Parts parts, long rows, long columns, ParameterRole role) {
        WeightMap.Part first = parts.parts().get(0);
        if (first.transposed()) {
            put(first.tensor(), ImmutableList.of(columns, rows), role);
        } else {
            List<Long> each = rowsOfParts(parts, rows);
            for (int i = 0; i < each.size(); i++) {
                put(parts.parts().get(i).tensor(), ImmutableList.of(each.get(i), columns), role);
            }
        }
        parameters.add(parts);
    }

    private void vector(WeightMap.Parts parts, long elements, ParameterRole role) {
        List<Long> each = rowsOfParts(parts, elements);
        for (int i = 0; i < each.size(); i++) {
            put(parts.parts().get(i).tensor(), ImmutableList.of(each.get(i)), role);
        }
        parameters.add(parts);
    }

    /** Queries, keys and values may differ in size; what else is stacked does not. */
    private List<Long> rowsOfParts(WeightMap.Parts parts, long rows) {
        int count = parts.parts().size();
        long query = spec.queryWidth();
        long keyValue = spec.keyValueWidth();
        if (count == 3 && rows == query + 2 * keyValue) {
            return List.of(query, keyValue, keyValue);
        }
        return Collections.nCopies(count, rows / count);
    }

    private void put(String name, ImmutableList<Long> shape, ParameterRole role) {
        stored.putIfAbsent(name, new Stored(name, shape, role));
    }
}
