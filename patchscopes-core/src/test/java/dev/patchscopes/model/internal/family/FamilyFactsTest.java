package dev.patchscopes.model.internal.family;

import static dev.patchscopes.model.internal.family.GoldenModels.architecture;
import static dev.patchscopes.model.internal.family.GoldenModels.parsed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.internal.Architecture;
import dev.patchscopes.model.internal.ArchitectureSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.Activation;
import dev.patchscopes.model.internal.ArchitectureSpec.BlockLayout;
import dev.patchscopes.model.internal.ArchitectureSpec.InputNorms;
import dev.patchscopes.model.internal.ArchitectureSpec.NormKind;
import dev.patchscopes.model.internal.ArchitectureSpec.PositionSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.QkNorm;
import dev.patchscopes.model.internal.ArchitectureSpec.RotaryScaling;
import dev.patchscopes.model.internal.ArchitectureSpec.RotaryVariant;
import dev.patchscopes.model.internal.WeightMap;
import dev.patchscopes.model.internal.WeightMap.Part;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FamilyFactsTest {

    /** A file may leave out whatever equals the family's default. */
    @ParameterizedTest
    @CsvSource({
        "bloom, 2, 64, 250880, 2048, 8, 8, 8, 256, true",
        "falcon, 32, 4544, 65024, 2048, 71, 1, 64, 18176, true",
        "gemma, 28, 3072, 256000, 8192, 16, 16, 256, 24576, true",
        "gemma2, 26, 2304, 256000, 8192, 8, 4, 256, 9216, true",
        "gemma3_text, 26, 2304, 262208, 131072, 8, 4, 256, 9216, true",
        "gpt2, 12, 768, 50257, 1024, 12, 12, 64, 3072, true",
        "gpt_neo, 24, 2048, 50257, 2048, 16, 16, 128, 8192, true",
        "gpt_neox, 44, 6144, 50432, 2048, 64, 64, 96, 24576, false",
        "gptj, 28, 4096, 50400, 2048, 16, 16, 256, 16384, false",
        "llama, 32, 4096, 32000, 2048, 32, 32, 128, 11008, false",
        "mistral, 32, 4096, 32000, 131072, 32, 8, 128, 14336, false",
        "olmo2, 32, 4096, 50304, 2048, 32, 32, 128, 11008, false",
        "opt, 12, 768, 50272, 2048, 12, 12, 64, 3072, true",
        "phi, 24, 2048, 51200, 2048, 32, 32, 64, 8192, false",
        "phi3, 32, 3072, 32064, 4096, 32, 32, 96, 8192, false",
        "qwen2, 32, 4096, 151936, 32768, 32, 32, 128, 22016, false",
        "qwen3, 32, 4096, 151936, 32768, 32, 32, 128, 22016, false",
        "stablelm, 32, 2560, 50304, 4096, 32, 32, 80, 6912, false"
    })
    void aFileThatOnlyNamesItsTypeGetsTheDefaults(
            String type,
            int layers,
            int width,
            int vocabulary,
            int context,
            int heads,
            int keyValueHeads,
            int headWidth,
            int mlp,
            boolean tied) {
        Architecture architecture = parsed("{'model_type': '" + type + "'}");
        ArchitectureSpec spec = architecture.spec();
        assertThat(spec.modelType()).isEqualTo(type);
        assertThat(spec.layers()).isEqualTo(layers);
        assertThat(spec.width()).isEqualTo(width);
        assertThat(spec.vocabulary()).isEqualTo(vocabulary);
        assertThat(spec.contextLength()).isEqualTo(context);
        assertThat(spec.attention().heads()).isEqualTo(heads);
        assertThat(spec.attention().keyValueHeads()).isEqualTo(keyValueHeads);
        assertThat(spec.attention().headWidth()).isEqualTo(headWidth);
        assertThat(spec.mlp().width()).isEqualTo(mlp);
        assertThat(architecture.weights().tied()).isEqualTo(tied);
        assertThat(spec.attention().scales()).hasSize(layers);
        assertThat(spec.attention().windows()).hasSize(layers);
        assertThat(architecture.weights().blocks()).hasSize(layers);
        assertThat(
                        parsed(
                                        "{'model_type': '"
                                                + type
                                                + "', 'tie_word_embeddings': "
                                                + !tied
                                                + "}")
                                .weights()
                                .tied())
                .isEqualTo(!tied);
    }

    @Test
    void gpt2() {
        ArchitectureSpec plain = architecture("gpt2").spec();
        assertThat(plain.positions()).isEqualTo(new PositionSpec.Learned(0));
        assertThat(plain.mlp().activation()).isEqualTo(Activation.GELU_TANH);
        assertThat(plain.attention().scales()).containsOnly(1 / Math.sqrt(12));
        ArchitectureSpec variant = architecture("gpt2_variant").spec();
        assertThat(variant.mlp().activation()).isEqualTo(Activation.GELU);
        assertThat(variant.mlp().width()).isEqualTo(100);
        assertThat(variant.norm().epsilon()).isEqualTo(1e-4);
        double scale = 1 / Math.sqrt(12);
        assertThat(variant.attention().scales())
                .containsExactly(scale, scale / 2, scale / 3, scale / 4);
        assertThat(
                        parsed("{'model_type': 'gpt2', 'scale_attn_weights': false}")
                                .spec()
                                .attention()
                                .scales())
                .containsOnly(1.0);
    }

    @Test
    void gpt2StoresWeightsInOut() {
        WeightMap.Block block = architecture("gpt2").weights().blocks().get(1);
        assertThat(block.queryKeyValue().weight().parts())
                .containsExactly(Part.transposed("h.1.attn.c_attn.weight"));
        assertThat(block.mlpOut().bias().orElseThrow().parts())
                .containsExactly(Part.of("h.1.mlp.c_proj.bias"));
    }

    @Test
    void gptNeoAlternatesWindowsAndDoesNotScale() {
        ArchitectureSpec spec = architecture("gpt_neo").spec();
        assertThat(spec.attention().windows()).containsExactly(0, 8, 0, 8);
        assertThat(spec.attention().scales()).containsOnly(1.0);
    }

    @Test
    void gptJRotatesNeighboursOfSomeDimensions() {
        ArchitectureSpec spec = architecture("gptj").spec();
        PositionSpec.Rotary rotary = spec.rotary().orElseThrow();
        assertThat(rotary.dims()).isEqualTo(8);
        assertThat(rotary.interleaved()).isTrue();
        assertThat(spec.layout()).isEqualTo(BlockLayout.parallel(InputNorms.SHARED));
        assertThat(architecture("gptj").weights().unembedding().bias()).isPresent();
    }

    @Test
    void gptNeoX() {
        ArchitectureSpec parallel = architecture("gpt_neox_parallel").spec();
        assertThat(parallel.layout()).isEqualTo(BlockLayout.parallel(InputNorms.SEPARATE));
        assertThat(parallel.mlp().activation()).isEqualTo(Activation.GELU);
        assertThat(parallel.rotary().orElseThrow().dims()).isEqualTo(4);
        ArchitectureSpec sequential = architecture("gpt_neox_sequential").spec();
        assertThat(sequential.layout()).isEqualTo(BlockLayout.sequential());
        assertThat(sequential.mlp().activation()).isEqualTo(Activation.GELU_FAST);
        assertThat(sequential.rotary().orElseThrow().dims()).isEqualTo(6);
        assertThat(sequential.rotary().orElseThrow().variants())
                .containsExactly(new RotaryVariant(5000, new RotaryScaling.None()));
    }

    /** Older Pythia files have neither rope_theta nor partial_rotary_factor. */
    @Test
    void gptNeoXReadsItsOwnRotaryKeys() {
        PositionSpec.Rotary rotary =
                parsed(
                                "{'model_type': 'gpt_neox', 'hidden_size': 64,"
                                        + " 'num_attention_heads': 4, 'rotary_pct': 1.0,"
                                        + " 'rotary_emb_base': 777}")
                        .spec()
                        .rotary()
                        .orElseThrow();
        assertThat(rotary.dims()).isEqualTo(16);
        assertThat(rotary.variants().get(0).base()).isEqualTo(777);
    }

    @Test
    void bloom() {
        ArchitectureSpec spec = architecture("bloom").spec();
        assertThat(spec.positions()).isEqualTo(new PositionSpec.Alibi(false, false));
        assertThat(spec.embedding().normed()).isTrue();
        assertThat(spec.mlp().width()).isEqualTo(192);
        assertThat(spec.layout().residualFromNormed()).isFalse();
        assertThat(architecture("bloom_6heads").spec().layout().residualFromNormed()).isTrue();
        ArchitectureSpec old =
                parsed(
                                "{'model_type': 'bloom', 'n_embed': 112, 'num_attention_heads': 14,"
                                        + " 'n_layer': 3, 'seq_length': 1024}")
                        .spec();
        assertThat(old.width()).isEqualTo(112);
        assertThat(old.attention().heads()).isEqualTo(14);
        assertThat(old.contextLength()).isEqualTo(1024);
    }

    @Test
    void falcon() {
        ArchitectureSpec small = architecture("falcon_7b_style").spec();
        assertThat(small.attention().keyValueHeads()).isEqualTo(1);
        assertThat(small.layout()).isEqualTo(BlockLayout.parallel(InputNorms.SHARED));
        ArchitectureSpec large = architecture("falcon_40b_style").spec();
        assertThat(large.attention().keyValueHeads()).isEqualTo(2);
        assertThat(large.layout()).isEqualTo(BlockLayout.parallel(InputNorms.SEPARATE));
        ArchitectureSpec web = architecture("falcon_rw_style").spec();
        assertThat(web.attention().keyValueHeads()).isEqualTo(4);
        assertThat(web.positions()).isEqualTo(new PositionSpec.Alibi(true, true));
        assertThat(web.layout()).isEqualTo(BlockLayout.sequential());
        ArchitectureSpec oneNorm =
                parsed(
                                "{'model_type': 'falcon', 'new_decoder_architecture': true,"
                                        + " 'num_attention_heads': 4, 'num_kv_heads': 2,"
                                        + " 'hidden_size': 48, 'num_ln_in_parallel_attn': 1}")
                        .spec();
        assertThat(oneNorm.layout()).isEqualTo(BlockLayout.parallel(InputNorms.SHARED));
    }

    @Test
    void opt() {
        ArchitectureSpec spec = architecture("opt").spec();
        assertThat(spec.positions()).isEqualTo(new PositionSpec.Learned(2));
        assertThat(spec.layout()).isEqualTo(BlockLayout.sequential());
        assertThat(spec.unembedding().normed()).isTrue();
        ArchitectureSpec post = architecture("opt_350m_style").spec();
        assertThat(post.embedding().width()).isEqualTo(32);
        assertThat(post.unembedding().normed()).isFalse();
        assertThat(post.layout())
                .isEqualTo(new BlockLayout(false, InputNorms.NONE, false, true, false));
    }

    @Test
    void llama() {
        ArchitectureSpec spec = architecture("llama_gqa_llama3").spec();
        assertThat(spec.attention().headWidth()).isEqualTo(16);
        assertThat(spec.attention().keyValueHeads()).isEqualTo(2);
        assertThat(spec.rotary().orElseThrow().variants())
                .containsExactly(new RotaryVariant(500_000, new RotaryScaling.Llama3(8, 1, 4, 64)));
        assertThat(architecture("llama_dynamic").spec().rotary().orElseThrow().variants())
                .containsExactly(new RotaryVariant(10_000, new RotaryScaling.Dynamic(2, 20)));
        assertThat(architecture("llama_bias_linear").spec().rotary().orElseThrow().variants())
                .containsExactly(new RotaryVariant(10_000, new RotaryScaling.Linear(4)));
        assertThat(architecture("llama_yarn").spec().rotary().orElseThrow().variants())
                .containsExactly(
                        new RotaryVariant(
                                10_000,
                                new RotaryScaling.Yarn(4, 32, 1, 64, 0.1 * Math.log(4) + 1, true)));
        WeightMap.Block biased = architecture("llama_bias_linear").weights().blocks().get(0);
        assertThat(biased.attentionOutput().bias()).isPresent();
        assertThat(biased.mlpIn().bias().orElseThrow().parts())
                .containsExactly(
                        Part.of("layers.0.mlp.gate_proj.bias"),
                        Part.of("layers.0.mlp.up_proj.bias"));
    }

    /** Qwen's cards ask to add YaRN without touching max_position_embeddings. */
    @Test
    void scalingThatStretchesTheTrainedLengthStretchesTheContext() {
        assertThat(architecture("llama_dynamic").spec().contextLength()).isEqualTo(40);
        assertThat(architecture("llama_yarn").spec().contextLength()).isEqualTo(256);
        assertThat(architecture("llama_gqa_llama3").spec().contextLength()).isEqualTo(512);
        ArchitectureSpec qwen =
                parsed(
                                "{'model_type': 'qwen2', 'max_position_embeddings': 32768,"
                                        + " 'rope_scaling': {'factor': 4.0, 'type': 'yarn',"
                                        + " 'original_max_position_embeddings': 32768}}")
                        .spec();
        assertThat(qwen.contextLength()).isEqualTo(131072);
    }

    @Test
    void mistralTellsNoWindowFromTheDefault() {
        assertThat(architecture("mistral").spec().attention().windows()).containsOnly(8);
        assertThat(architecture("mistral_nowindow").spec().attention().windows()).containsOnly(0);
        assertThat(parsed("{'model_type': 'mistral'}").spec().attention().windows())
                .containsOnly(4096);
        assertThat(
                        parsed("{'model_type': 'mistral', 'num_key_value_heads': null}")
                                .spec()
                                .attention()
                                .keyValueHeads())
                .isEqualTo(32);
    }

    @Test
    void qwenSlidesFromABlockOn() {
        assertThat(architecture("qwen2_swa").spec().attention().windows())
                .containsExactly(0, 0, 7, 7);
        assertThat(architecture("qwen2").spec().attention().windows()).containsOnly(0);
        assertThat(architecture("qwen3").spec().attention().qkNorm()).isEqualTo(QkNorm.PER_HEAD);
        assertThat(architecture("qwen2").weights().blocks().get(0).queryKeyValue().bias())
                .isPresent();
        assertThat(architecture("qwen2").weights().blocks().get(0).attentionOutput().bias())
                .isEmpty();
    }

    @Test
    void gemma() {
        ArchitectureSpec spec = architecture("gemma").spec();
        assertThat(spec.embedding().scale()).isEqualTo(Math.sqrt(48));
        assertThat(spec.norm().weightOffset()).isEqualTo(1);
        assertThat(spec.attention().keyValueHeads()).isEqualTo(1);
        assertThat(parsed("{'model_type': 'gemma', 'hidden_act': 'gelu'}").spec().mlp())
                .isEqualTo(parsed("{'model_type': 'gemma'}").spec().mlp());
        assertThat(
                        parsed("{'model_type': 'gemma', 'hidden_activation': 'gelu'}")
                                .spec()
                                .mlp()
                                .activation())
                .isEqualTo(Activation.GELU);
    }

    @Test
    void gemma2() {
        ArchitectureSpec spec = architecture("gemma2").spec();
        assertThat(spec.attention().windows()).containsExactly(8, 0, 8, 0);
        assertThat(spec.attention().softCap()).hasValue(5);
        assertThat(spec.unembedding().softCap()).hasValue(10);
        assertThat(spec.attention().scales()).containsOnly(1 / Math.sqrt(24));
        assertThat(spec.layout().outputNorms()).isTrue();
        ArchitectureSpec defaults = parsed("{'model_type': 'gemma2'}").spec();
        assertThat(defaults.attention().softCap()).hasValue(50);
        assertThat(
                        parsed("{'model_type': 'gemma2', 'final_logit_softcapping': null}")
                                .spec()
                                .unembedding()
                                .softCap())
                .isEmpty();
    }

    @Test
    void gemma3() {
        ArchitectureSpec spec = architecture("gemma3").spec();
        assertThat(spec.attention().windows()).containsExactly(8, 8, 0, 8);
        PositionSpec.Rotary rotary = spec.rotary().orElseThrow();
        assertThat(rotary.variants())
                .containsExactly(
                        new RotaryVariant(1_000_000, new RotaryScaling.Linear(8)),
                        new RotaryVariant(10_000, new RotaryScaling.None()));
        assertThat(rotary.variantOfBlock()).containsExactly(1, 1, 0, 1);
        assertThat(
                        parsed("{'model_type': 'gemma3_text', 'num_hidden_layers': 7}")
                                .spec()
                                .attention()
                                .windows())
                .containsExactly(4096, 4096, 4096, 4096, 4096, 0, 4096);
    }

    @Test
    void gemma3NestedInAModelThatSeesPictures() {
        Architecture nested =
                parsed(
                        "{'model_type': 'gemma3', 'vision_config': {'hidden_size': 5},"
                                + " 'text_config': {'model_type': 'gemma3_text', 'hidden_size': 2560,"
                                + " 'num_hidden_layers': 34, 'sliding_window': 1024, 'rope_scaling':"
                                + " {'factor': 8.0, 'rope_type': 'linear'}}}");
        assertThat(nested.spec().width()).isEqualTo(2560);
        assertThat(nested.spec().layers()).isEqualTo(34);
        assertThat(nested.spec().attention().windows()).contains(1024, 0);
        assertThat(nested.weights().prefixes()).contains("language_model.model.");
        assertThat(nested.weights().ignored().test("vision_tower.patch.weight")).isTrue();
        assertThat(nested.weights().ignored().test("language_model.model.norm.weight")).isFalse();
    }

    @Test
    void phi() {
        ArchitectureSpec spec = architecture("phi_qkln_gqa").spec();
        assertThat(spec.layout()).isEqualTo(BlockLayout.parallel(InputNorms.SHARED));
        assertThat(spec.rotary().orElseThrow().dims()).isEqualTo(4);
        assertThat(spec.attention().qkNorm()).isEqualTo(QkNorm.PER_HEAD);
        assertThat(spec.attention().qkNormSpec().kind()).isEqualTo(NormKind.LAYER);
        assertThat(architecture("phi").spec().attention().qkNorm()).isEqualTo(QkNorm.NONE);
        assertThat(architecture("phi").weights().unembedding().bias()).isPresent();
    }

    @Test
    void phi3() {
        assertThat(architecture("phi3").spec().attention().windows()).containsOnly(8);
        PositionSpec.Rotary rotary = architecture("phi3_longrope").spec().rotary().orElseThrow();
        assertThat(rotary.dims()).isEqualTo(12);
        RotaryScaling.LongRope scaling =
                (RotaryScaling.LongRope) rotary.variants().get(0).scaling();
        assertThat(scaling.trainedLength()).isEqualTo(20);
        assertThat(scaling.longFactors()).containsExactly(1.1, 1.7, 2.9, 5.3, 8.5, 13.0);
        // sqrt(1 + ln(160 / 20) / ln(20)), equation 5 of LongRoPE's paper.
        assertThat(scaling.attentionFactor()).isCloseTo(1.301589274494561, within(1e-15));
    }

    @Test
    void olmo2NormsAfterwardsAndOverWholeProjections() {
        ArchitectureSpec spec = architecture("olmo2").spec();
        assertThat(spec.layout())
                .isEqualTo(new BlockLayout(false, InputNorms.NONE, true, false, false));
        assertThat(spec.attention().qkNorm()).isEqualTo(QkNorm.WHOLE);
    }

    @Test
    void stableLm() {
        assertThat(architecture("stablelm").spec().layout()).isEqualTo(BlockLayout.sequential());
        assertThat(architecture("stablelm").spec().rotary().orElseThrow().dims()).isEqualTo(4);
        ArchitectureSpec parallel = architecture("stablelm_parallel").spec();
        assertThat(parallel.layout()).isEqualTo(BlockLayout.parallel(InputNorms.SHARED));
        assertThat(parallel.attention().qkNormSpec().kind()).isEqualTo(NormKind.LAYER);
        WeightMap.Block block = architecture("stablelm_parallel").weights().blocks().get(0);
        assertThat(block.queryNorm().orElseThrow().weight().parts()).hasSize(4);
        assertThat(block.keyNorm().orElseThrow().weight().parts()).hasSize(2);
    }

    /** Two heads of width 2: q0 k0 v0 q1 k1 v1 become q0 q1 k0 k1 v0 v1. */
    @Test
    void rowsStoredHeadByHeadAreUnravelled() {
        assertThat(Names.groupedRows(2, 1, 2))
                .isEqualTo(ImmutableIntArray.of(0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11));
    }

    /** Two groups of two queries, width 1: q0 q1 k0 v0 q2 q3 k1 v1. */
    @Test
    void rowsStoredGroupByGroupAreUnravelled() {
        assertThat(Names.groupedRows(2, 2, 1))
                .isEqualTo(ImmutableIntArray.of(0, 1, 4, 5, 2, 6, 3, 7));
        assertThat(
                        architecture("falcon_40b_style")
                                .weights()
                                .blocks()
                                .get(0)
                                .queryKeyValue()
                                .weight()
                                .parts())
                .containsExactly(
                        Part.rows(
                                "h.0.self_attention.query_key_value.weight",
                                Names.groupedRows(2, 2, 12)));
        assertThat(
                        architecture("falcon_7b_style")
                                .weights()
                                .blocks()
                                .get(0)
                                .queryKeyValue()
                                .weight()
                                .parts())
                .containsExactly(Part.of("h.0.self_attention.query_key_value.weight"));
    }
}
