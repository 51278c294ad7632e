package dev.patchscopes.model.internal;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the base runs that a batch of cells needs take, and the vectors kept of them. */
final class BatchMemory {
    private final SweepMemory memory;
    private final List<BasePlan> bases;
    private final Map<Integer, Integer> rows = new HashMap<>(); // by base run
    private final Set<PatchVectors.Vector> vectors = new HashSet<>();
    private long ofBases;
    private long ofVectors;

    BatchMemory(SweepMemory memory, List<BasePlan> bases) {
        this.memory = memory;
        this.bases = bases;
    }

    /** Adds base runs with the number of tokens that is computed of each. */
    void addBases(Map<Integer, Integer> needed) {
        if (!rows.keySet().containsAll(needed.keySet())) {
            rows.putAll(needed);
            ofBases = memory.bases(rows, bases);
        }
    }

    /** Adds the vectors that a cell's patches take. */
    void addVectors(CellPlan cell) {
        for (PatchVectors.Vector vector : PatchVectors.vectors(cell)) {
            if (vectors.add(vector)) {
                ofVectors += memory.vector(vector);
            }
        }
    }

    long bytes() {
        return ofBases + ofVectors;
    }
}
