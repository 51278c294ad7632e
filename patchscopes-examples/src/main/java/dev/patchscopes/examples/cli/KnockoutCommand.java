package dev.patchscopes.examples.cli;

import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.trace.knockout.AttentionKnockout;
import dev.patchscopes.trace.knockout.KnockoutAverage;
import dev.patchscopes.trace.knockout.KnockoutResult;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Cuts attention edges, to see which the answer needs. */
@Command(
        name = "knockout",
        mixinStandardHelpOptions = true,
        description = {
            "Attention knockout: keeps the last token from attending to others in a window of"
                    + " blocks, to see from where the answer is taken.",
            "",
            "With --facts, averages over many facts."
        },
        footer = {
            "",
            "Example: one fact, and 50 of those the small models were taught",
            "",
            "  knockout --prompt 'The capital of Japan is' --subject Japan",
            "  knockout --facts demo --limit 50 -o knockout.html"
        })
public final class KnockoutCommand implements Callable<Integer> {

    private static final String TASK = "cutting";

    private final Session session;

    @Mixin private final ModelOptions model = new ModelOptions();
    @Mixin private final FactOptions facts = new FactOptions();
    @Mixin private final OutputOptions output = new OutputOptions();

    @Option(
            names = "--window",
            paramLabel = "N",
            description = {
                "in how many blocks around each edges are cut; a fifth of the model's unless given"
            })
    private Optional<Integer> window = Optional.empty();

    @Option(names = "--per-token", description = "cut each token off by itself too")
    private boolean perToken;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "what the random edges beside are drawn from; 0 unless given")
    private long seed;

    /**
     * The command.
     *
     * @param session where it writes
     */
    public KnockoutCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        boolean many = facts.areMany();
        Output out = output.plan(session);
        try (HookedModel loaded = model.load(session)) {
            AttentionKnockout knockout = knockout(loaded);
            if (many) {
                List<FactPrompt> all = facts.many();
                KnockoutAverage average =
                        Work.run(session, TASK, work -> knockout.progress(work).average(all));
                out.write(
                        new Rendering(
                                average::toString, average::toJson, average::toCsv, average::page));
            } else {
                AttentionKnockout one = facts.addTo(knockout);
                KnockoutResult result = Work.run(session, TASK, work -> one.progress(work).run());
                out.write(
                        new Rendering(
                                result::toString, result::toJson, result::toCsv, result::page));
            }
        }
        return ExitStatus.OK.code();
    }

    private AttentionKnockout knockout(HookedModel loaded) {
        AttentionKnockout all = AttentionKnockout.of(loaded).seed(seed);
        AttentionKnockout each = perToken ? all.perToken() : all;
        return window.map(each::window).orElse(each);
    }
}
