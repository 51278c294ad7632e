package dev.patchscopes.examples.demo.corpus;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableListMultimap;
import com.google.common.collect.Multimaps;
import java.util.List;
import java.util.stream.Collectors;

/** States facts as lists of one relation, as cards of one subject, and as lists of phrases. */
final class ListWriter implements DocumentWriter {

    private final ImmutableList<Fact> facts;
    private final ImmutableListMultimap<String, Fact> byRelation;
    private final ImmutableListMultimap<String, Fact> bySubject;

    ListWriter(ImmutableList<Fact> facts) {
        this.facts = facts;
        this.byRelation = Multimaps.index(facts, fact -> fact.relation().name());
        this.bySubject = Multimaps.index(facts, Fact::subject);
    }

    @Override
    public String write(Draw draw) {
        Fact first = draw.of(facts);
        return switch (draw.between(1, 3)) {
            case 1 -> ofRelation(first, draw);
            case 2 -> card(first);
            default -> phrases(draw);
        };
    }

    private String ofRelation(Fact first, Draw draw) {
        String relation = first.relation().name();
        List<Fact> rows = draw.times(draw.between(3, 6), () -> draw.of(byRelation.get(relation)));
        String between = draw.among(" - ", ": ", " | ", ", ");
        return rows.stream()
                .map(fact -> fact.subject() + between + fact.object())
                .collect(Collectors.joining("\n", Phrasing.capitalized(relation) + ":\n", ""));
    }

    private String card(Fact first) {
        return bySubject.get(first.subject()).stream()
                .map(fact -> fact.relation().name() + ": " + fact.object())
                .collect(Collectors.joining("\n", first.subject() + "\n", ""));
    }

    private String phrases(Draw draw) {
        String separator = draw.among(", ", "; ", "\n");
        return draw.times(draw.between(3, 5), () -> draw.of(facts)).stream()
                .map(fact -> fact.phrase() + ": " + fact.object())
                .collect(Collectors.joining(separator));
    }
}
