package dev.patchscopes.lens;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import dev.patchscopes.model.StateReading;
import dev.patchscopes.model.TokenScore;
import dev.patchscopes.report.AxisLabels;
import dev.patchscopes.report.HeatCell;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.Measure;
import dev.patchscopes.report.RankedItem;
import dev.patchscopes.text.Quoting;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** Readings as heat maps. */
final class LensFigures {
    private LensFigures() {}

    static Heatmap heatmap(LensReading reading) {
        return Heatmap.of(
                        title(reading),
                        AxisLabels.of(
                                "layer",
                                IntStream.range(0, reading.points().size())
                                        .mapToObj(row -> LensTable.label(reading, row))
                                        .toList()),
                        AxisLabels.tokens(
                                reading.positions().stream()
                                        .mapToObj(reading.prompt()::token)
                                        .toList()),
                        measures(reading),
                        (row, column) -> cell(reading.cells().get(row).get(column)))
                .withCaption(
                        "What the states of the model %s say of the next token, by layer and token. Marked: the model's own prediction."
                                .formatted(reading.model().name()));
    }

    /** The lens and the prompt. */
    static String title(LensReading reading) {
        return "%s of %s".formatted(reading.lens(), shown(reading.prompt()));
    }

    private static List<Measure> measures(LensReading reading) {
        List<Measure> all = new ArrayList<>();
        all.add(Measure.probability());
        all.add(Measure.entropy());
        all.add(Measure.divergence());
        all.add(Measure.of("surprisal under the model", "nats").from(0));
        all.add(Measure.probability().named("probability of the model's prediction"));
        all.add(Measure.rank().named("rank of the model's prediction"));
        all.add(Measure.probability().named("probability of the next token"));
        all.add(Measure.rank().named("rank of the next token"));
        for (String token : asked(reading)) {
            all.add(Measure.probability().named("probability of " + token));
            all.add(Measure.rank().named("rank of " + token));
        }
        return all;
    }

    /**
     * The tokens asked for, of every cell the same, each once: quoted, and with the id where
     * another looks alike.
     */
    private static List<String> asked(LensReading reading) {
        List<TokenScore> tokens =
                reading.cells().stream()
                        .flatMap(List::stream)
                        .findFirst()
                        .map(LensFigures::asked)
                        .orElse(List.of());
        return tokens.stream()
                .map(
                        token ->
                                Quoting.quote(token.piece())
                                        + (tokens.stream()
                                                                .filter(
                                                                        t ->
                                                                                t.piece()
                                                                                        .equals(
                                                                                                token
                                                                                                        .piece()))
                                                                .count()
                                                        > 1
                                                ? " (%s)".formatted(token.id())
                                                : ""))
                .toList();
    }

    private static List<TokenScore> asked(StateReading cell) {
        Set<Integer> seen = new HashSet<>();
        return cell.tokens().stream().filter(token -> seen.add(token.id())).toList();
    }

    private static HeatCell cell(StateReading cell) {
        ImmutableDoubleArray.Builder values = ImmutableDoubleArray.builder();
        values.add(cell.prediction().probability());
        values.add(cell.entropy());
        values.add(cell.divergence());
        values.add(cell.surprisalUnderFinal());
        add(values, Optional.of(cell.finalPrediction()));
        add(values, cell.next());
        asked(cell).forEach(token -> add(values, Optional.of(token)));
        return HeatCell.of(cell.prediction().piece(), values.build().toArray())
                .withMark(cell.prediction().id() == cell.finalPrediction().id())
                .withNote(note(cell))
                .withRanking(RankedItem.of(cell.top()));
    }

    private static void add(ImmutableDoubleArray.Builder values, Optional<TokenScore> score) {
        values.add(score.map(TokenScore::probability).orElse(Double.NaN));
        values.add(score.map(s -> place(s.rank())).orElse(Double.NaN));
    }

    /** Ranks count from 0, places on the scale from 1. */
    private static double place(int rank) {
        return rank + 1;
    }

    private static String note(StateReading cell) {
        String model = "the model predicts " + Quoting.quote(cell.finalPrediction().piece());
        return cell.next()
                .map(next -> "%s; %s follows".formatted(model, Quoting.quote(next.piece())))
                .orElse(model);
    }

    private static String shown(TokenizedPrompt prompt) {
        return prompt.text().isEmpty() ? prompt.toString() : Quoting.quoteShort(prompt.text());
    }

    /** One reading less another that differs in one thing. */
    static Heatmap difference(LensReading left, LensReading right) {
        checkArgument(
                left.points().equals(right.points()),
                "points %s of the one reading are not points %s of the other: read the same layers",
                left.points(),
                right.points());
        checkArgument(
                left.positions().length() == right.positions().length(),
                "one reading has %s positions, the other %s: read as many tokens of both prompts",
                left.positions().length(),
                right.positions().length());
        checkArgument(
                asked(left).equals(asked(right)),
                "tokens %s were asked for in the one reading, %s in the other: ask for the same",
                asked(left),
                asked(right));
        checkArgument(
                !left.prompt().ids().equals(right.prompt().ids())
                        || left.positions().equals(right.positions()),
                "one reading has positions %s, the other %s of the same prompt: read the same",
                left.positions(),
                right.positions());
        ImmutableList<String> changed = changed(left, right);
        checkArgument(
                changed.size() <= 1,
                "readings of another %s would differ for %s reasons at once: change one of them, or subtract their heatmap()s",
                String.join(" and another ", changed),
                changed.size());
        Heatmap difference = heatmap(left).minus(heatmap(right));
        return new Heatmap(
                changed.contains("prompt")
                        ? "%s of %s less that of %s"
                                .formatted(left.lens(), shown(left.prompt()), shown(right.prompt()))
                        : "%s less %s of %s"
                                .formatted(
                                        name(left, changed),
                                        name(right, changed),
                                        shown(left.prompt())),
                "What the first reads, less what the second reads. Two tokens in a cell: the second's → the first's. Marked: the first says what the model predicts.",
                difference.rows(),
                difference.columns(),
                difference.measures(),
                difference.cells());
    }

    /** The lens; where models are compared, the model too. */
    private static String name(LensReading reading, List<String> changed) {
        return changed.contains("model")
                ? "%s in %s".formatted(reading.lens(), reading.model().name())
                : reading.lens();
    }

    private static ImmutableList<String> changed(LensReading left, LensReading right) {
        ImmutableList.Builder<String> changed = ImmutableList.builder();
        if (!left.lens().equals(right.lens())) {
            changed.add("lens");
        }
        if (!left.model().contentHash().equals(right.model().contentHash())) {
            changed.add("model");
        }
        if (!left.prompt().ids().equals(right.prompt().ids())) {
            changed.add("prompt");
        }
        return changed.build();
    }
}
