package dev.patchscopes.lens.probe;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.Ints;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.measure.Rate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;

/** Trains the probe of one layer, and beside it those of the two tasks that should fail. */
final class LayerTrainer {

    private final ModelIdentity model;
    private final ImmutableList<String> classes;
    private final int[] labels; // [example]
    private final int[] shuffled; // of the training examples
    private final ControlTask control;
    private final ProbeSplit split;
    private final int testGroups;
    private final ImmutableDoubleArray cs; // ascending
    private final LogisticRegression.Stopping stopping;

    LayerTrainer(
            ModelIdentity model,
            ImmutableList<String> classes,
            int[] labels,
            ControlTask control,
            ProbeSplit split,
            int testGroups,
            ImmutableDoubleArray cs,
            LogisticRegression.Stopping stopping,
            long shuffling) {
        this.model = model;
        this.classes = classes;
        this.labels = labels;
        this.control = control;
        this.split = split;
        this.testGroups = testGroups;
        this.cs = cs;
        this.stopping = stopping;
        this.shuffled = shuffled(ProbeSplit.at(split.train(), labels), new Random(shuffling));
    }

    static int[] shuffled(int[] values, Random random) {
        List<Integer> out = new ArrayList<>(Ints.asList(values));
        Collections.shuffle(out, random);
        return Ints.toArray(out);
    }

    /** {@return accuracy on the test examples of always naming the most frequent training label} */
    Rate majority() {
        int[] counts = new int[classes.size()];
        for (int row : split.train()) {
            counts[labels[row]]++;
        }
        int most = 0;
        for (int k = 1; k < counts.length; k++) {
            most = counts[k] > counts[most] ? k : most;
        }
        int[] predicted = new int[split.test().length];
        Arrays.fill(predicted, most);
        return accuracy(ProbeSplit.at(split.test(), labels), predicted);
    }

    /** Examples of a group are not independent, so each group counts as one trial. */
    private Rate accuracy(int[] truth, int[] predicted) {
        return new Rate(Metrics.right(truth, predicted), truth.length, testGroups);
    }

    /** The best of the values of C, as told by the validation examples. */
    private record Chosen(double c, LogisticRegression fit, double accuracy, double loss) {}

    /**
     * @param states [example][d_model]
     */
    LayerProbe train(int layer, float[][] states) {
        Standardizer standardizer = Standardizer.of(states, split.train());
        double[][] train = standardizer.apply(states, split.train());
        double[][] test = standardizer.apply(states, split.test());
        Chosen chosen = choose(train, standardizer.apply(states, split.validation()));
        int[] truth = ProbeSplit.at(split.test(), labels);
        int[] predicted = Metrics.predicted(chosen.fit.probabilities(test));
        int[] byShuffled =
                Metrics.predicted(
                        fit(train, shuffled, chosen.c, new double[0]).probabilities(test));
        int[] drawn = ProbeSplit.at(split.train(), control.labels());
        LogisticRegression controlFit = fit(train, drawn, chosen.c, new double[0]);
        int[] byControl = Metrics.predicted(controlFit.probabilities(test));
        LayerScore score =
                new LayerScore(
                        layer,
                        chosen.c,
                        chosen.fit.iterations(),
                        chosen.fit.converged(),
                        chosen.accuracy,
                        chosen.loss,
                        accuracy(truth, predicted),
                        Metrics.macroF1(truth, predicted, classes.size()),
                        accuracy(truth, byShuffled),
                        accuracy(ProbeSplit.at(split.test(), control.labels()), byControl),
                        Metrics.accuracy(
                                drawn, Metrics.predicted(controlFit.probabilities(train))));
        return new LayerProbe(score, probe(layer, chosen.fit, standardizer));
    }

    private Chosen choose(double[][] train, double[][] validation) {
        int[] labelsOfTrain = ProbeSplit.at(split.train(), labels);
        int[] truth = ProbeSplit.at(split.validation(), labels);
        List<Chosen> tried = new ArrayList<>();
        double[] start = new double[0];
        for (double c : cs.toArray()) {
            LogisticRegression fit = fit(train, labelsOfTrain, c, start);
            start = fit.parameters(); // near the next, less penalised one
            double[][] probabilities = fit.probabilities(validation);
            double right = Metrics.accuracy(truth, Metrics.predicted(probabilities));
            tried.add(new Chosen(c, fit, right, Metrics.logLoss(truth, probabilities)));
        }
        return Collections.min(tried, Comparator.comparingDouble(Chosen::loss));
    }

    private LogisticRegression fit(double[][] features, int[] of, double c, double[] start) {
        return LogisticRegression.fit(features, of, classes.size(), c, start, stopping);
    }

    /** W (h - mean) / scale + b as one affine map of h. */
    private LinearProbe probe(int layer, LogisticRegression fit, Standardizer standardizer) {
        int width = standardizer.means().length;
        double[] weights = new double[classes.size() * width]; // [class, d_model]
        double[] biases = new double[classes.size()];
        for (int k = 0; k < biases.length; k++) {
            double bias = fit.parameters()[classes.size() * width + k];
            for (int j = 0; j < width; j++) {
                double weight = fit.parameters()[k * width + j] / standardizer.scales()[j];
                weights[k * width + j] = weight;
                bias -= weight * standardizer.means()[j];
            }
            biases[k] = bias;
        }
        return new LinearProbe(
                model,
                layer,
                classes,
                ImmutableDoubleArray.copyOf(weights),
                ImmutableDoubleArray.copyOf(biases));
    }
}
