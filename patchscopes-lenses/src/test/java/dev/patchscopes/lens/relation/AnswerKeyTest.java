package dev.patchscopes.lens.relation;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.TokenizedPrompt;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AnswerKeyTest {
    private HookedModel model;
    private TokenizedPrompt prompt;

    @BeforeAll
    void load() {
        model = HookedModel.demoSmall();
        prompt = model.tokenize("The home of Microsoft is");
    }

    @AfterAll
    void close() {
        model.close();
    }

    /** The last token of the prompt with a text after it. */
    private int tokenAfter(String text) {
        TokenizedPrompt longer = model.tokenize(prompt.text() + text);
        assertThat(longer.length()).isEqualTo(prompt.length() + 1);
        return longer.ids().get(prompt.length());
    }

    private AnswerKey key(String... answers) {
        return AnswerKey.of(model, prompt, ImmutableSet.copyOf(answers));
    }

    @Test
    void thePrefixRuleTakesAnyBeginningInAnyCase() {
        AnswerKey key = key("the United States");
        assertThat(key.accepts(AnswerRule.PREFIX, tokenAfter(" the"))).isTrue();
        assertThat(key.accepts(AnswerRule.PREFIX, tokenAfter(" The"))).isTrue();
        assertThat(key.accepts(AnswerRule.PREFIX, tokenAfter(" France"))).isFalse();
        assertThat(key.accepts(AnswerRule.PREFIX, tokenAfter("\n"))).isFalse();
    }

    @Test
    void theFirstTokenRuleTakesThatTokenAlone() {
        AnswerKey key = key("the United States");
        assertThat(key.accepts(AnswerRule.FIRST_TOKEN, tokenAfter(" the"))).isTrue();
        assertThat(key.accepts(AnswerRule.FIRST_TOKEN, tokenAfter(" The"))).isFalse();
        assertThat(key.token()).isEqualTo(tokenAfter(" the"));
    }

    @Test
    void aliasesAreAnswersToo() {
        AnswerKey key =
                AnswerKey.of(
                        model,
                        prompt,
                        new Relation.Sample("Microsoft", "America", ImmutableList.of("the USA")));
        assertThat(key.accepts(AnswerRule.PREFIX, tokenAfter(" the"))).isTrue();
        assertThat(key.accepts(AnswerRule.FIRST_TOKEN, tokenAfter(" the"))).isTrue();
        assertThat(key.token()).isNotEqualTo(tokenAfter(" the"));
    }

    @Test
    void placesAreThoseOfTheFirstRightToken() {
        var next = model.run(prompt).execute().next();
        var top = next.top(AnswerKey.DEPTH);
        String second = model.tokenizer().decode(ImmutableIntArray.of(top.get(1).id())).strip();
        AnswerKey.Scored scored = key(second).score(next);
        assertThat(scored.prefixPlace()).isBetween(1, 2);
        assertThat(scored.firstTokenPlace()).isEqualTo(2);
        assertThat(scored.logProbability()).isEqualTo(next.logProbability(top.get(1).id()));
        assertThat(key("Zanzibar").score(next).firstTokenPlace()).isZero();
    }
}
