package dev.patchscopes.measure;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.facts.Relation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScoringTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            ignoreLeadingAndTrailingWhitespace = true,
            textBlock =
                    """
                    Paris          | ' is Paris.'               | true  | true
                    Paris          | 'Paris'                    | true  | true
                    Paris          | ' is Parisian'             | false | true
                    Paris          | ' is Parisian, or Paris?'  | true  | true
                    Paris          | ' in ComParis'             | false | true
                    Paris          | ' Paris2'                  | false | true
                    Paris          | ' "Paris"'                 | true  | true
                    Paris          | ' P aris'                  | false | true
                    Paris          | ' PARIS'                   | true  | false
                    Dollar         | ' the dollar of'           | true  | false
                    red            | ' are delicious'           | false | true
                    fish           | ' Goldfish'                | false | true
                    New York       | ' New York City'           | true  | true
                    New York       | ' NewYork'                 | false | true
                    New York       | ' New  York'               | true  | true
                    New York       | ' New\u00a0York'           | true  | false
                    New York       | ' York New'                | false | false
                    Brasília       | ' is Brasília.'            | true  | true
                    Brasília       | ' is Brasi\u0301lia.'      | true  | false
                    Brasília       | ' is Brasilia.'            | false | false
                    Brasi          | ' is Brasi\u0301lia.'      | false | true
                    Bras           | ' is Brasília.'            | false | true
                    C++            | ' written in C++.'         | true  | true
                    C++            | ' written in C++11'        | true  | true
                    .com           | ' Amazon.com'              | true  | true
                    Łódź           | ' in ŁÓDŹ.'                | true  | false
                    1924           | ' in 1924,'                | true  | true
                    1924           | ' in 19245'                | false | true
                    Paris          | ''                         | false | false
                    """)
    void findsObjects(String object, String text, boolean strict, boolean paper) {
        Relation.Sample fact = Relation.Sample.of("it", object);
        String read = text.replace("\\u00a0", "\u00a0").replace("\\u0301", "\u0301");

        assertThat(Scoring.STRICT.finds(read, fact)).as("strict").isEqualTo(strict);
        assertThat(Scoring.PAPER.finds(read, fact)).as("paper").isEqualTo(paper);
    }

    @Test
    void takesAliasesStrictlyOnly() {
        Relation.Sample fact =
                new Relation.Sample(
                        "Switzerland", "German", ImmutableList.of("Swiss German", "French"));

        assertThat(Scoring.STRICT.finds(" is French", fact)).isTrue();
        assertThat(Scoring.PAPER.finds(" is French", fact)).isFalse();
        assertThat(Scoring.STRICT.finds(" is Frenchified", fact)).isFalse();
    }
}
