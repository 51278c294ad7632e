package dev.patchscopes.examples.cli;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.LayerGrid;
import dev.patchscopes.Layers;
import dev.patchscopes.Patchscope;
import dev.patchscopes.PatchscopeBuilder;
import dev.patchscopes.PatchscopeResult;
import dev.patchscopes.PatchscopeSweep;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.Positions;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs one patchscope, or one for each pair of layers. */
@Command(
        name = "patch",
        mixinStandardHelpOptions = true,
        description = {
            "Writes a token's representation into another prompt, and shows what that says.",
            "",
            "With --grid, from each of --source-layer to each of --target-layer."
        },
        footer = {
            "",
            "Example: what layer 3 holds of \"Marie Curie\", and a picture of all pairs of layers",
            "",
            "  patch --source 'Marie Curie' --source-layer 3 --target entity-description",
            "  patch --source 'Marie Curie' --target entity-description --grid -o grid.svg"
        })
public final class PatchCommand implements Callable<Integer> {

    private final Session session;

    @Mixin private final ModelOptions model = new ModelOptions();
    @Mixin private final OutputOptions output = new OutputOptions();

    @Option(
            names = "--source",
            required = true,
            paramLabel = "TEXT",
            description = "source prompt, whose representation is taken")
    private String source;

    @Option(
            names = "--source-position",
            paramLabel = "TOKEN",
            defaultValue = "last",
            converter = PositionsConverter.Single.class,
            description = {
                "which token of it: last, an index such as 4 or -2, or a text, of which the last"
                        + " token counts; last unless given"
            })
    private Positions sourcePosition;

    @Option(
            names = "--source-layer",
            paramLabel = "LAYERS",
            converter = LayersConverter.class,
            description = {
                "the layer it is taken from; with --grid "
                        + LayersConverter.SYNTAX
                        + ", all"
                        + " unless given"
            })
    private Optional<Layers> sourceLayer = Optional.empty();

    @Option(
            names = "--target",
            paramLabel = "TEXT",
            defaultValue = "token-identity",
            description = {
                "target prompt: token-identity (it repeats words), entity-description (it"
                        + " describes names), or a text; token-identity unless given"
            })
    private String target;

    @Option(
            names = "--target-position",
            paramLabel = "TOKEN",
            converter = PositionsConverter.Single.class,
            description = "which token of it is replaced; its placeholder or last unless given")
    private Optional<Positions> targetPosition = Optional.empty();

    @Option(
            names = "--target-layer",
            paramLabel = "LAYERS",
            converter = LayersConverter.class,
            description = {
                "the layer it is written into; the source layer unless given, with --grid all"
            })
    private Optional<Layers> targetLayer = Optional.empty();

    @Option(
            names = "--target-model",
            paramLabel = "MODEL",
            description = "reads the target prompt, if another; of the same width")
    private Optional<String> targetModel = Optional.empty();

    @Option(
            names = "--tokens",
            paramLabel = "N",
            defaultValue = "20",
            description = "how many tokens the answer has at most; 20 unless given")
    private int tokens;

    @Option(names = "--grid", description = "all pairs of layers")
    private boolean grid;

    @Option(
            names = "--top",
            paramLabel = "K",
            description = "with --grid, how many of the most probable tokens are kept of each cell")
    private Optional<Integer> top = Optional.empty();

    @Option(
            names = "--resume",
            paramLabel = "FILE",
            description = {
                "with --grid, keep finished cells in a file, and take from it those that are"
                        + " there already"
            })
    private Optional<Path> journal = Optional.empty();

    /**
     * The command.
     *
     * @param session where it writes
     */
    public PatchCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        checkChoices();
        Output out = grid ? output.plan(session) : output.plan(session, Format.CSV);
        try (HookedModel loaded = model.load(session);
                Target other = Target.of(session, targetModel, model, loaded)) {
            if (grid) {
                LayerGrid result = sweep(loaded, other.model());
                out.write(
                        new Rendering(
                                result::toString, result::toJson, result::toCsv, result::page));
            } else {
                PatchscopeResult result = single(loaded, other.model()).run();
                out.write(
                        new Rendering(
                                result::toString, result::toJson, result::toString, result::page));
            }
        }
        return ExitStatus.OK.code();
    }

    private void checkChoices() {
        if (!grid && sourceLayer.isEmpty()) {
            throw new UsageException(
                    "--source-layer is missing: name one layer, or ask for all pairs with --grid");
        }
        if (!grid && (top.isPresent() || journal.isPresent())) {
            throw new UsageException("--top and --resume are for --grid");
        }
    }

    private Patchscope single(HookedModel loaded, HookedModel other) {
        int from = one("--source-layer", sourceLayer.orElseThrow(), loaded);
        Layers to = targetLayer.orElseGet(sourceLayer::orElseThrow);
        return patchscope(loaded, other, from, one("--target-layer", to, other));
    }

    private static int one(String option, Layers layers, HookedModel of) {
        ImmutableIntArray all = layers.resolve(of);
        if (all.length() != 1) {
            throw new UsageException(
                    "%s names %d layers: name one, or ask for pairs of layers with --grid"
                            .formatted(option, all.length()));
        }
        return all.get(0);
    }

    private LayerGrid sweep(HookedModel loaded, HookedModel other) {
        Layers from = sourceLayer.orElseGet(Layers::all);
        Layers to = targetLayer.orElseGet(Layers::all);
        PatchscopeSweep pairs =
                patchscope(loaded, other, from.resolve(loaded).get(0), to.resolve(other).get(0))
                        .sweep()
                        .layers(from, to);
        PatchscopeSweep reading = top.map(pairs::reading).orElse(pairs);
        PatchscopeSweep sweep = journal.map(reading::resume).orElse(reading);
        try {
            return Work.run(session, "patching", progress -> sweep.progress(progress).run().get(0));
        } catch (CancellationException e) {
            throw new StoppedException(
                    journal.map(
                                    "the finished cells are in %s: the same command goes on there"
                                            ::formatted)
                            .orElse("with --resume FILE, finished cells are kept for next time"));
        }
    }

    private Patchscope patchscope(HookedModel loaded, HookedModel other, int from, int to) {
        PatchscopeBuilder builder =
                Patchscope.on(loaded)
                        .sourcePrompt(source)
                        .sourcePosition(sourcePosition)
                        .sourceLayer(from)
                        .targetModel(other)
                        .targetPrompt(targetPrompt())
                        .targetLayer(to)
                        .maxNewTokens(tokens);
        targetPosition.ifPresent(builder::targetPosition);
        return builder.build();
    }

    private TargetPrompt targetPrompt() {
        return switch (target) {
            case "token-identity" -> TargetPrompt.tokenIdentity();
            case "entity-description" -> TargetPrompt.entityDescription();
            default -> TargetPrompt.of(target);
        };
    }
}
