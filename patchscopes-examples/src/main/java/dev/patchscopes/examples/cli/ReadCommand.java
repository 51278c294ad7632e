package dev.patchscopes.examples.cli;

import dev.patchscopes.lens.LensReader;
import dev.patchscopes.lens.LensReading;
import dev.patchscopes.lens.future.FutureLens;
import dev.patchscopes.lens.future.FuturePrompts;
import dev.patchscopes.lens.future.FutureReading;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.Page;
import dev.patchscopes.text.Positions;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Reads a prompt through a lens. */
@Command(
        name = "read",
        mixinStandardHelpOptions = true,
        description = {
            "Reads a prompt through a lens: what each layer says at each token.",
            "",
            "With --compare, the difference between two lenses."
        },
        footer = {
            "",
            "Example: the most probable tokens of all layers, and a page of the same",
            "",
            "  read --prompt 'The capital of France is'",
            "  read --prompt 'The capital of France is' --lens token-identity -o reading.html"
        })
public final class ReadCommand implements Callable<Integer> {

    private final Session session;

    @Mixin private final ModelOptions model = new ModelOptions();
    @Mixin private final LensOptions read = new LensOptions();
    @Mixin private final OutputOptions output = new OutputOptions();

    @Option(names = "--prompt", required = true, paramLabel = "TEXT", description = "what is read")
    private String prompt;

    @Option(
            names = "--lens",
            paramLabel = "LENS",
            defaultValue = "logit",
            converter = LensChoice.Converter.class,
            description = {
                "logit, tuned, token-identity or future (the next four tokens of each state);"
                        + " logit unless given"
            })
    private LensChoice lens;

    @Option(
            names = "--compare",
            paramLabel = "LENS",
            converter = LensChoice.Converter.class,
            description = "another lens, which --lens is compared with")
    private Optional<LensChoice> other = Optional.empty();

    @Option(
            names = "--positions",
            paramLabel = "TOKENS",
            defaultValue = "all",
            converter = PositionsConverter.Many.class,
            description = {
                "which tokens: all, last, indices such as 4 or 0,3,-1, 2..5, or a text of the"
                        + " prompt; all unless given"
            })
    private Positions positions;

    @Option(
            names = "--top",
            paramLabel = "K",
            description =
                    "how many of the most probable tokens are kept of each cell; 5 unless given")
    private Optional<Integer> top = Optional.empty();

    /**
     * The command.
     *
     * @param session where it writes
     */
    public ReadCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        Output out = plan();
        try (HookedModel loaded = model.load(session)) {
            if (other.isPresent()) {
                compare(loaded, other.get(), out);
            } else if (lens.isOfNextToken()) {
                try (LensChoice.OpenLens open = lens.open(loaded, read.folder())) {
                    LensReading reading = read(open);
                    out.write(
                            new Rendering(
                                    reading::toString,
                                    reading::toJson,
                                    reading::toCsv,
                                    reading::page));
                }
            } else {
                FutureReading reading =
                        FutureLens.fixedPrompt(loaded, FuturePrompts.first())
                                .read(loaded.tokenize(prompt), read.layers(), positions);
                out.write(
                        new Rendering(
                                reading::toString, reading::toJson, reading::toCsv, reading::page));
            }
        }
        return ExitStatus.OK.code();
    }

    private Output plan() {
        if (top.isPresent() && !lens.isOfNextToken()) {
            throw new UsageException(
                    "--top is for lenses of the next token; the future lens keeps one token of"
                            + " each place");
        }
        return other.isPresent() ? output.plan(session, Format.JSON) : output.plan(session);
    }

    private LensReading read(LensChoice.OpenLens open) {
        LensReader reader = open.lens().reader().layers(read.layers()).positions(positions);
        return (top.isPresent() ? reader.top(top.get()) : reader).read(prompt);
    }

    private void compare(HookedModel loaded, LensChoice with, Output out) {
        try (LensChoice.OpenLens first = lens.open(loaded, read.folder());
                LensChoice.OpenLens second = with.open(loaded, read.folder())) {
            LensReading one = read(first);
            LensReading two = read(second);
            Heatmap difference = one.minus(two);
            Page page = Page.of(difference.title(), difference, one.heatmap(), two.heatmap());
            out.write(
                    new Rendering(
                            difference::toString, page::toString, difference::toCsv, () -> page));
        }
    }
}
