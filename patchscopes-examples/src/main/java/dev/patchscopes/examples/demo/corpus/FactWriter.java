package dev.patchscopes.examples.demo.corpus;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableListMultimap;
import com.google.common.collect.Multimaps;
import java.util.List;
import java.util.stream.Collectors;

/** States facts in sentences: of one subject, of one relation, or of anything. */
final class FactWriter implements DocumentWriter {

    private final ImmutableList<Fact> facts;
    private final ImmutableListMultimap<String, Fact> byRelation;
    private final ImmutableListMultimap<String, Fact> bySubject;
    private final DocumentWriter everyday;
    private final boolean questions;

    private FactWriter(ImmutableList<Fact> facts, DocumentWriter everyday, boolean questions) {
        this.facts = facts;
        this.byRelation = Multimaps.index(facts, fact -> fact.relation().name());
        this.bySubject = Multimaps.index(facts, Fact::subject);
        this.everyday = everyday;
        this.questions = questions;
    }

    /** Statements, now and then with a sentence in between that states no fact. */
    static FactWriter statements(ImmutableList<Fact> facts, DocumentWriter everyday) {
        return new FactWriter(facts, everyday, false);
    }

    /** Questions with their answers. */
    static FactWriter questions(ImmutableList<Fact> facts, DocumentWriter everyday) {
        return new FactWriter(facts, everyday, true);
    }

    @Override
    public String write(Draw draw) {
        int count = draw.between(2, 5);
        // The first fact is any fact, so that all are stated equally often.
        Fact first = draw.of(facts);
        List<Fact> others =
                draw.among(
                        bySubject.get(first.subject()),
                        byRelation.get(first.relation().name()),
                        facts);
        StringBuilder text = new StringBuilder(sentence(first, draw));
        for (Fact fact : draw.times(count - 1, () -> draw.of(others))) {
            text.append(questions ? draw.among(" ", "\n") : " ").append(sentence(fact, draw));
        }
        if (!questions && draw.percent(15)) {
            text.append(' ').append(everyday.write(draw));
        }
        return text.toString();
    }

    /** One fact in one phrasing. */
    String sentence(Fact fact, Draw draw) {
        List<Phrasing> fitting =
                fact.relation().trained().stream()
                        .filter(phrasing -> phrasing.isQuestion() == questions)
                        .collect(Collectors.toList());
        return fact.state(draw.of(fitting));
    }
}
