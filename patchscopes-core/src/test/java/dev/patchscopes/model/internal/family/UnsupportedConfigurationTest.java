package dev.patchscopes.model.internal.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.patchscopes.model.UnsupportedModelException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnsupportedConfigurationTest {

    @Test
    void anUnknownTypeIsNamedWithTheNearestAndAllKnownOnes() {
        assertThatThrownBy(() -> GoldenModels.parsed("{'model_type': 'qwen2_moe'}"))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("\"qwen2_moe\"")
                .hasMessageContaining("did you mean \"qwen2\"?")
                .hasMessageContaining(String.join(", ", Families.modelTypes()));
    }

    /** What the file says beside its model_type, and what the message must hold. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "llama | 'hidden_act': 'mish' | hidden_act = \"mish\" | silu",
                "gpt2 | 'activation_function': 'tanh' | activation_function = \"tanh\" | gelu_new",
                "llama | 'rope_scaling': {'rope_type': 'mrope'} | rope_type = \"mrope\" | longrope",
                "llama | 'rope_scaling': {'type': 'linear'} | factor = nothing | needs",
                "llama | 'rope_scaling': {'type': 'linear', 'factor': -2} | factor = -2.0 | above"
                        + " 0",
                "llama | 'num_attention_heads': 5 | num_attention_heads = 5 | 4096",
                "llama | 'num_key_value_heads': 5 | num_key_value_heads = 5 | 32",
                "llama | 'num_hidden_layers': 0 | num_hidden_layers = 0 | 1..",
                "llama | 'hidden_size': -64 | hidden_size = -64 | 1..",
                "llama | 'vocab_size': 2000000000 | vocab_size = 2000000000 | 1..",
                "llama | 'num_hidden_layers': 1000000 | num_hidden_layers = 1000000 | 1..",
                "llama | 'num_attention_heads': 2048, 'head_dim': 16384 | 16384 | at most",
                "llama | 'rms_norm_eps': 0 | rms_norm_eps = 0.0 | above 0",
                "llama | 'rope_theta': 0.5 | rope_theta = 0.5 | exceed 1",
                "llama | 'head_dim': 7 | = 7 | even",
                "phi | 'partial_rotary_factor': 0.01 | = 0 | even and in 2..64",
                "gptj | 'rotary_dim': 300 | = 300 | 2..256",
                "gptj | 'rotary_dim': 63 | = 63 | even",
                "qwen2 | 'layer_types': ['full_attention'] | a list of 1 | 32 blocks",
                "gemma2 | 'sliding_window': null | sliding_window = null | window",
                "gemma2 | 'use_bidirectional_attention': true | = true | causal",
                "opt | 'layer_norm_elementwise_affine': false | = false | weights",
                "falcon | 'num_ln_in_parallel_attn': 2 | = 2 | new_decoder_architecture",
                "gpt_neo | 'num_layers': 3 | attention_types | 3 blocks",
                "gpt_neo | 'attention_layers': ['far'] , 'num_layers': 1 | [far] | global",
            })
    void impossibleOrUnknownValuesAreNamed(
            String type, String members, String found, String allowed) {
        assertThatThrownBy(
                        () ->
                                GoldenModels.parsed(
                                        "{'model_type': '" + type + "', " + members + "}"))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining(found)
                .hasMessageContaining(allowed);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'short_factor': [1], 'long_factor': [1, 1] | short_factor = a list of 1",
                "'short_factor': [1, 1], 'long_factor': [1, 1, 1] | long_factor = a list of 3",
                "'short_factor': [1, 0], 'long_factor': [1, 1] | short_factor = 0.0",
            })
    void longRopeNeedsADivisorForEachPair(String lists, String found) {
        assertThatThrownBy(
                        () ->
                                GoldenModels.parsed(
                                        "{'model_type': 'phi3', 'hidden_size': 8,"
                                                + " 'num_attention_heads': 2, 'rope_scaling':"
                                                + " {'type': 'longrope', "
                                                + lists
                                                + "}}"))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining(found);
    }

    @Test
    void messagesShowNoControlCharactersOfTheFile() {
        assertThatThrownBy(
                        () ->
                                GoldenModels.parsed(
                                        "{'model_type': '\\u001b[2J" + "x".repeat(5000) + "'}"))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("\"\ufffd[2Jx")
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(2100));
    }
}
