package dev.patchscopes.examples.demo.training;

import java.nio.file.Path;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * What the command line asks for.
 *
 * @param output directory of checkpoints and of the finished model
 * @param minutes how long to train; turned into steps by timing the first ones
 * @param steps how many steps to train
 * @param seed of weights and data
 * @param small whether the smaller sibling is trained
 * @param rows rows of a batch
 * @param length tokens of a row
 * @param rate largest learning rate
 */
record TrainDemoOptions(
        Path output,
        OptionalDouble minutes,
        OptionalLong steps,
        long seed,
        boolean small,
        int rows,
        int length,
        double rate) {

    static final String USAGE =
            "TrainDemo OUTPUT (--minutes N | --steps N) [--seed N] [--small] [--rows N] [--length N] [--rate X]";

    /** Reads the command line. */
    static TrainDemoOptions of(String... arguments) {
        if (arguments.length == 0 || arguments[0].startsWith("--")) {
            throw new IllegalArgumentException("the output directory comes first: " + USAGE);
        }
        TrainDemoOptions options =
                new TrainDemoOptions(
                        Path.of(arguments[0]),
                        OptionalDouble.empty(),
                        OptionalLong.empty(),
                        1,
                        false,
                        32,
                        96,
                        3e-3);
        for (int i = 1; i < arguments.length; i++) {
            if (arguments[i].equals("--small")) {
                options = options.with("--small", "");
            } else if (i + 1 < arguments.length) {
                options = options.with(arguments[i], arguments[i + 1]);
                i++;
            } else {
                throw new IllegalArgumentException(arguments[i] + " needs a value: " + USAGE);
            }
        }
        if (options.minutes.isPresent() == options.steps.isPresent()) {
            throw new IllegalArgumentException("give either --minutes or --steps: " + USAGE);
        }
        return options;
    }

    private TrainDemoOptions with(String name, String value) {
        return new TrainDemoOptions(
                output,
                name.equals("--minutes") ? OptionalDouble.of(Double.parseDouble(value)) : minutes,
                name.equals("--steps") ? OptionalLong.of(Long.parseLong(value)) : steps,
                name.equals("--seed") ? Long.parseLong(value) : seed,
                small || name.equals("--small"),
                name.equals("--rows") ? Integer.parseInt(value) : rows,
                name.equals("--length") ? Integer.parseInt(value) : length,
                name.equals("--rate") ? Double.parseDouble(value) : known(name));
    }

    private double known(String name) {
        return switch (name) {
            case "--minutes", "--steps", "--seed", "--small", "--rows", "--length" -> rate;
            default -> throw new IllegalArgumentException("unknown option " + name + ": " + USAGE);
        };
    }
}
