package dev.patchscopes.examples.demo.corpus;

import com.google.common.collect.ImmutableList;

/** Asks the two-hop questions that are trained, sometimes with one of their facts before them. */
final class TwoHopWriter implements DocumentWriter {

    private final ImmutableList<TwoHopQuestion> questions;

    TwoHopWriter(ImmutableList<TwoHopQuestion> all) {
        this.questions =
                all.stream()
                        .filter(TwoHopQuestion::trained)
                        .collect(ImmutableList.toImmutableList());
    }

    @Override
    public String write(Draw draw) {
        return String.join(" ", draw.times(draw.between(1, 3), () -> one(draw)));
    }

    private String one(Draw draw) {
        TwoHopQuestion question = draw.of(questions);
        Phrasing asked = draw.of(KnowledgeBase.phrasingsForTwoHops(question.second().relation()));
        String answer = question.state(asked);
        if (draw.percent(20)) {
            Fact hop = draw.among(question.first(), question.second());
            return hop.state(KnowledgeBase.phrasingsForTwoHops(hop.relation()).get(0))
                    + " "
                    + answer;
        }
        return answer;
    }
}
