package dev.patchscopes.examples.cli;

import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.trace.causal.CausalTrace;
import dev.patchscopes.trace.causal.CausalTracing;
import dev.patchscopes.trace.causal.Corruption;
import dev.patchscopes.trace.causal.TraceAverage;
import dev.patchscopes.trace.causal.TraceKind;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Traces where a model keeps a fact. */
@Command(
        name = "trace",
        mixinStandardHelpOptions = true,
        description = {
            "Causal tracing: takes the subject from a model, and restores its activations one by"
                    + " one, to see where the answer comes from.",
            "",
            "With --facts, averages over many facts, by class of token."
        },
        footer = {
            "",
            "Example: one fact, and 50 of those the small models were taught",
            "",
            "  trace --prompt 'The capital of Japan is' --subject Japan",
            "  trace --facts demo --limit 50 -o average.html"
        })
public final class TraceCommand implements Callable<Integer> {

    private static final String TASK = "tracing";

    private final Session session;

    @Mixin private final ModelOptions model = new ModelOptions();
    @Mixin private final FactOptions facts = new FactOptions();
    @Mixin private final OutputOptions output = new OutputOptions();

    @Option(
            names = "--kinds",
            split = ",",
            paramLabel = "KIND",
            converter = NameConverter.OfTraceKind.class,
            description = {
                "what is restored: residual, attn-out, mlp-out, residual-attn-severed,"
                        + " residual-mlp-severed; the first three unless given"
            })
    private List<TraceKind> kinds = List.of();

    @Option(
            names = "--noise",
            paramLabel = "X",
            description = {
                "noise on the subject, in standard deviations of the subjects' embeddings; 3"
                        + " unless given"
            })
    private Optional<Double> noise = Optional.empty();

    @Option(
            names = "--replacement",
            paramLabel = "TEXT",
            description = "instead of noise, another subject of as many tokens")
    private Optional<String> replacement = Optional.empty();

    @Option(
            names = "--against",
            paramLabel = "TEXT",
            description = {
                "measure the answer's logit less this one's, such as the replaced subject's answer"
            })
    private Optional<String> against = Optional.empty();

    @Option(
            names = "--copies",
            paramLabel = "N",
            description = "how many times noise is drawn; 10 unless given")
    private Optional<Integer> copies = Optional.empty();

    @Option(
            names = "--window",
            paramLabel = "N",
            description = {
                "how many blocks around each are restored together, of attention and MLP; a fifth"
                        + " of the model's, 10 at most, unless given"
            })
    private Optional<Integer> window = Optional.empty();

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "what noise is drawn from; 1 unless given")
    private long seed;

    /**
     * The command.
     *
     * @param session where it writes
     */
    public TraceCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        boolean many = facts.areMany();
        if (noise.isPresent() && replacement.isPresent()) {
            throw new UsageException("--noise and --replacement exclude each other: give one");
        }
        Output out = output.plan(session);
        try (HookedModel loaded = model.load(session)) {
            CausalTracing tracing = tracing(loaded);
            if (many) {
                List<FactPrompt> all = facts.many();
                TraceAverage average =
                        Work.run(session, TASK, work -> tracing.progress(work).average(all));
                out.write(
                        new Rendering(
                                average::toString, average::toJson, average::toCsv, average::page));
            } else {
                CausalTracing one = facts.addTo(tracing);
                CausalTrace trace = Work.run(session, TASK, work -> one.progress(work).run());
                out.write(
                        new Rendering(() -> text(trace), trace::toJson, trace::toCsv, trace::page));
            }
        }
        return ExitStatus.OK.code();
    }

    private CausalTracing tracing(HookedModel loaded) {
        CausalTracing tracing = CausalTracing.of(loaded).seed(seed);
        if (noise.isPresent()) {
            tracing = tracing.corruption(Corruption.gaussian(noise.get()));
        }
        if (replacement.isPresent()) {
            tracing = tracing.corruption(Corruption.replacement(replacement.get()));
        }
        if (against.isPresent()) {
            tracing = tracing.against(against.get());
        }
        if (copies.isPresent()) {
            tracing = tracing.copies(copies.get());
        }
        if (window.isPresent()) {
            tracing = tracing.window(window.get());
        }
        return kinds.isEmpty() ? tracing : tracing.kinds(kinds.toArray(TraceKind[]::new));
    }

    /** The trace's own text names the best cells; its tables have them all. */
    private static String text(CausalTrace trace) {
        return Stream.concat(
                        Stream.of(trace.toString()),
                        trace.grids().stream().map(grid -> trace.table(grid.kind())))
                .map(String::strip)
                .collect(Collectors.joining("\n\n"));
    }
}
