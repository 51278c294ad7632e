package dev.patchscopes.lens;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.reflect.ClassPath;
import dev.patchscopes.lens.feature.FeatureExtractionReport;
import dev.patchscopes.lens.feature.SampleReading;
import dev.patchscopes.lens.future.FutureLensReport;
import dev.patchscopes.lens.future.FutureReading;
import dev.patchscopes.lens.future.FutureScore;
import dev.patchscopes.lens.probe.ClassProbabilities;
import dev.patchscopes.lens.probe.LayerScore;
import dev.patchscopes.lens.probe.ProbeReport;
import dev.patchscopes.lens.probe.ProbeScores;
import dev.patchscopes.lens.relation.AttributeReading;
import dev.patchscopes.lens.relation.EditResult;
import dev.patchscopes.lens.relation.RelationReport;
import dev.patchscopes.lens.tuned.LayerTransfer;
import dev.patchscopes.lens.tuned.TrainingHistory;
import dev.patchscopes.report.Viewable;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Every result can be looked at. */
class ViewableTest {
    private static final Pattern RESULT =
            Pattern.compile(
                    ".*(Reading|Report|Result|Record|Score|Scores|History|Transfer|Probabilities)");

    /** Types that are called like results and have no picture, and why. */
    private static final ImmutableMap<Class<?>, String> WITHOUT =
            ImmutableMap.of(
                    SampleReading.class,
                            "knows no layers: FeatureExtractionReport.answers shows it",
                    LayerScore.class, "a point of ProbeScores.curves",
                    FutureScore.class, "a point of FutureLensReport.curves");

    @Test
    void allResultsAreViewable() throws IOException {
        ImmutableSet<Class<?>> results =
                ClassPath.from(ViewableTest.class.getClassLoader())
                        .getTopLevelClassesRecursive("dev.patchscopes.lens")
                        .stream()
                        .filter(c -> RESULT.matcher(c.getSimpleName()).matches())
                        .<Class<?>>map(ClassPath.ClassInfo::load)
                        .filter(c -> Modifier.isPublic(c.getModifiers()))
                        .collect(ImmutableSet.toImmutableSet());
        assertThat(results)
                .contains(
                        LensReading.class,
                        LensReport.class,
                        FutureReading.class,
                        FutureLensReport.class,
                        AttributeReading.class,
                        RelationReport.class,
                        EditResult.class,
                        ProbeReport.class,
                        ProbeScores.class,
                        ClassProbabilities.class,
                        FeatureExtractionReport.class,
                        LayerTransfer.class,
                        TrainingHistory.class)
                .containsAll(WITHOUT.keySet());
        assertThat(results.stream().filter(c -> !Viewable.class.isAssignableFrom(c)))
                .containsExactlyInAnyOrderElementsOf(WITHOUT.keySet());
    }
}
