package dev.patchscopes.lens;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.internal.TokensDigest;
import dev.patchscopes.measure.Estimate;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.StateReadings;
import dev.patchscopes.model.TensorActivations;
import dev.patchscopes.text.TokenizedPrompt;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** One run of an evaluation. */
final class LensEvaluator {
    private static final int TOP = 1; // precision at k is read off ranks
    private static final ImmutableList<LensMetric> METRICS =
            ImmutableList.copyOf(LensMetric.values());

    private final HookedModel model;
    private final LensEvaluation.Settings settings;
    private final ImmutableList<Lens> lenses;
    private final ImmutableList<HookPoint> points;
    private final TextSums sums;
    private final SplittableRandom random;
    private final TokensDigest digest = new TokensDigest();
    private int texts;
    private long states;
    private long tokens;
    private long bytes;

    LensEvaluator(HookedModel model, LensEvaluation.Settings settings) {
        this.model = model;
        this.settings = settings;
        this.lenses = settings.controls ? withControls() : settings.lenses;
        this.points =
                settings.layers.stream()
                        .mapToObj(HookPoint::residual)
                        .collect(ImmutableList.toImmutableList());
        this.sums = new TextSums(lenses.size() * points.size() * METRICS.size());
        this.random = new SplittableRandom(settings.seed);
    }

    private ImmutableList<Lens> withControls() {
        ImmutableList.Builder<Lens> all = ImmutableList.<Lens>builder().addAll(settings.lenses);
        for (Lens lens : settings.lenses) {
            all.add(new RandomVectorControl(lens, settings.seed));
            if (lens instanceof TokenIdentityLens identity) {
                all.add(identity.unpatched());
            }
        }
        return all.build();
    }

    LensReport run() {
        Steps steps = new Steps(settings.progress, "the evaluation", settings.texts.size());
        return steps.during(
                () -> {
                    for (String text : settings.texts) {
                        TokenizedPrompt prompt = cut(model.tokenize(text));
                        if (prompt.length() > settings.skipped) {
                            add(prompt);
                        }
                        steps.done();
                    }
                    checkArgument(
                            texts > 0,
                            "none of %s texts has more than %s tokens: nothing can be evaluated",
                            settings.texts.size(),
                            settings.skipped);
                    return report();
                });
    }

    private TokenizedPrompt cut(TokenizedPrompt prompt) {
        return prompt.length() <= settings.maxTokens
                ? prompt
                : Cells.upTo(prompt, settings.maxTokens - 1);
    }

    private void add(TokenizedPrompt prompt) {
        texts++;
        // a token that begins every text stands for none of its bytes
        tokens += prompt.tokens().stream().filter(token -> token.span().isPresent()).count();
        bytes += prompt.text().getBytes(StandardCharsets.UTF_8).length;
        digest.add(prompt.ids());
        ImmutableIntArray positions = positions(prompt);
        states += positions.length();
        HookPoint last = HookPoint.residual(model.layers());
        TextSums.Text text = sums.text();
        try (TensorActivations acts = model.run(prompt).capture(points).capture(last).tensors()) {
            LensReader.States own = new LensReader.States(acts, points, prompt);
            ImmutableIntArray next = LensReader.next(prompt, positions);
            for (int lens = 0; lens < lenses.size(); lens++) {
                StateReadings readings =
                        LensReader.read(own, positions, lenses.get(lens), next, TOP, new int[0]);
                add(text, lens, readings);
            }
        }
        text.done();
    }

    private ImmutableIntArray positions(TokenizedPrompt prompt) {
        if (settings.everyPosition) {
            return ImmutableIntArray.copyOf(IntStream.range(settings.skipped, prompt.length()));
        }
        return ImmutableIntArray.of(random.nextInt(settings.skipped, prompt.length()));
    }

    private void add(TextSums.Text text, int lens, StateReadings readings) {
        for (int point = 0; point < points.size(); point++) {
            for (LensMetric metric : METRICS) {
                for (int row = 0; row < readings.rows(); row++) {
                    if (!metric.needsNext() || readings.next(row).isPresent()) {
                        text.add(series(lens, point, metric), metric.of(readings, point, row));
                    }
                }
            }
        }
    }

    private int series(int lens, int point, LensMetric metric) {
        return (lens * points.size() + point) * METRICS.size() + METRICS.indexOf(metric);
    }

    private LensReport report() {
        Estimate[] estimates =
                sums.estimates(settings.resamples, settings.confidence, settings.seed);
        ImmutableList.Builder<LensReport.LensScores> scores = ImmutableList.builder();
        for (int lens = 0; lens < lenses.size(); lens++) {
            ImmutableList.Builder<LensReport.LayerScores> layers = ImmutableList.builder();
            for (int point = 0; point < points.size(); point++) {
                ImmutableMap.Builder<LensMetric, Estimate> of = ImmutableMap.builder();
                for (LensMetric metric : METRICS) {
                    of.put(metric, estimates[series(lens, point, metric)]);
                }
                layers.add(
                        new LensReport.LayerScores(settings.layers.get(point), of.buildOrThrow()));
            }
            scores.add(
                    new LensReport.LensScores(
                            lenses.get(lens).name(), lenses.get(lens).toString(), layers.build()));
        }
        return new LensReport(
                LibraryVersion.current(), ModelIdentity.of(model), setup(), scores.build());
    }

    private LensReport.Setup setup() {
        List<String> which =
                List.of(
                        settings.everyPosition ? "all positions" : "one random position a text",
                        settings.skipped == 0 ? "" : ", the first %d left out");
        return new LensReport.Setup(
                texts,
                states,
                tokens,
                bytes,
                digest.finish(),
                String.join("", which).formatted(settings.skipped),
                settings.maxTokens,
                settings.seed,
                settings.confidence,
                settings.resamples);
    }
}
