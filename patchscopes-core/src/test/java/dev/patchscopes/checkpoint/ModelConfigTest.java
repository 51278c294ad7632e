package dev.patchscopes.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelConfigTest {

    private static final ModelConfig CONFIG =
            ModelConfig.parse(
                    "config.json",
                    """
                    {"model_type": "llama", "hidden_size": 48, "whole": 64.0, "eps": 1e-05,
                     "half": 0.5, "huge": 3000000000, "tied": false, "nothing": null,
                     "layers": ["full", "sliding"], "factors": [1, 2.5], "eos": [1, 2], "bos": 7,
                     "scaling": {"type": "yarn", "inner": {"deep": 3}},
                     "mixed": [[["global", "local"], 12], null, {"a": true}, 1.5]}
                    """);

    @Test
    void givesValuesByType() {
        assertThat(CONFIG.modelType()).isEqualTo("llama");
        assertThat(CONFIG.integer("hidden_size")).isEqualTo(48);
        assertThat(CONFIG.integer("whole")).isEqualTo(64);
        assertThat(CONFIG.integer("absent", 3)).isEqualTo(3);
        assertThat(CONFIG.number("eps")).isEqualTo(1e-5);
        assertThat(CONFIG.number("hidden_size")).isEqualTo(48.0);
        assertThat(CONFIG.number("huge")).isEqualTo(3e9);
        assertThat(CONFIG.number("nothing", 0.25)).isEqualTo(0.25);
        assertThat(CONFIG.bool("tied")).isFalse();
        assertThat(CONFIG.bool("nothing", true)).isTrue();
        assertThat(CONFIG.string("nothing", "x")).isEqualTo("x");
        assertThat(CONFIG.strings("layers")).containsExactly("full", "sliding");
        assertThat(CONFIG.strings("nothing")).isEmpty();
        assertThat(CONFIG.numbers("factors")).isEqualTo(ImmutableDoubleArray.of(1, 2.5));
        assertThat(CONFIG.integers("eos")).isEqualTo(ImmutableIntArray.of(1, 2));
        assertThat(CONFIG.integers("bos")).isEqualTo(ImmutableIntArray.of(7));
        assertThat(CONFIG.object("nothing")).isEmpty();
        assertThat(CONFIG.object("scaling").orElseThrow().string("type")).isEqualTo("yarn");
    }

    @Test
    void nullCountsAsAbsentButIsMentioned() {
        assertThat(CONFIG.has("nothing")).isFalse();
        assertThat(CONFIG.mentions("nothing")).isTrue();
        assertThat(CONFIG.mentions("absent")).isFalse();
        assertThat(CONFIG.has("tied")).isTrue();
        assertThat(CONFIG.keys()).contains("tied").doesNotContain("nothing");
    }

    @Test
    void listsOfAnythingKeepTheirStructure() {
        ImmutableList<Object> mixed = CONFIG.list("mixed");
        assertThat(mixed).hasSize(4);
        assertThat(mixed.get(0))
                .isEqualTo(ImmutableList.of(ImmutableList.of("global", "local"), 12L));
        assertThat(mixed.get(1)).isEqualTo(Optional.empty());
        assertThat(((ModelConfig) mixed.get(2)).bool("a")).isTrue();
        assertThat(mixed.get(3)).isEqualTo(1.5);
    }

    @Test
    void errorsNameFileKeyValueAndWhatWasExpected() {
        assertThatThrownBy(() -> CONFIG.integer("hiden_size"))
                .isInstanceOf(ConfigException.class)
                .hasMessage(
                        "config.json: 'hiden_size' is missing; expected an integer. The nearest key"
                                + " is 'hidden_size'");
        assertThatThrownBy(() -> CONFIG.integer("half"))
                .hasMessage("config.json: 'half' is 0.5; expected an integer");
        assertThatThrownBy(() -> CONFIG.integer("huge", 1))
                .hasMessage("config.json: 'huge' is 3000000000; expected an integer");
        assertThatThrownBy(() -> CONFIG.bool("model_type", true))
                .hasMessage("config.json: 'model_type' is \"llama\"; expected true or false");
        assertThatThrownBy(() -> CONFIG.strings("factors"))
                .hasMessage("config.json: 'factors' is [1,2.5]; expected a list of strings");
        assertThatThrownBy(() -> CONFIG.object("layers"))
                .hasMessage("config.json: 'layers' is [\"full\",\"sliding\"]; expected an object");
        ModelConfig inner = CONFIG.object("scaling").orElseThrow().object("inner").orElseThrow();
        assertThatThrownBy(() -> inner.string("deep"))
                .hasMessage("config.json: 'scaling.inner.deep' is 3; expected a string");
    }

    @Test
    void malformedFilesAreRefusedWithTheLine(@TempDir Path directory) throws IOException {
        Path path = Files.writeString(directory.resolve("config.json"), "{\n \"a\": 1,\n \"b\" 2}");
        assertThatThrownBy(() -> ModelConfig.read(path))
                .isInstanceOf(CorruptCheckpointException.class)
                .hasMessage(path + ": malformed JSON at line 3, column 7");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "3",
                "[]",
                "null",
                "{",
                "{\"a\":1",
                "{\"a\":1}x",
                "{\"a\":1,}",
                "{a:1}",
                "{\"a\":NaN}",
                "{\"a\":1,\"a\":2}",
                "{\"a\":{\"b\":1,\"b\":null}}",
                "{\"a\":tru}",
                "{\"a\":01}",
                "// comment\n{}"
            })
    void refusesWhatIsNotOneStrictObject(String json) {
        assertThatThrownBy(() -> ModelConfig.parse("config.json", json))
                .isInstanceOf(CorruptCheckpointException.class)
                .hasMessageStartingWith("config.json: ");
    }
}
