package dev.patchscopes.lens.relation;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.facts.Relation;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Samples of a relation in an order that only their number and a seed decide.
 *
 * @param name of the relation
 * @param samples in that order
 */
record Shuffled(String name, ImmutableList<Relation.Sample> samples) {

    static Shuffled of(Relation data, long seed) {
        List<Relation.Sample> all = new ArrayList<>(data.samples());
        Collections.shuffle(all, new Random(seed));
        return new Shuffled(data.name(), ImmutableList.copyOf(all));
    }

    ImmutableList<Relation.Sample> first(int count) {
        checkArgument(
                count <= samples.size(),
                "%s examples cannot be drawn from the %s subjects of \"%s\"",
                count,
                samples.size(),
                name);
        return samples.subList(0, count);
    }
}
