package dev.patchscopes.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RegexEffortTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\\d|[a-z]+",
                " {2,}",
                "[0-9][0-9][0-9]",
                " ?[^(\\s|[.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c])]+",
                // As byte-level tokenizers of several years have them.
                "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
                "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
                        + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
                "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*"
                        + "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re)?|\\p{N}{1,3}",
                "[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}+| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*",
                "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[\u4e00-\u9fa5]+",
                "[\\p{L}&&[^\\p{Han}]]+|[[:alpha:]_]+|\\x{1F600}+|\\p{^L}",
                "(?<=\\d)(?=(\\d\\d\\d)$)|(?<!a)b|(?>c)|(?i)d|(?<name>e)f",
                "a{,3}b{2}c{x}{",
                // Digits in threes from the right.
                "(?=(\\d{3})+(?!\\d))",
                "\\p{N}{1,3}(?=(?:\\p{N}{3})*\\b)",
                // As those of the newest vocabularies have them, whole.
                "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*"
                        + "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
                        + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+"
                        + "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
                        + "|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+"
                        + "|\\s+(?!\\S)|\\s+",
                "(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z"
            })
    void whatTokenizersUseIsAccepted(String regex) {
        assertThat(RegexEffort.problem(regex)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(a+)+b",
                "(a*)*",
                "(?:a|aa)+b",
                "(a?){50}b",
                "(?:(?:a+)){9}",
                "((a+))+",
                "(a{1,3})+",
                "a{1,3}+b",
                "(a{1,3}+)b",
                "a{2,}{3,}b",
                "((?i:a|b))*c",
                "(a?)*",
                "(?=a*b)+",
                "a{2}+{9}b"
            })
    void repetitionOfWhatCanMatchInSeveralWaysIsRefused(String regex) {
        assertThat(RegexEffort.problem(regex))
                .hasValueSatisfying(problem -> assertThat(problem).contains("several ways"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a*a*a*b",
                "a+(b*c|d)e{3,}f+",
                "(?:a*)(?:a*)a*",
                "(?=a*a*)a*",
                "x|a*?a+?a{9}",
                "(?:a+){3}b",
                "(?:a+){1,8}b"
            })
    void manyRepetitionsInARowAreRefused(String regex) {
        assertThat(RegexEffort.problem(regex))
                .hasValueSatisfying(problem -> assertThat(problem).contains("in a row"));
    }

    @Test
    void manyChoicesInARowAreRefused() {
        for (String choice : new String[] {"a?", "(?:a|aa)", "a{1,2}", "(?:aa??){1}"}) {
            assertThat(RegexEffort.problem(choice.repeat(18) + "b")).as(choice).isEmpty();
            assertThat(RegexEffort.problem(choice.repeat(20) + "b"))
                    .as(choice)
                    .hasValue("can match in too many ways");
        }
        assertThat(RegexEffort.problem("(?:(?:a|aa){8}){3}b")).isPresent();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(a)\\1",
                "(?<x>a)\\k<x>",
                "(?<x>a\\g<x>?)",
                "(a",
                "a)",
                "[a",
                "[]a]",
                "[^]a]",
                "a\\",
                "(?x)a # b",
                "(?#note)a",
                "\\c[(a+)+]",
                "\\M-a",
                "(?~a)",
                "[[[a]]"
            })
    void whatCannotBeJudgedIsRefused(String regex) {
        assertThat(RegexEffort.problem(regex)).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"(", "["})
    void nestingHasAnEnd(String open) {
        assertThat(RegexEffort.problem(open.repeat(4000))).isNotEmpty();
        assertThat(RegexEffort.problem(open.repeat(5000)))
                .hasValue("is longer than 4096 characters");
    }
}
