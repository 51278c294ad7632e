package dev.patchscopes.examples.demo.training;

import dev.patchscopes.examples.demo.tokenizer.BytePairTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The shape of a demo model, in LLaMA's layout with tied embeddings.
 *
 * @param width width of the residual stream
 * @param layers number of blocks
 * @param heads number of heads
 * @param mlpWidth width of the MLP
 * @param context longest prompt
 */
public record DemoShape(int width, int layers, int heads, int mlpWidth, int context) {

    /** {@return the demo model} */
    public static DemoShape demo() {
        return new DemoShape(128, 10, 8, 344, 256);
    }

    /** {@return its smaller sibling} */
    public static DemoShape small() {
        return new DemoShape(64, 6, 4, 176, 256);
    }

    /**
     * Writes a config.json; special tokens are those of {@link BytePairTokenizer}.
     *
     * @param file where to; its directory is created
     * @param vocabulary number of tokens
     * @throws IOException if the disk fails
     */
    public void write(Path file, int vocabulary) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(
                file,
                String.format(
                        Locale.ROOT,
                        """
                        {
                          "architectures": ["LlamaForCausalLM"],
                          "model_type": "llama",
                          "hidden_size": %d,
                          "num_hidden_layers": %d,
                          "num_attention_heads": %d,
                          "num_key_value_heads": %d,
                          "intermediate_size": %d,
                          "vocab_size": %d,
                          "max_position_embeddings": %d,
                          "hidden_act": "silu",
                          "rms_norm_eps": 1e-05,
                          "rope_theta": 10000.0,
                          "attention_bias": false,
                          "mlp_bias": false,
                          "tie_word_embeddings": true,
                          "bos_token_id": %d,
                          "eos_token_id": %d,
                          "pad_token_id": %d
                        }
                        """,
                        width,
                        layers,
                        heads,
                        heads,
                        mlpWidth,
                        vocabulary,
                        context,
                        BytePairTokenizer.BOS,
                        BytePairTokenizer.EOS,
                        BytePairTokenizer.PAD));
    }
}
