package dev.patchscopes.examples;

import dev.patchscopes.LibraryVersion;
import dev.patchscopes.Patchscope;
import dev.patchscopes.PatchscopeResult;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.checkpoint.CheckpointException;
import dev.patchscopes.checkpoint.hub.HubException;
import dev.patchscopes.model.Generation;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.ModelException;
import dev.patchscopes.model.PromptTooLongException;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.text.Quoting;
import dev.patchscopes.text.Token;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.text.TokenizerFormatException;
import dev.patchscopes.text.TokenizerNotFoundException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A first look at a model: its next tokens, what each layer holds of the prompt's last token, and a
 * continuation. Without arguments, a tour of the model that comes with the library.
 *
 * <pre>{@code
 * mvn -q compile exec:java -Dexec.args="--model models/gpt2 --prompt 'The Eiffel Tower is in'"
 * }</pre>
 */
public final class QuickStart {

    private static final String USAGE =
            """
            A first look at a language model.

              mvn -q compile exec:java
              mvn -q compile exec:java -Dexec.args="--prompt 'TEXT' [--model MODEL]"

            Without arguments, it shows patchscopes at work on the small model that comes
            with the library.

              --prompt TEXT   what the model reads; may be empty
              --model MODEL   the name of a model on the Hugging Face hub, such as gpt2, or
                              a directory in its layout: config.json, model.safetensors
                              (or shards, or pytorch_model.bin) and tokenizer.json; the
                              small model unless given
              --tokens N      length of the continuation in tokens, 40 unless given

            GPT-2 is a small model to begin with: --model gpt2 fetches its 550 MB once.
            """;

    private static final int WIDTH = 80;

    private final PrintStream out;
    private final PrintStream err;

    QuickStart(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    /**
     * Runs the example.
     *
     * @param args see the usage, which {@code --help} prints
     */
    public static void main(String[] args) {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        PrintStream err = new PrintStream(System.err, true, StandardCharsets.UTF_8);
        int status = new QuickStart(out, err).run(List.of(args));
        if (status != 0) {
            System.exit(status);
        }
    }

    /** Runs the program and returns its exit status. */
    int run(List<String> args) {
        if (args.contains("--help")) {
            out.printf("Patchscopes for the JVM %s%n%n%s", LibraryVersion.current(), USAGE);
            return 0;
        }
        try {
            show(args);
            return 0;
        } catch (CheckpointException
                | HubException
                | ModelException
                | TokenizerFormatException
                | TokenizerNotFoundException
                | IllegalArgumentException
                | UncheckedIOException e) {
            err.println("error: " + e.getMessage());
            return 1;
        }
    }

    /** Shows what the arguments ask for. */
    void show(List<String> args) {
        if (args.isEmpty()) {
            tour();
        } else {
            look(QuickStartOptions.parse(args));
        }
    }

    private void tour() {
        out.printf("Patchscopes for the JVM %s; --help says more%n%n", LibraryVersion.current());
        try (HookedModel model = HookedModel.demo()) {
            new DemoTour(model, out).run();
        }
    }

    private void look(QuickStartOptions options) {
        try (HookedModel model =
                options.model().map(HookedModel::load).orElseGet(HookedModel::demo)) {
            TokenizedPrompt prompt = model.tokenize(options.prompt());
            checkLength(model, prompt, options.tokens());
            out.println(model.summary());

            title("Next token");
            for (TokenProbability token : model.run(prompt).execute().topTokens(5)) {
                out.printf(Locale.ROOT, "  %.3f  %s%n", token.probability(), quoted(token));
            }

            layers(model, prompt);

            title("Continuation");
            Generation generation =
                    model.generation(prompt).maxNewTokens(options.tokens()).run().first();
            out.print(Lines.wrap(prompt.text() + generation.text(), WIDTH));
        }
    }

    /** Says that the continuation will not fit before anything else takes time. */
    private static void checkLength(HookedModel model, TokenizedPrompt prompt, int tokens) {
        if (prompt.length() + tokens > model.contextLength()) {
            throw new PromptTooLongException(
                    "the prompt has %d tokens and --tokens asks for %d more, but %s has a context of %d: shorten the prompt or give a smaller --tokens"
                            .formatted(
                                    prompt.length(), tokens, model.name(), model.contextLength()));
        }
    }

    /** What each layer holds of the last token: patched into a prompt that repeats words. */
    private void layers(HookedModel model, TokenizedPrompt prompt) {
        TargetPrompt target = TargetPrompt.tokenIdentity();
        Patchscope scope =
                Patchscope.on(model)
                        .sourcePrompt(prompt)
                        .sourceLayer(0)
                        .targetPrompt(target)
                        .targetLayer(0)
                        .maxNewTokens(0)
                        .build();
        Token last = prompt.token(prompt.length() - 1);
        title("What layers hold of token " + last + ", put into words by the model itself");
        out.printf("  token identity patchscope, same layer, over the \"?\" of%n");
        out.printf("  %s%n%n", target);
        out.printf("  layer  %-18s %-6s  %s%n", "top token", "prob", "next tokens");
        for (int layer = 0; layer <= model.layers(); layer++) {
            PatchscopeResult result = scope.atLayers(layer, layer).run();
            List<TokenProbability> top = result.topTokens(4);
            String row =
                    String.format(
                            Locale.ROOT,
                            "  %5d  %-18s %.3f   %s",
                            layer,
                            Lines.fit(quoted(top.get(0)), 18),
                            top.get(0).probability(),
                            top.stream()
                                    .skip(1)
                                    .map(QuickStart::quoted)
                                    .collect(Collectors.joining("  ")));
            out.println(Lines.fit(row, WIDTH));
        }
    }

    private void title(String text) {
        String line = Lines.fit(text, WIDTH);
        out.printf("%n%s%n%s%n", line, "-".repeat(line.length()));
    }

    private static String quoted(TokenProbability token) {
        return Quoting.quote(token.piece());
    }
}
