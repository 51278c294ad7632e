package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.Patch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Vectors that patches take from base runs, kept from the moment a pass shows them. Owned by the
 * manager it was made with.
 */
final class PatchVectors {
    private final NDManager owner;
    private final Tensors ops;
    private final Map<Place, int[]> wanted = new HashMap<>(); // tokens, ascending
    private final Map<Place, NDArray> tables = new HashMap<>(); // [tokens wanted, width]
    private final Map<Place, double[]> downloaded = new HashMap<>();
    private final Map<Mapped, double[]> mapped = new HashMap<>();

    /** A point of a base run. */
    private record Place(int base, HookPoint point) {}

    /** A vector of a base run that patches take. */
    record Vector(int base, HookPoint point, int token) {}

    private record Mapped(Place place, int token, Patch.Map map) {}

    PatchVectors(NDManager owner, Tensors ops, List<CellPlan> cells) {
        this.owner = owner;
        this.ops = ops;
        Map<Place, TreeSet<Integer>> tokens = new HashMap<>();
        for (Change.Taken taken : taken(cells)) {
            Place place = new Place(taken.patch().source(), taken.patch().from());
            tokens.computeIfAbsent(place, p -> new TreeSet<>()).addAll(taken.read().asList());
        }
        tokens.forEach(
                (place, set) ->
                        wanted.put(place, set.stream().mapToInt(Integer::intValue).toArray()));
    }

    /** The patches of cells. */
    static List<Change.Taken> taken(List<CellPlan> cells) {
        List<Change.Taken> out = new ArrayList<>();
        for (CellPlan cell : cells) {
            for (Change change : cell.changes()) {
                if (change instanceof Change.Taken taken) {
                    out.add(taken);
                }
            }
        }
        return out;
    }

    /** The vectors that patches of a cell take. */
    static Set<Vector> vectors(CellPlan cell) {
        Set<Vector> out = new HashSet<>();
        for (Change.Taken taken : taken(List.of(cell))) {
            for (int token : taken.read().asList()) {
                out.add(new Vector(taken.patch().source(), taken.patch().from(), token));
            }
        }
        return out;
    }

    /** Points of a base run whose vectors are wanted and not there yet. */
    List<HookPoint> missing(int base) {
        return wanted.keySet().stream()
                .filter(p -> p.base() == base && !tables.containsKey(p))
                .map(Place::point)
                .toList();
    }

    /**
     * Keeps the vectors wanted of a base run.
     *
     * @param rows the base's rows at the point [row, width], from its first token on
     */
    void keep(int base, HookPoint point, NDArray rows) {
        Place place = new Place(base, point);
        int[] tokens = wanted.get(place);
        long[] ids = Arrays.stream(tokens).asLongStream().toArray();
        try (NDArray index = ops.fromLongs(owner, ids, new Shape(ids.length))) {
            NDArray table = Tensors.embedding(index, rows);
            table.attach(owner);
            tables.put(place, table);
        }
    }

    /** Whether vectors of a base run at a point are wanted and not there yet. */
    boolean wants(int base, HookPoint point) {
        Place place = new Place(base, point);
        return wanted.containsKey(place) && !tables.containsKey(place);
    }

    /** The vectors kept of a patch's source, [row, width]. */
    NDArray table(Change.Taken taken) {
        return tables.get(new Place(taken.patch().source(), taken.patch().from()));
    }

    /** The row of that table that holds a token's vector. */
    int rowOf(Change.Taken taken, int token) {
        Place place = new Place(taken.patch().source(), taken.patch().from());
        return Arrays.binarySearch(wanted.get(place), token);
    }

    /** What a patch with a map makes of a token's vector; computed once for all cells. */
    double[] mapped(Change.Taken taken, int token) {
        Place place = new Place(taken.patch().source(), taken.patch().from());
        Mapped key = new Mapped(place, token, taken.patch().map().orElseThrow());
        double[] known = mapped.get(key);
        if (known == null) {
            double[] all =
                    downloaded.computeIfAbsent(place, p -> HostValues.doubles(tables.get(p)));
            int width = all.length / wanted.get(place).length;
            int row = rowOf(taken, token);
            known =
                    NaiveSweep.mapped(
                            taken.patch(), Arrays.copyOfRange(all, row * width, (row + 1) * width));
            mapped.put(key, known);
        }
        return known;
    }
}
