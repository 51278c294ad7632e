package dev.patchscopes.lens.relation;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.linear.LowRank;
import dev.patchscopes.linear.Svd;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.Reading;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.function.Supplier;

/** Chooses a layer and a rank for every method that edits, on the validation half. */
final class EditScores {
    private final HookedModel model;
    private final List<EditPair> validation;
    private final ImmutableMap<Integer, double[]> rows;
    private final Steps steps;
    private final Best<EditMethod, Edit> best = new Best<>(EditMethod.class);

    /**
     * A way to edit.
     *
     * @param rank 0 without one
     * @param prepared makes, once for many pairs, what goes in place of the source's h [d_model]
     */
    private record Edit(
            EditMethod method,
            int layer,
            int rank,
            Supplier<Function<EditPair, double[]>> prepared) {

        static Edit plain(EditMethod method, int layer, Function<EditPair, double[]> replacement) {
            return new Edit(method, layer, 0, () -> replacement);
        }
    }

    private record Made(Edit edit, EditPair pair) {}

    /**
     * @param rows rows of the unembedding
     */
    EditScores(
            HookedModel model,
            List<EditPair> validation,
            ImmutableMap<Integer, double[]> rows,
            Steps steps) {
        this.model = model;
        this.validation = validation;
        this.rows = rows;
        this.steps = steps;
    }

    /** Whether there is anything to choose by: a pair of the validation half. */
    boolean canChoose() {
        return !validation.isEmpty();
    }

    /** Offers a layer's edits of every rank, and its baselines. */
    void offer(int layer, Svd svd, List<Integer> ranks) {
        checkState(canChoose(), "no pair of the validation half can be edited");
        List<Edit> edits = new ArrayList<>();
        int most = svd.rank();
        for (int rank : ranks) {
            if (rank <= most) {
                edits.add(linear(layer, svd, rank));
            }
        }
        edits.add(
                Edit.plain(
                        EditMethod.SUBSTITUTE_SUBJECT,
                        layer,
                        pair -> pair.target().states().at(layer)));
        edits.add(
                Edit.plain(
                        EditMethod.SUBSTITUTE_OBJECT,
                        layer,
                        pair -> pair.target().states().object()));
        edits.add(
                Edit.plain(
                        EditMethod.UNEMBEDDING_ROW,
                        layer,
                        pair ->
                                Baselines.scaledTo(
                                        rows.get(pair.target().key().token()),
                                        Baselines.norm(pair.source().states().at(layer)))));
        ImmutableList<EditOutcome> outcomes = run(0, validation, edits);
        int at = 0;
        for (Edit edit : edits) {
            int hits = 0;
            double probability = 0;
            for (int i = 0; i < validation.size(); i++) {
                EditOutcome outcome = outcomes.get(at++);
                hits += outcome.prefixRight() ? 1 : 0;
                probability += outcome.targetProbability();
            }
            best.offer(edit.method, edit, hits, probability);
        }
    }

    private static Edit linear(int layer, Svd svd, int rank) {
        return new Edit(
                EditMethod.LINEAR_RELATION,
                layer,
                rank,
                () -> {
                    LowRank inverse = svd.pseudoInverse(rank);
                    return pair -> {
                        SubjectStates source = pair.source().states();
                        double[] dz =
                                Baselines.minus(pair.target().states().object(), source.object());
                        return RelationEdit.plus(source.at(layer), inverse.times(dz));
                    };
                });
    }

    int layer() {
        return best.of(EditMethod.LINEAR_RELATION).layer;
    }

    int rank() {
        return best.of(EditMethod.LINEAR_RELATION).rank;
    }

    boolean hasLinear() {
        return best.has(EditMethod.LINEAR_RELATION);
    }

    /** Edits the test half with what was chosen, and the controls. */
    ImmutableList<EditOutcome> outcomes(int trial, List<EditPair> test, Random random) {
        Edit linear = best.of(EditMethod.LINEAR_RELATION);
        Edit subject = best.of(EditMethod.SUBSTITUTE_SUBJECT);
        Function<EditPair, double[]> moves = linear.prepared.get();
        List<Edit> edits = new ArrayList<>();
        edits.add(linear);
        edits.add(subject);
        edits.add(best.of(EditMethod.SUBSTITUTE_OBJECT));
        edits.add(best.of(EditMethod.UNEMBEDDING_ROW));
        edits.add(
                Edit.plain(
                        EditMethod.RANDOM_SUBJECT,
                        subject.layer,
                        pair -> pair.other().orElseThrow().states().at(subject.layer)));
        edits.add(
                Edit.plain(
                        EditMethod.RANDOM_DIRECTION,
                        linear.layer,
                        pair -> {
                            double[] h = pair.source().states().at(linear.layer);
                            double[] moved = moves.apply(pair);
                            return RelationEdit.plus(
                                    h,
                                    Baselines.scaledTo(
                                            gaussian(random, h.length),
                                            Baselines.norm(Baselines.minus(moved, h))));
                        }));
        return run(trial, test, edits);
    }

    private static double[] gaussian(Random random, int length) {
        double[] out = new double[length];
        Arrays.setAll(out, i -> random.nextGaussian());
        return out;
    }

    /** All edits of all pairs in one sweep; outcomes of one edit stand together. */
    private ImmutableList<EditOutcome> run(int trial, List<EditPair> pairs, List<Edit> edits) {
        List<Made> made = new ArrayList<>();
        List<Cell> cells = new ArrayList<>();
        if (pairs.isEmpty()) {
            return ImmutableList.of(); // all objects are alike
        }
        for (Edit edit : edits) {
            Function<EditPair, double[]> replacement = edit.prepared.get();
            for (int p = 0; p < pairs.size(); p++) {
                EditPair pair = pairs.get(p);
                if (edit.method == EditMethod.RANDOM_SUBJECT && pair.other().isEmpty()) {
                    continue;
                }
                made.add(new Made(edit, pair));
                cells.add(
                        Cell.of(
                                p,
                                Intervention.replace(
                                        HookPoint.residual(edit.layer),
                                        pair.source().states().prompt().subjectToken(),
                                        replacement.apply(pair))));
            }
        }
        int[] tokens =
                pairs.stream()
                        .flatMap(pair -> List.of(pair.source(), pair.target()).stream())
                        .mapToInt(subject -> subject.key().token())
                        .distinct()
                        .toArray();
        ImmutableIntArray read = ImmutableIntArray.copyOf(tokens);
        List<CellResult> results =
                model.sweep(
                                pairs.stream()
                                        .map(
                                                pair ->
                                                        BaseRun.of(
                                                                pair.source()
                                                                        .states()
                                                                        .prompt()
                                                                        .tokens()))
                                        .toList())
                        .cells(cells)
                        .reading(Reading.probabilitiesOf(tokens))
                        .progress(steps.within())
                        .execute();
        ImmutableList.Builder<EditOutcome> out = ImmutableList.builder();
        for (int i = 0; i < cells.size(); i++) {
            out.add(outcome(trial, made.get(i).edit, made.get(i).pair, results.get(i), read));
        }
        return out.build();
    }

    private static EditOutcome outcome(
            int trial, Edit edit, EditPair pair, CellResult result, ImmutableIntArray read) {
        AnswerKey wanted = pair.target().key();
        int top = result.top().get(0).id();
        return new EditOutcome(
                trial,
                edit.method,
                edit.layer,
                edit.rank,
                pair.source().sample().subject(),
                pair.source().sample().object(),
                pair.target().sample().subject(),
                pair.target().sample().object(),
                result.top().get(0),
                wanted.accepts(AnswerRule.PREFIX, top),
                wanted.accepts(AnswerRule.FIRST_TOKEN, top),
                result.probabilities().get(read.indexOf(wanted.token())),
                result.probabilities().get(read.indexOf(pair.source().key().token())));
    }
}
