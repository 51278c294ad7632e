package dev.patchscopes.examples.soak;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * What the process holds while nobody works.
 *
 * @param seconds since the start
 * @param done tasks done until then
 * @param arrays native arrays alive, whoever owns them
 * @param residentKib resident memory, KiB
 * @param heapKib Java's heap in use after a collection, KiB
 * @param threads Java threads
 * @param descriptors open files
 * @param entries entries of the folder that tasks write into
 */
record SoakSample(
        long seconds,
        long done,
        long arrays,
        long residentKib,
        long heapKib,
        long threads,
        long descriptors,
        long entries) {

    static final String HEADER =
            "seconds,done,arrays,resident_kib,heap_kib,threads,descriptors,entries";

    static SoakSample take(long seconds, long done, Path folder) throws IOException {
        System.gc(); // also hands back direct buffers
        long arrays;
        try (NDManager probe = NDManager.newBaseManager("PyTorch")) {
            arrays = probe.getParentManager().getManagedArrays().size();
        }
        return new SoakSample(
                seconds,
                done,
                arrays,
                readResidentKib(),
                ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / 1024,
                ManagementFactory.getThreadMXBean().getThreadCount(),
                entries(Path.of("/proc/self/fd")),
                entries(folder));
    }

    private static long readResidentKib() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static long entries(Path directory) throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.count();
        }
    }

    String toCsv() {
        return "%d,%d,%d,%d,%d,%d,%d,%d"
                .formatted(
                        seconds, done, arrays, residentKib, heapKib, threads, descriptors, entries);
    }

    static SoakSample ofCsv(String line) {
        long[] values = Stream.of(line.split(",", -1)).mapToLong(Long::parseLong).toArray();
        return new SoakSample(
                values[0], values[1], values[2], values[3], values[4], values[5], values[6],
                values[7]);
    }
}
