package dev.patchscopes.examples.cli;

import dev.patchscopes.Layers;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.trace.entity.EntityDescription;
import dev.patchscopes.trace.entity.EntityReport;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Describes names, layer by layer. */
@Command(
        name = "describe",
        mixinStandardHelpOptions = true,
        description = "Lets a model say, layer by layer, what it takes a name for.",
        footer = {
            "",
            "Example: two people at layers 0 to 5",
            "",
            "  describe 'Marie Curie' 'Leonardo DiCaprio' --layers 0..5"
        })
public final class DescribeCommand implements Callable<Integer> {

    private final Session session;

    @Mixin private final ModelOptions model = new ModelOptions();
    @Mixin private final OutputOptions output = new OutputOptions();

    @Parameters(arity = "1..*", paramLabel = "NAME", description = "names, in quotes if of words")
    private List<String> names = List.of();

    @Option(
            names = "--layers",
            paramLabel = "LAYERS",
            defaultValue = "all",
            converter = LayersConverter.class,
            description = {
                "where names are read, and written unless --target-layers says otherwise: "
                        + LayersConverter.SYNTAX
                        + "; all unless given"
            })
    private Layers layers;

    @Option(
            names = "--target-layers",
            paramLabel = "LAYERS",
            converter = LayersConverter.class,
            description = "where they are written: each of --layers into each of these")
    private Optional<Layers> targetLayers = Optional.empty();

    @Option(
            names = "--target-model",
            paramLabel = "MODEL",
            description = "describes what --model has read, if another; of the same width")
    private Optional<String> targetModel = Optional.empty();

    @Option(
            names = "--tokens",
            paramLabel = "N",
            defaultValue = "20",
            description = "how many tokens a description has at most; 20 unless given")
    private int tokens;

    @Option(
            names = "--hide-placeholder",
            description = "cut the blocks below the patch off from the placeholder itself")
    private boolean hide;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "seed of the random vectors described beside; 0 unless given",
            defaultValue = "0")
    private long seed;

    /**
     * The command.
     *
     * @param session where it writes
     */
    public DescribeCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        Output out = output.plan(session);
        try (HookedModel loaded = model.load(session);
                Target other = Target.of(session, targetModel, model, loaded)) {
            EntityDescription description = description(loaded, other.model());
            EntityReport report =
                    Work.run(
                            session,
                            "describing",
                            progress -> description.progress(progress).describe(names));
            out.write(new Rendering(report::toString, report::toJson, report::toCsv, report::page));
        }
        return ExitStatus.OK.code();
    }

    private EntityDescription description(HookedModel loaded, HookedModel other) {
        EntityDescription description =
                EntityDescription.of(loaded).targetModel(other).maxNewTokens(tokens).seed(seed);
        description =
                targetLayers.isPresent()
                        ? description.layers(layers, targetLayers.get())
                        : description.layers(layers);
        return hide ? description.hidingPlaceholder() : description;
    }
}
