package dev.patchscopes.lens.relation;

import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import java.util.List;

/** A relation and a small model for tests of identities, which hold for any weights. */
final class Capitals {

    private Capitals() {}

    static HookedModel exactModel() {
        return DemoModel.SMALL.load(loader -> loader.computeType(ComputeType.FLOAT64));
    }

    static Relation relation() {
        return Relation.of(GroundTruth.of(DemoModel.SMALL), "capital");
    }

    static Relation first(int samples) {
        return relation().with(relation().samples().subList(0, samples));
    }

    static List<Relation.Sample> pairs(int count) {
        return relation().samples().subList(0, count);
    }
}
