package dev.patchscopes.examples.cli;

import dev.patchscopes.examples.demo.training.CorpusSource;
import dev.patchscopes.lens.tuned.LensFileException;
import dev.patchscopes.lens.tuned.TrainingHistory;
import dev.patchscopes.lens.tuned.TunedLens;
import dev.patchscopes.lens.tuned.TunedTraining;
import dev.patchscopes.model.HookedModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Trains a tuned lens. */
@Command(
        name = "train-lens",
        mixinStandardHelpOptions = true,
        description = {
            "Trains a tuned lens on texts, and writes it to a folder.",
            "",
            "Stopped, as by Ctrl-C, it goes on with --resume."
        },
        footer = {
            "",
            "Example: a lens in 20 steps, and what it reads",
            "",
            "  train-lens --texts demo --steps 20 --output target/lens",
            "  read --prompt 'The capital of France is' --lens tuned --lens-dir target/lens"
        })
public final class TrainLensCommand implements Callable<Integer> {

    /** Documents far from those that lenses are evaluated on. */
    private static final long DEMO_FROM = CorpusSource.HELD_OUT + (1L << 40);

    private static final int STEPS_BETWEEN_SNAPSHOTS = 10;

    private final Session session;

    @Mixin private final ModelOptions model = new ModelOptions();
    @Mixin private final TextsOptions texts = new TextsOptions();

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "DIR",
            description = {
                "folder of the lens, of its own; written whole or not at all, and a lens that is"
                        + " there is replaced. While training, DIR.snapshot is kept beside it"
            })
    private Path folder;

    @Option(names = "--steps", paramLabel = "N", description = "how many steps; 200 unless given")
    private Optional<Integer> steps = Optional.empty();

    @Option(
            names = "--tokens",
            paramLabel = "N",
            description = "how many tokens a step reads, a multiple of 128; 4096 unless given")
    private Optional<Integer> tokens = Optional.empty();

    @Option(
            names = "--repeating",
            description = "read the texts again where they are too few for all steps")
    private boolean repeating;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "42",
            description = "seed of the order in which texts are read; 42 unless given")
    private long seed;

    @Option(names = "--resume", description = "go on from DIR.snapshot")
    private boolean resume;

    @Option(
            names = "--history",
            paramLabel = "FILE",
            description = {
                "also write the losses of all steps: text, csv, html, markdown, svg or png, as the"
                        + " file's name ends"
            })
    private Optional<Path> history = Optional.empty();

    /**
     * The command.
     *
     * @param session where it writes
     */
    public TrainLensCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        Path snapshot = snapshot();
        checkPlaces(snapshot);
        Optional<Output> losses = history.map(file -> Output.to(file, session, Format.JSON));
        try (HookedModel loaded = model.load(session);
                TunedLens lens = train(training(loaded, snapshot))) {
            lens.save(folder);
            Files.deleteIfExists(snapshot);
            losses.ifPresent(output -> output.write(lossesOf(lens.history())));
            session.console().out().printf("%s%n%s%n", lens, lens.history());
            session.note("wrote " + folder);
        } catch (CancellationException e) {
            throw new StoppedException(
                    Files.exists(snapshot)
                            ? "%s holds what was reached: the same command with --resume goes on there"
                                    .formatted(snapshot)
                            : "no step was finished");
        } catch (LensFileException e) {
            throw new UsageException(e.getMessage());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return ExitStatus.OK.code();
    }

    private static Rendering lossesOf(TrainingHistory history) {
        return new Rendering(history::toString, history::toString, history::toCsv, history::page);
    }

    private TunedLens train(TunedTraining training) {
        return Work.run(session, "training", progress -> training.progress(progress).fit());
    }

    private Path snapshot() {
        return folder.resolveSibling(folder.getFileName() + ".snapshot");
    }

    /** Looks before hours of work, not after them. */
    private void checkPlaces(Path snapshot) {
        Path parent = folder.toAbsolutePath().getParent();
        if (!Files.isDirectory(parent)) {
            throw new UsageException(
                    "--output %s: there is no directory %s; make it first"
                            .formatted(folder, parent));
        }
        if (Files.exists(folder) && !Files.exists(folder.resolve("config.json"))) {
            throw new UsageException(
                    "--output %s is there and is no lens: name a folder of its own"
                            .formatted(folder));
        }
        if (resume && !Files.exists(snapshot)) {
            throw new UsageException(
                    "--resume: there is no %s to go on from; leave it out to begin"
                            .formatted(snapshot));
        }
        if (!resume && Files.exists(snapshot)) {
            throw new UsageException(
                    "%s is left of a training that was stopped: go on with --resume, or delete it"
                            .formatted(snapshot));
        }
    }

    private TunedTraining training(HookedModel loaded, Path snapshot) {
        TunedTraining training =
                TunedLens.train(loaded)
                        .on(texts.open(DEMO_FROM, seed))
                        .seed(seed)
                        .snapshots(snapshot, STEPS_BETWEEN_SNAPSHOTS);
        training = steps.isPresent() ? training.steps(steps.get()) : training;
        training = tokens.isPresent() ? training.tokensPerStep(tokens.get()) : training;
        return repeating ? training.repeating() : training;
    }
}
