package dev.patchscopes.lens.feature;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Lists;
import dev.patchscopes.PatchscopeException;
import dev.patchscopes.internal.RandomVector;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.measure.Scoring;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Patch;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.Sweep;
import dev.patchscopes.text.CharSpan;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.Quoting;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** A feature extraction at work: the direct questions first, then the cells of what counts. */
final class FeatureRun {

    /** Cells of one sweep, which holds the results of all of its cells until its end. */
    private static final int CELLS_AT_ONCE = 16_384;

    private final HookedModel model;
    private final FeatureProvenance plan;
    private final Optional<Long> budget;
    private final Progress progress;

    /** A sample with its place among all, by which its random vectors are drawn. */
    private record Indexed(int index, FeatureSample sample) {}

    FeatureRun(
            HookedModel model, FeatureProvenance plan, Optional<Long> budget, Progress progress) {
        this.model = model;
        this.plan = plan;
        this.budget = budget;
        this.progress = progress;
    }

    FeatureExtractionReport run(List<FeatureSample> samples) {
        ImmutableMap<String, String> direct = direct(samples);
        List<Indexed> counted =
                IntStream.range(0, samples.size())
                        .mapToObj(i -> new Indexed(i, samples.get(i)))
                        .filter(s -> counts(s.sample, direct.get(s.sample.fact().subject())))
                        .toList();
        if (counted.isEmpty()) {
            throw new PatchscopeException(
                    "%s answers the direct question of none of the %d samples (%s -> %s): nothing counts; word the target prompt otherwise, or countAll()"
                            .formatted(
                                    model.name(),
                                    samples.size(),
                                    Quoting.quote(question(samples.get(0).fact().subject())),
                                    Quoting.quoteShort(
                                            direct.get(samples.get(0).fact().subject()))));
        }
        Map<Integer, SampleReading> read = new HashMap<>();
        List<List<Indexed>> parts =
                Lists.partition(counted, Math.max(1, CELLS_AT_ONCE / cellsOfSample()));
        Steps steps =
                new Steps(
                        progress,
                        "the feature extraction",
                        (long) counted.size() * cellsOfSample() + parts.size());
        return steps.during(
                () -> {
                    String placeholder = "";
                    for (List<Indexed> part : parts) {
                        placeholder =
                                sweep(
                                        part,
                                        direct,
                                        read,
                                        steps.inParts()); // the same in every part
                        steps.done((long) part.size() * cellsOfSample() + 1);
                    }
                    return new FeatureExtractionReport(
                            plan,
                            placeholder,
                            IntStream.range(0, samples.size())
                                    .mapToObj(
                                            i ->
                                                    read.getOrDefault(
                                                            i, unread(samples.get(i), direct)))
                                    .toList());
                });
    }

    private static SampleReading unread(FeatureSample sample, Map<String, String> direct) {
        return new SampleReading(
                sample,
                direct.get(sample.fact().subject()),
                ImmutableList.of(),
                ImmutableList.of());
    }

    private boolean counts(FeatureSample sample, String direct) {
        return plan.countsAll()
                || Arrays.stream(Scoring.values()).anyMatch(s -> s.finds(direct, sample.fact()));
    }

    private int cellsOfSample() {
        return 2 * plan.sourceLayers().length() * plan.targetLayers().length();
    }

    // ---- the direct questions -------------------------------------------------------------------

    /** The target prompt with a subject in place of the placeholder. */
    private String question(String subject) {
        CharSpan span = plan.target().placeholder().orElseThrow();
        String text = plan.target().text();
        return text.substring(0, span.start()) + subject + text.substring(span.end());
    }

    /** The answer for each subject. */
    private ImmutableMap<String, String> direct(List<FeatureSample> samples) {
        List<String> subjects = samples.stream().map(s -> s.fact().subject()).distinct().toList();
        List<CellResult> results =
                sweep(
                                subjects.stream()
                                        .map(s -> BaseRun.of(model.tokenize(question(s))))
                                        .toList(),
                                IntStream.range(0, subjects.size()).mapToObj(Cell::of).toList(),
                                plan.directTokens(),
                                Steps.quiet(progress))
                        .execute();
        ImmutableMap.Builder<String, String> out = ImmutableMap.builder();
        for (int i = 0; i < subjects.size(); i++) {
            out.put(subjects.get(i), text(results.get(i)));
        }
        return out.buildOrThrow();
    }

    private Sweep sweep(List<BaseRun> bases, List<Cell> cells, int newTokens, Progress listener) {
        Sweep sweep = model.sweep(bases).cells(cells).generate(newTokens).progress(listener);
        return budget.map(sweep::memoryBudget).orElse(sweep);
    }

    private static String text(CellResult result) {
        return result.generation().orElseThrow().text();
    }

    // ---- the cells ------------------------------------------------------------------------------

    /**
     * Computes the cells of some samples.
     *
     * @return the answer of the target prompt without a patch
     */
    private String sweep(
            List<Indexed> samples,
            Map<String, String> direct,
            Map<Integer, SampleReading> read,
            Progress listener) {
        TokenizedPrompt target = model.tokenize(plan.target().text());
        Positions written = Positions.at(plan.target().resolve(target));
        List<BaseRun> bases = new ArrayList<>(List.of(BaseRun.of(target)));
        List<Cell> cells = new ArrayList<>();
        for (Indexed sample : samples) {
            TokenizedPrompt sentence = model.tokenize(sample.sample.sentence());
            bases.add(BaseRun.of(sentence));
            Positions from = Positions.at(sample.sample.position(sentence));
            cells.addAll(cells(sample, bases.size() - 1, from, written, false));
            cells.addAll(cells(sample, bases.size() - 1, from, written, true));
        }
        cells.add(Cell.of(0)); // without a patch
        List<String> texts =
                sweep(bases, cells, plan.newTokens(), listener)
                        .stopWhen((cell, text) -> isFound(samples, cell, text))
                        .execute()
                        .stream()
                        .map(FeatureRun::text)
                        .toList();
        int half = cellsOfSample() / 2;
        for (int i = 0; i < samples.size(); i++) {
            int first = i * cellsOfSample();
            FeatureSample sample = samples.get(i).sample;
            read.put(
                    samples.get(i).index,
                    new SampleReading(
                            sample,
                            direct.get(sample.fact().subject()),
                            ImmutableList.copyOf(texts.subList(first, first + half)),
                            ImmutableList.copyOf(texts.subList(first + half, first + 2 * half))));
        }
        return texts.get(texts.size() - 1);
    }

    private boolean isFound(List<Indexed> samples, int cell, String text) {
        int index = cell / cellsOfSample();
        return index < samples.size() // the last cell has no patch, and no sample
                && Scoring.isFound(text, samples.get(index).sample.fact());
    }

    private List<Cell> cells(
            Indexed sample, int base, Positions from, Positions written, boolean random) {
        List<Cell> cells = new ArrayList<>();
        for (int l : plan.sourceLayers().asList()) {
            // The cells of a row share a function, by which the sweep can tell that it is the same.
            RandomVector vector = new RandomVector(plan.seed(), sample.index, l);
            for (int to : plan.targetLayers().asList()) {
                Patch patch =
                        Patch.of(base, HookPoint.residual(l), from)
                                .to(HookPoint.residual(to), written);
                cells.add(
                        Cell.of(0)
                                .patched(random ? patch.mapped(vector.toString(), vector) : patch));
            }
        }
        return cells;
    }
}
