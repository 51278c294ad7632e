package dev.patchscopes.model.internal.family;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.internal.Architecture;
import dev.patchscopes.model.internal.ArchitectureSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.PositionSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.QkNorm;
import dev.patchscopes.model.internal.WeightMap;
import dev.patchscopes.model.internal.WeightMap.Block;
import dev.patchscopes.model.internal.WeightMap.Linear;
import dev.patchscopes.model.internal.WeightMap.Norm;
import dev.patchscopes.model.internal.WeightMap.Part;
import dev.patchscopes.model.internal.WeightMap.Parts;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** Lays a weight map over a checkpoint's tensors and reports everything that does not fit. */
final class WeightCoverage {

    private final Map<String, long[]> shapes;
    private final String prefix;
    private final WeightMap map;
    private final Map<String, BitSet> read = new TreeMap<>();
    private final List<String> faults = new ArrayList<>();

    private WeightCoverage(Map<String, long[]> shapes, String prefix, WeightMap map) {
        this.shapes = shapes;
        this.prefix = prefix;
        this.map = map;
    }

    /** Faults of the map on tensors of these shapes, whose names carry the prefix. */
    static List<String> faults(
            Architecture architecture, Map<String, long[]> shapes, String prefix) {
        WeightCoverage coverage = new WeightCoverage(shapes, prefix, architecture.weights());
        coverage.check(architecture.spec());
        return coverage.faults;
    }

    private void check(ArchitectureSpec spec) {
        int width = spec.width();
        int embedded = spec.embedding().width();
        matrix(map.embedding(), spec.vocabulary(), embedded);
        map.positions()
                .ifPresent(
                        table -> {
                            int offset = ((PositionSpec.Learned) spec.positions()).offset();
                            matrix(table, spec.contextLength() + offset, width);
                        });
        present("positions", map.positions(), spec.positions() instanceof PositionSpec.Learned);
        present("embedding norm", map.embeddingNorm(), spec.embedding().normed());
        present("project in", map.projectIn(), embedded != width);
        present("project out", map.projectOut(), embedded != width);
        present("final norm", map.finalNorm(), spec.unembedding().normed());
        map.embeddingNorm().ifPresent(norm -> norm(norm, width));
        map.projectIn().ifPresent(linear -> linear(linear, width, embedded));
        map.projectOut().ifPresent(linear -> linear(linear, embedded, width));
        map.finalNorm().ifPresent(norm -> norm(norm, width));
        if (!map.tied()) {
            matrix(map.unembedding().weight(), spec.vocabulary(), embedded);
        }
        map.unembedding().bias().ifPresent(bias -> vector(bias, spec.vocabulary()));
        assertThat(map.blocks()).hasSize(spec.layers());
        map.blocks().forEach(block -> block(spec, block));
        for (String name : shapes.keySet()) {
            BitSet rows = read.get(name);
            boolean ignored = map.ignored().test(name);
            if (rows == null && !ignored) {
                faults.add(name + " is left over");
            } else if (rows != null && ignored) {
                faults.add(name + " is both read and ignored");
            } else if (rows != null && rows.cardinality() != shapes.get(name)[0]) {
                faults.add(name + " is read in part: " + rows.cardinality());
            }
        }
    }

    private void block(ArchitectureSpec spec, Block block) {
        int width = spec.width();
        boolean pre = spec.layout().inputNorms() != ArchitectureSpec.InputNorms.NONE;
        boolean separate = spec.layout().inputNorms() == ArchitectureSpec.InputNorms.SEPARATE;
        boolean stream = spec.layout().streamNorms();
        present("attention norm", block.attentionNorm(), pre || stream);
        present("mlp norm", block.mlpNorm(), separate || stream);
        present("attention output norm", block.attentionOutputNorm(), spec.layout().outputNorms());
        present("mlp output norm", block.mlpOutputNorm(), spec.layout().outputNorms());
        block.attentionNorm().ifPresent(norm -> norm(norm, width));
        block.mlpNorm().ifPresent(norm -> norm(norm, width));
        block.attentionOutputNorm().ifPresent(norm -> norm(norm, width));
        block.mlpOutputNorm().ifPresent(norm -> norm(norm, width));
        linear(block.queryKeyValue(), spec.queryWidth() + 2 * spec.keyValueWidth(), width);
        linear(block.attentionOutput(), width, spec.queryWidth());
        int mlp = spec.mlp().width();
        linear(block.mlpIn(), spec.mlp().gated() ? 2 * mlp : mlp, width);
        linear(block.mlpOut(), width, mlp);
        QkNorm kind = spec.attention().qkNorm();
        present("query norm", block.queryNorm(), kind != QkNorm.NONE);
        present("key norm", block.keyNorm(), kind != QkNorm.NONE);
        int head = spec.attention().headWidth();
        block.queryNorm().ifPresent(norm -> headNorm(norm, kind, head, spec.queryWidth()));
        block.keyNorm().ifPresent(norm -> headNorm(norm, kind, head, spec.keyValueWidth()));
    }

    /** One set of weights for all heads, or one a head; for whole projections always the latter. */
    private void headNorm(Norm norm, QkNorm kind, int head, int whole) {
        boolean shared = kind == QkNorm.PER_HEAD && norm.weight().parts().size() == 1;
        norm(norm, shared ? head : whole);
    }

    private void present(String what, Optional<?> parameter, boolean expected) {
        if (parameter.isPresent() != expected) {
            faults.add(what + (expected ? " is missing" : " is one too many"));
        }
    }

    private void linear(Linear linear, long out, long in) {
        matrix(linear.weight(), out, in);
        linear.bias().ifPresent(bias -> vector(bias, out));
    }

    private void norm(Norm norm, long width) {
        vector(norm.weight(), width);
        norm.bias().ifPresent(bias -> vector(bias, width));
    }

    private void matrix(Parts parts, long rows, long columns) {
        long sum = 0;
        for (Part part : parts.parts()) {
            long[] shape = take(part);
            if (shape.length != 2 || shape[1] != columns) {
                faults.add(part.tensor() + " has no rows of " + columns);
            }
            sum += shape[0];
        }
        if (sum != rows) {
            faults.add(parts + " has " + sum + " rows, not " + rows);
        }
    }

    private void vector(Parts parts, long size) {
        long sum = 0;
        for (Part part : parts.parts()) {
            long[] shape = take(part);
            if (shape.length != 1) {
                faults.add(part.tensor() + " is no vector");
            }
            sum += shape[0];
        }
        if (sum != size) {
            faults.add(parts + " has " + sum + " entries, not " + size);
        }
    }

    /** The shape of a part as the model sees it, after marking what it reads. */
    private long[] take(Part part) {
        boolean bare = map.unprefixed().contains(part.tensor());
        String name = bare ? part.tensor() : prefix + part.tensor();
        long[] stored = shapes.get(name);
        if (stored == null) {
            faults.add(name + " is not in the checkpoint");
            return new long[] {0, 0};
        }
        BitSet rows = read.computeIfAbsent(name, key -> new BitSet());
        ImmutableIntArray order = part.rows();
        if (order.isEmpty()) {
            order = ImmutableIntArray.copyOf(IntStream.range(0, (int) stored[0]));
        }
        for (int row : order.asList()) {
            if (row < 0 || row >= stored[0]) {
                faults.add(name + " has no row " + row);
            } else if (rows.get(row)) {
                faults.add(name + " is read twice at row " + row);
            }
            rows.set(row);
        }
        if (part.transposed()) {
            return new long[] {stored[1], stored[0]};
        }
        long[] seen = stored.clone();
        seen[0] = order.length();
        return seen;
    }
}
