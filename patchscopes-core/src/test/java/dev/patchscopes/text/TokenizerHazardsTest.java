package dev.patchscopes.text;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What would end the process, refused without the native library. */
class TokenizerHazardsTest {

    private static final String MODEL = "'vocab': {'a': 0, '##b': 1}";
    private static final String TOKEN = "'added_tokens': [{'id': 0, 'content': '%s'%s}]";

    /** Checks a tokenizer of these sections, single quotes for double ones. */
    private static void check(String sections) {
        String json = "{" + sections.replace('\'', '"') + "}";
        TokenizerHazards.refuse("the file", TokenizerJson.parse("the file", json));
    }

    private static void checkSections(String sections) {
        check("'model': {" + MODEL + "}, " + sections);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '|',
            value = {
                "normalizer | {'type': 'Precompiled'} | precompiled_charsmap",
                "normalizer | {'precompiled_charsmap': 'AAAA'} | precompiled_charsmap",
                "normalizer | {'normalizers': [{'pattern': {'Regex': '(a+)+'}}]} | several ways",
                "pre_tokenizer | {'pattern': {'Regex': 'a*a*a*b'}} | in a row",
                "pre_tokenizer | {'type': 'FixedLength', 'length': 0} | length of 0",
                "pre_tokenizer | {'type': 'FixedLength'} | length of null",
                "decoder | {'decoders': [{'type': 'Strip', 'stop': 1}]} | stop = 1",
                "decoder | {'pattern': {'Regex': '(a)\\\\1'}} | refers back",
                "decoder | {'a': ['\\ud800']} | half a character",
                "decoder | {'\\udc00': 1} | half a character",
                "decoder | {'a': [1e400]} | out of range",
                "post_processor | {'x': {'ids': [1, 2], 'tokens': ['a']}} | other numbers",
                "post_processor | {'pair': [{'SpecialToken': {'id': 'a'}}]} | describing",
                "post_processor | {'single': [{'SpecialToken': {'id': 'a'}}], 'special_tokens':"
                        + " {'a': {'id': 'b'}}} | special token",
                "post_processor | {'sep': ['a', 4294967295]} | id 4294967295",
                "post_processor | {'sep': ['a', -1]} | id -1"
            })
    void eachIsNamed(String section, String json, String said) {
        assertThatThrownBy(() -> checkSections("'" + section + "': " + json))
                .isInstanceOf(TokenizerFormatException.class)
                .hasMessageContaining("the file cannot be used safely: its " + section)
                .hasMessageContaining(said);
    }

    @Test
    void nestingHasAnEnd() {
        String deep = "[".repeat(110) + "]".repeat(110);
        assertThatThrownBy(() -> checkSections("'decoder': " + deep))
                .isInstanceOf(TokenizerFormatException.class)
                .hasMessageContaining("the file is not a readable tokenizer file");
    }

    @ParameterizedTest
    @ValueSource(strings = {"'a b'", "['a', 'b']", "'a \u00e9\u00e9'"})
    void mergesMustHaveThePrefix(String merge) {
        String model = "'model': {%s, 'merges': [['a', '##b'], 'a ##b', %s]%s}";
        assertThatThrownBy(
                        () ->
                                check(
                                        model.formatted(
                                                MODEL,
                                                merge,
                                                ", 'continuing_subword_prefix': '###'")))
                .hasMessageContaining("too short for the continuing_subword_prefix");
        assertThatCode(() -> check(model.formatted(MODEL, merge, ""))).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '|',
            value = {
                "a | {'pattern': {'String': 'a'}, 'content': ''}",
                "aa | {'type': 'Sequence', 'normalizers': [{'pattern': {'Regex': '[a-b]+'},"
                        + " 'content': ''}]}",
                "\u0301 | {'type': 'StripAccents'}",
                "\u2017 | {'normalizers': [{'type': 'NFKD'}, {'type': 'StripAccents'}, {'type':"
                        + " 'Strip', 'strip_left': true}]}",
                "` ` | {'type': 'Strip', 'strip_left': true}"
            })
    void aTokenMustSurviveItsNormalizer(String content, String normalizer) {
        String sections = TOKEN + ", 'normalizer': " + normalizer;
        assertThatThrownBy(() -> checkSections(sections.formatted(content, "")))
                .hasMessageContaining("may leave nothing");
        checkSections(sections.formatted(content, ", 'normalized': false"));
        checkSections(sections.formatted(content + "c", ""));
        checkSections(sections.formatted(content + "\u4f60", ""));
        checkSections(sections.formatted(content + "\ud83d\ude00", ""));
    }
}
