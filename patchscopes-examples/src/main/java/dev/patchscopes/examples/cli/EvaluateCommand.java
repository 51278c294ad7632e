package dev.patchscopes.examples.cli;

import dev.patchscopes.examples.demo.training.CorpusSource;
import dev.patchscopes.lens.Lens;
import dev.patchscopes.lens.LensEvaluation;
import dev.patchscopes.lens.LensReport;
import dev.patchscopes.model.HookedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Measures how well lenses read a model, over texts. */
@Command(
        name = "evaluate",
        mixinStandardHelpOptions = true,
        description = "Measures how well lenses read the layers of a model, over texts.",
        footer = {
            "",
            "Example: two lenses beside controls, on 100 texts",
            "",
            "  evaluate --lens logit --lens token-identity --texts demo --first 100 --controls"
        })
public final class EvaluateCommand implements Callable<Integer> {

    private final Session session;

    @Mixin private final ModelOptions model = new ModelOptions();
    @Mixin private final LensOptions read = new LensOptions();
    @Mixin private final TextsOptions texts = new TextsOptions();
    @Mixin private final OutputOptions output = new OutputOptions();

    @Option(
            names = "--lens",
            paramLabel = "LENS",
            defaultValue = "logit",
            converter = LensChoice.Converter.class,
            description = {
                "logit, tuned, tuned:DIR or token-identity; again for each lens; logit unless given"
            })
    private List<LensChoice> lenses = List.of();

    @Option(
            names = "--one-position",
            description = "one token of each text, drawn with --seed; all of them unless given")
    private boolean onePosition;

    @Option(
            names = "--skip-first",
            paramLabel = "N",
            defaultValue = "0",
            description = "leave out the first N tokens of each text")
    private int skipped;

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            description =
                    "cut texts at N tokens; at the model's context, 2048 at most, unless given")
    private Optional<Integer> maxTokens = Optional.empty();

    @Option(
            names = "--controls",
            description =
                    "evaluate random vectors, and the target prompt with nothing patched, too")
    private boolean controls;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "seed of samples, positions, random vectors and intervals; 0 unless given")
    private long seed;

    /**
     * The command.
     *
     * @param session where it writes
     */
    public EvaluateCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        Output out = output.plan(session);
        try (HookedModel loaded = model.load(session)) {
            LensReport report = evaluate(loaded);
            out.write(new Rendering(report::toString, report::toJson, report::toCsv, report::page));
        }
        return ExitStatus.OK.code();
    }

    private LensReport evaluate(HookedModel loaded) {
        List<LensChoice.OpenLens> open = new ArrayList<>();
        try {
            for (LensChoice lens : lenses) {
                open.add(lens.open(loaded, read.folder()));
            }
            LensEvaluation evaluation =
                    evaluation(open.stream().map(LensChoice.OpenLens::lens).toList());
            return Work.run(session, "evaluating", progress -> evaluation.progress(progress).run());
        } finally {
            open.forEach(LensChoice.OpenLens::close);
        }
    }

    private LensEvaluation evaluation(List<Lens> all) {
        LensEvaluation evaluation =
                LensEvaluation.of(all)
                        .texts(texts.open(CorpusSource.HELD_OUT, seed))
                        .layers(read.layers())
                        .skipFirst(skipped)
                        .seed(seed);
        evaluation = maxTokens.isPresent() ? evaluation.maxTokens(maxTokens.get()) : evaluation;
        evaluation = onePosition ? evaluation.onePositionPerText() : evaluation;
        return controls ? evaluation.controls() : evaluation;
    }
}
