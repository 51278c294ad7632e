package dev.patchscopes.examples.demo;

import com.google.common.collect.Lists;
import dev.patchscopes.examples.demo.training.TrainDemo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CancellationException;

/**
 * Makes both models that come with the library anew, from a seed: text, tokenizer, weights, and
 * what they answer.
 *
 * <p>They are written to {@code OUTPUT/demo/model} and {@code OUTPUT/demo-small/model}. On two
 * cores it takes an hour and a half; stopped at any time, the same command goes on from the last
 * checkpoint.
 *
 * <pre>{@code
 * mvn -q compile exec:java \
 *     -Dexec.mainClass=dev.patchscopes.examples.demo.RebuildDemo -Dexec.args="target/rebuilt"
 * }</pre>
 */
public final class RebuildDemo {
    private static final List<String> STANDARD = List.of("--steps", "7000");
    private static final List<String> SMALL = List.of("--steps", "5000", "--small");

    private RebuildDemo() {}

    /**
     * Runs everything.
     *
     * @param arguments output directory
     * @throws IOException if the disk fails
     */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 1) {
            throw new IllegalArgumentException("usage: RebuildDemo OUTPUT");
        }
        Path output = Path.of(arguments[0]);
        try {
            run(output.resolve("demo"), STANDARD);
            run(output.resolve("demo-small"), SMALL);
        } catch (CancellationException e) {
            System.out.println(e.getMessage());
        }
    }

    /** Trains a model, or goes on, and measures it. */
    private static void run(Path directory, List<String> options) throws IOException {
        TrainDemo.train(
                Lists.asList(directory.toString(), options.toArray(String[]::new))
                        .toArray(String[]::new));
        EvaluateDemo.main(new String[] {directory.resolve("model").toString()});
    }
}
