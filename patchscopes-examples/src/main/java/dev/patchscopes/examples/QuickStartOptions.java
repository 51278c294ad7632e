package dev.patchscopes.examples;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The options of {@link QuickStart}.
 *
 * @param model checkpoint directory; empty for the model that comes with the library
 * @param prompt what the model reads; may be empty
 * @param tokens length of the continuation
 */
record QuickStartOptions(Optional<String> model, String prompt, int tokens) {

    private static final Set<String> NAMES = Set.of("--model", "--prompt", "--tokens");

    static QuickStartOptions parse(List<String> args) {
        Map<String, String> given = new LinkedHashMap<>();
        for (int i = 0; i < args.size(); ) {
            String name = args.get(i++);
            if (!NAMES.contains(name)) {
                throw new IllegalArgumentException(
                        "\"%s\" is no option: there are --model MODEL, --prompt TEXT, --tokens N; put quotes around texts with spaces"
                                .formatted(name));
            }
            boolean hasValue = i < args.size() && !NAMES.contains(args.get(i));
            if (hasValue) {
                given.put(name, args.get(i++));
            } else if (name.equals("--prompt")) {
                given.put(name, ""); // Maven drops the '' of an empty prompt
            } else {
                throw new IllegalArgumentException(name + " needs a value after it");
            }
        }
        return new QuickStartOptions(
                Optional.ofNullable(given.get("--model")),
                required(given, "--prompt"),
                tokens(given.getOrDefault("--tokens", "40")));
    }

    private static String required(Map<String, String> given, String name) {
        return Optional.ofNullable(given.get(name))
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        name + " is missing; --help explains it"));
    }

    private static int tokens(String text) {
        if (!text.matches("[1-9]\\d{0,5}")) {
            throw new IllegalArgumentException(
                    "--tokens \"%s\" is not a number from 1 to 999999".formatted(text));
        }
        return Integer.parseInt(text);
    }
}
