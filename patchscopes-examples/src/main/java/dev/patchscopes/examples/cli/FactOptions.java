package dev.patchscopes.examples.cli;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.text.Positions;
import dev.patchscopes.trace.causal.CausalTracing;
import dev.patchscopes.trace.knockout.AttentionKnockout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import picocli.CommandLine.Option;

/** Options of commands that take a fact apart, or average over many. */
final class FactOptions {

    private static final String DEMO = "demo";

    @Option(
            names = "--prompt",
            paramLabel = "TEXT",
            description = "a prompt that asks for a fact, without a space at its end")
    private Optional<String> prompt = Optional.empty();

    @Option(
            names = "--subject",
            paramLabel = "TEXT",
            description = {
                "whom the fact is about: a part of the prompt; TEXT#2 for its second occurrence"
            })
    private Optional<String> subject = Optional.empty();

    @Option(
            names = "--answer",
            paramLabel = "TEXT",
            description = "whose probability is measured; the model's own answer unless given")
    private Optional<String> answer = Optional.empty();

    @Option(
            names = "--facts",
            paramLabel = "FILE",
            description = {
                "instead of a prompt, many facts to average over: a JSON list of objects with the"
                        + " fields prompt, subject and attribute; demo for those that the small"
                        + " models were taught"
            })
    private Optional<Path> facts = Optional.empty();

    @Option(
            names = "--limit",
            paramLabel = "N",
            description = "how many of the facts, taken evenly from all; all unless given")
    private Optional<Integer> limit = Optional.empty();

    /**
     * Whether many facts are asked for.
     *
     * @throws UsageException if neither a prompt nor facts are given, or both
     */
    boolean areMany() {
        if (facts.isPresent()) {
            if (prompt.isPresent() || subject.isPresent() || answer.isPresent()) {
                throw new UsageException(
                        "--facts brings prompts, subjects and answers: leave out --prompt,"
                                + " --subject and --answer");
            }
            return true;
        }
        if (prompt.isEmpty() || subject.isEmpty()) {
            throw new UsageException("give --prompt and --subject, or --facts FILE");
        }
        if (limit.isPresent()) {
            throw new UsageException("--limit is for --facts");
        }
        return false;
    }

    /** Gives a trace the prompt, its subject and the answer. */
    CausalTracing addTo(CausalTracing tracing) {
        return addTo(
                tracing.prompt(prompt.orElseThrow()),
                (asking, where) -> asking.subject(where),
                (asking, text) -> asking.subject(text),
                CausalTracing::answer);
    }

    /** Gives a knockout the prompt, its subject and the answer. */
    AttentionKnockout addTo(AttentionKnockout knockout) {
        return addTo(
                knockout.prompt(prompt.orElseThrow()),
                (asking, where) -> asking.subject(where),
                (asking, text) -> asking.subject(text),
                AttentionKnockout::answer);
    }

    private <T> T addTo(
            T asking,
            BiFunction<T, Positions, T> at,
            BiFunction<T, String, T> named,
            BiFunction<T, String, T> answered) {
        String text = subject.orElseThrow();
        T about =
                Occurrence.of(text)
                        .map(occurrence -> at.apply(asking, occurrence.positions()))
                        .orElseGet(() -> named.apply(asking, text));
        return answer.map(given -> answered.apply(about, given)).orElse(about);
    }

    /**
     * The facts.
     *
     * @throws UncheckedIOException if they cannot be read
     * @throws UsageException if none is asked for
     */
    ImmutableList<FactPrompt> many() {
        List<FactPrompt> all = read(facts.orElseThrow());
        int count = Math.min(limit.orElse(all.size()), all.size());
        if (count < 1) {
            throw new UsageException(
                    limit.isPresent() && limit.get() < 1
                            ? "--limit %d leaves no fact: give at least 1".formatted(limit.get())
                            : "--facts %s holds none".formatted(facts.get()));
        }
        return IntStream.range(0, count)
                .mapToObj(i -> all.get((int) ((long) i * all.size() / count)))
                .collect(ImmutableList.toImmutableList());
    }

    private static List<FactPrompt> read(Path file) {
        if (file.toString().equals(DEMO)) {
            return GroundTruth.of(DemoModel.STANDARD).knownPrompts();
        }
        try {
            return FactPrompt.read(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
