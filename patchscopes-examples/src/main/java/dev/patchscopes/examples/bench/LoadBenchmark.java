package dev.patchscopes.examples.bench;

import dev.patchscopes.model.HookedModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Loading a float32 checkpoint whose file is in the page cache: time, and peak memory beside size.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 0)
@Measurement(iterations = 1)
@Fork(3)
public class LoadBenchmark {

    /** Made by the harness. */
    public LoadBenchmark() {}

    /** The checkpoint, and the memory of a program that has loaded libtorch and a tiny model. */
    @State(Scope.Benchmark)
    public static class Checkpoint {

        /** Blocks and width. */
        @Param({"12x768", "24x1024"})
        public String size;

        private Path directory;
        private double before;

        /** Made by the harness. */
        public Checkpoint() {}

        /** Writes the checkpoint. */
        @Setup(Level.Trial)
        public void setUp() {
            HookedModel.load(RandomCheckpoint.of("2x64").write()).close();
            directory = RandomCheckpoint.of(size).write();
            before = mebibytes("VmHWM");
        }
    }

    /** Memory in MiB. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Memory {

        /** Parameters. */
        public double weightsMiB;

        /** Largest resident memory while loading, less that before it. */
        public double peakMiB;

        /** Made by the harness. */
        public Memory() {}
    }

    /**
     * Loads the checkpoint.
     *
     * @param files what to load
     * @param memory takes the figures
     * @return number of blocks
     */
    @Benchmark
    public int load(Checkpoint files, Memory memory) {
        try (HookedModel model = HookedModel.load(files.directory)) {
            memory.weightsMiB = model.summary().weightBytes() / 1048576.0;
            memory.peakMiB = mebibytes("VmHWM") - files.before;
            return model.layers();
        }
    }

    /** A line of the process's status, on Linux. */
    private static double mebibytes(String field) {
        try {
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith(field))
                    .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) / 1024)
                    .findFirst()
                    .orElse(Double.NaN);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
