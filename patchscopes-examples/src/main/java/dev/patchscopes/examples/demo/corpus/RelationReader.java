package dev.patchscopes.examples.demo.corpus;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableListMultimap;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Iterables;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Reads the relations and their phrasings.
 *
 * <p>Every relation has the phrasings that are its own and those that all share. Of the shared ones
 * each holds out a few, others for each relation: so what is held out is made of words and patterns
 * that occur elsewhere, and only the combination is new.
 */
final class RelationReader {

    /** The first phrasings of the file are trained for every relation, and for two hops. */
    static final int ALWAYS_TRAINED = 6;

    private static final ImmutableMap<String, String> KINDS =
            ImmutableMap.of(
                    "countries", "country",
                    "people", "person",
                    "companies", "company",
                    "animals", "animal",
                    "foods", "food",
                    "tools", "tool");

    private final ImmutableList<String> shared;

    RelationReader() {
        shared =
                ResourceLines.of("phrasings.txt").stream()
                        .map(line -> line.replace("\\n", "\n"))
                        .collect(ImmutableList.toImmutableList());
    }

    ImmutableList<Relation> read() {
        List<ImmutableListMultimap.Builder<String, String>> sections = new ArrayList<>();
        for (String line : ResourceLines.of("relations.txt")) {
            if (line.startsWith("[")) {
                sections.add(ImmutableListMultimap.builder());
                Iterables.getLast(sections).put("name", line.substring(1, line.length() - 1));
            } else {
                int colon = line.indexOf(": ");
                checkState(colon > 0, "relations.txt: no key in \"%s\"", line);
                Iterables.getLast(sections)
                        .put(line.substring(0, colon), line.substring(colon + 2));
            }
        }
        return IntStream.range(0, sections.size())
                .mapToObj(i -> relation(sections.get(i).build(), i))
                .collect(ImmutableList.toImmutableList());
    }

    private Relation relation(ImmutableListMultimap<String, String> section, int number) {
        String table = only(section, "table");
        String column = only(section, "column");
        boolean reverse = section.containsKey("reverse");
        String written = only(section, "written", "{o}");
        String phrase = only(section, "phrase");
        Set<Integer> without = heldOut(number);
        ImmutableList.Builder<Phrasing> trained = ImmutableList.builder();
        ImmutableList.Builder<Phrasing> heldOut = ImmutableList.builder();
        for (int i = 0; i < shared.size(); i++) {
            String template = shared.get(i).replace("{p}", phrase).replace("{o}", written);
            (without.contains(i) ? heldOut : trained).add(new Phrasing(template));
        }
        section.get("says")
                .forEach(text -> trained.add(new Phrasing(text.replace("{o}", written))));
        section.get("held")
                .forEach(text -> heldOut.add(new Phrasing(text.replace("{o}", written))));
        return new Relation(
                only(section, "name"),
                only(section, "subject", reverse ? column : KINDS.get(table)),
                only(section, "object", reverse ? KINDS.get(table) : column),
                phrase,
                trained.build(),
                heldOut.build(),
                new Relation.Source(table, column, reverse));
    }

    /** Two of the shared phrasings, far from each other, going round with the relations. */
    private Set<Integer> heldOut(int relation) {
        int candidates = shared.size() - ALWAYS_TRAINED;
        int first = relation * 5 % candidates;
        return Set.of(
                ALWAYS_TRAINED + first, ALWAYS_TRAINED + (first + candidates / 2) % candidates);
    }

    private static String only(ImmutableListMultimap<String, String> section, String key) {
        checkState(
                section.get(key).size() == 1,
                "relations.txt: %s has no %s, or several",
                section.get("name"),
                key);
        return section.get(key).get(0);
    }

    private static String only(
            ImmutableListMultimap<String, String> section, String key, String otherwise) {
        return section.containsKey(key) ? only(section, key) : otherwise;
    }
}
