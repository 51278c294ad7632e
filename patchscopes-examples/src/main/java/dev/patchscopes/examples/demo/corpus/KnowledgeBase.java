package dev.patchscopes.examples.demo.corpus;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Maps;
import dev.patchscopes.facts.Entity;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;

/**
 * All that the corpus states: entities, relations, facts, and questions that take two facts.
 *
 * @param seed chose which two-hop questions are held out
 * @param entities with their descriptions
 * @param relations with their phrasings
 * @param facts all of which the corpus states, one for each relation and subject
 * @param twoHop in the order of their facts
 */
public record KnowledgeBase(
        long seed,
        ImmutableList<Entity> entities,
        ImmutableList<Relation> relations,
        ImmutableList<Fact> facts,
        ImmutableList<TwoHopQuestion> twoHop) {

    /** One two-hop question in this many is held out. */
    private static final int HELD_OUT_ONE_IN = 4;

    /**
     * Reads the lists of facts.
     *
     * @param seed chooses which two-hop questions are held out; nothing else depends on it
     * @return the facts
     */
    public static KnowledgeBase load(long seed) {
        ImmutableList<Relation> relations = new RelationReader().read();
        ImmutableMap<String, Table> tables =
                Maps.toMap(
                        ImmutableSet.of(
                                "countries", "people", "companies", "animals", "foods", "tools"),
                        Table::load);
        ImmutableList<Fact> facts =
                relations.stream()
                        .flatMap(r -> facts(r, tables.get(r.source().table())))
                        .collect(ImmutableList.toImmutableList());
        return new KnowledgeBase(
                seed,
                new EntityReader(tables).read(),
                relations,
                facts,
                twoHop(facts, new Random(seed)));
    }

    private static Stream<Fact> facts(Relation relation, Table table) {
        String column = relation.source().column();
        return table.rows().stream()
                .filter(row -> row.containsKey(column))
                .map(
                        row ->
                                relation.source().reverse()
                                        ? new Fact(relation, row.get(column), row.get(Table.NAME))
                                        : new Fact(relation, row.get(Table.NAME), row.get(column)))
                .filter(
                        fact ->
                                !relation.source().reverse()
                                        || table.onlyNameWith(column, fact.subject()).isPresent());
    }

    private static ImmutableList<TwoHopQuestion> twoHop(ImmutableList<Fact> facts, Random random) {
        List<TwoHopQuestion> all = new ArrayList<>();
        for (Fact first : facts) {
            for (Fact second : facts) {
                if (second.subject().equals(first.object())
                        && second.relation().subject().equals(first.relation().object())
                        && !second.relation().isReverseOf(first.relation())) {
                    all.add(
                            new TwoHopQuestion(
                                    first, second, random.nextInt(HELD_OUT_ONE_IN) != 0));
                }
            }
        }
        return ImmutableList.copyOf(all);
    }

    /**
     * Returns the phrasings of a relation in which its phrase stands, and which no relation holds
     * out.
     *
     * @param relation one of the relations
     * @return those that ask for the answer to two hops
     */
    public static ImmutableList<Phrasing> phrasingsForTwoHops(Relation relation) {
        return relation.trained().subList(0, RelationReader.ALWAYS_TRAINED);
    }

    /**
     * Finds a fact.
     *
     * @param relation name of the relation
     * @param subject the subject
     * @return the fact, if there is one
     */
    public Optional<Fact> fact(String relation, String subject) {
        return facts.stream()
                .filter(f -> f.relation().name().equals(relation) && f.subject().equals(subject))
                .findFirst();
    }

    /** {@return how much there is of everything} */
    @Override
    public String toString() {
        return "KnowledgeBase[%d entities, %d relations, %d facts, %d two-hop questions, %d of them held out]"
                .formatted(
                        entities.size(),
                        relations.size(),
                        facts.size(),
                        twoHop.size(),
                        twoHop.stream().filter(question -> !question.trained()).count());
    }
}
