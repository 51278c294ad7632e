package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.patchscopes.model.Edit;
import dev.patchscopes.model.Operation;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Applies what many cells change at one point to the rows of all of them.
 *
 * <p>Vectors that replace whole rows, by far the most common change, are gathered and written in a
 * few native calls however many cells there are; anything else is applied cell by cell.
 */
final class RowChanges {
    private final Tensors ops;
    private final PatchVectors vectors;
    private final NDArray target; // [1, rows, ...], contiguous
    private final NDArray flat; // the same memory, [rows, width]
    private final long width;
    private final IdentityHashMap<NDArray, Copies> copies = new IdentityHashMap<>();
    private final List<double[]> values = new ArrayList<>();
    private final List<Long> valueRows = new ArrayList<>();

    private record Copies(List<Long> from, List<Long> to) {}

    /**
     * A cell's rows.
     *
     * @param changes what it changes at the point, in order
     * @param firstRow its first row
     * @param columns the tokens its rows are
     */
    record Owner(List<Change> changes, long firstRow, Columns columns) {}

    /**
     * @param target changed in place; its memory must be contiguous
     */
    RowChanges(Tensors ops, PatchVectors vectors, NDArray target) {
        this.ops = ops;
        this.vectors = vectors;
        this.target = target;
        Shape shape = target.getShape();
        this.width = shape.size() / shape.get(1);
        this.flat = Tensors.reshape(target, shape.get(1), width);
    }

    /** A contiguous copy of a tensor [1, rows, ...], for changes. */
    static NDArray copy(NDArray value) {
        Shape shape = value.getShape();
        try (NDArray line = Tensors.reshape(value, shape.size());
                NDArray own = line.duplicate()) {
            return Tensors.reshape(own, shape.getShape());
        }
    }

    /** Applies the owners' changes, each owner's in its order. */
    void apply(List<Owner> owners) {
        int rounds = owners.stream().mapToInt(o -> o.changes().size()).max().orElse(0);
        for (int round = 0; round < rounds; round++) {
            for (Owner owner : owners) {
                if (round < owner.changes().size()) {
                    apply(owner, owner.changes().get(round));
                }
            }
            flush();
        }
        flat.close();
    }

    private void apply(Owner owner, Change change) {
        if (change instanceof Change.Taken taken) {
            take(owner, taken);
            return;
        }
        Change.Given given = (Change.Given) change;
        Edit edit = given.edit();
        int positions = given.positions().length();
        if (edit.operation() instanceof Operation.Replace replace
                && !edit.point().site().hasHeads()
                && (replace.values().length() == width
                        || replace.values().length() == width * positions)) {
            int each = replace.values().length() == width ? 0 : Math.toIntExact(width);
            for (int i = 0; i < positions; i++) {
                int token = given.positions().get(i);
                if (isHere(owner, token)) {
                    int from = i * each;
                    values.add(
                            replace.values()
                                    .subArray(from, from + Math.toIntExact(width))
                                    .toArray());
                    valueRows.add(row(owner, token));
                }
            }
            return;
        }
        long first = owner.firstRow();
        try (NDArray own = Tensors.slice(target, 1, first, first + owner.columns().count())) {
            new EditApplier(ops, edit, owner.columns(), false).writeInto(own, own, given.step());
        }
    }

    private void take(Owner owner, Change.Taken taken) {
        for (int i = 0; i < taken.written().length(); i++) {
            int token = taken.written().get(i);
            if (!isHere(owner, token)) {
                continue;
            }
            int read = taken.readFor(i);
            if (taken.patch().map().isPresent()) {
                double[] vector = vectors.mapped(taken, read);
                SweepChecks.checkWidth(taken.patch(), vector.length, width);
                values.add(vector);
                valueRows.add(row(owner, token));
                continue;
            }
            NDArray table = vectors.table(taken);
            Copies of =
                    copies.computeIfAbsent(
                            table, t -> new Copies(new ArrayList<>(), new ArrayList<>()));
            of.from().add((long) vectors.rowOf(taken, read));
            of.to().add(row(owner, token));
        }
    }

    private static boolean isHere(Owner owner, int token) {
        int at = token - owner.columns().from();
        return at >= 0 && at < owner.columns().count();
    }

    private static long row(Owner owner, int token) {
        return owner.firstRow() + token - owner.columns().from();
    }

    private void flush() {
        NDManager manager = flat.getManager();
        for (Map.Entry<NDArray, Copies> entry : copies.entrySet()) {
            Copies of = entry.getValue();
            try (NDArray from = ids(manager, of.from());
                    NDArray to = ids(manager, of.to());
                    NDArray rows = Tensors.embedding(from, entry.getKey())) {
                Tensors.writeRows(flat, to, rows);
            }
        }
        if (!values.isEmpty()) {
            double[] all = new double[values.size() * Math.toIntExact(width)];
            for (int i = 0; i < values.size(); i++) {
                System.arraycopy(values.get(i), 0, all, i * (int) width, (int) width);
            }
            try (NDArray to = ids(manager, valueRows);
                    NDArray rows = ops.fromDoubles(manager, all, new Shape(values.size(), width))) {
                Tensors.writeRows(flat, to, rows);
            }
        }
        copies.clear();
        values.clear();
        valueRows.clear();
    }

    private NDArray ids(NDManager manager, List<Long> rows) {
        long[] all = rows.stream().mapToLong(Long::longValue).toArray();
        return ops.fromLongs(manager, all, new Shape(all.length));
    }
}
