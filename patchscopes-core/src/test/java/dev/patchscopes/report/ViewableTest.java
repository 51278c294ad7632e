package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.reflect.ClassPath;
import dev.patchscopes.LayerGrid;
import dev.patchscopes.PatchscopeRecord;
import dev.patchscopes.PatchscopeResult;
import dev.patchscopes.measure.CellRates;
import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.Reading;
import dev.patchscopes.model.StateReading;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Every result can be looked at. */
class ViewableTest {
    private static final Pattern RESULT =
            Pattern.compile(".*(Reading|Report|Result|Record|Grid|Rates|Scores|History|Trace)");

    /** Types that are called like results and have no picture, and why. */
    private static final ImmutableMap<Class<?>, String> WITHOUT =
            ImmutableMap.of(
                    CellResult.class, "a cell of a grid; package model knows no pictures",
                    StateReading.class, "a cell of a reading; package model knows no pictures",
                    Reading.class, "says what to read; it is no result",
                    CellRates.class, "RateFigures shows it, as report stands on measure");

    @Test
    void allResultsAreViewable() throws IOException {
        ImmutableSet<Class<?>> results =
                ClassPath.from(ViewableTest.class.getClassLoader())
                        .getTopLevelClassesRecursive("dev.patchscopes")
                        .stream()
                        .filter(c -> !c.getPackageName().contains("internal"))
                        .filter(c -> RESULT.matcher(c.getSimpleName()).matches())
                        .<Class<?>>map(ClassPath.ClassInfo::load)
                        .filter(c -> Modifier.isPublic(c.getModifiers()))
                        .collect(ImmutableSet.toImmutableSet());
        assertThat(results)
                .contains(LayerGrid.class, PatchscopeResult.class, PatchscopeRecord.class)
                .containsAll(WITHOUT.keySet());
        assertThat(results.stream().filter(c -> !Viewable.class.isAssignableFrom(c)))
                .containsExactlyInAnyOrderElementsOf(WITHOUT.keySet());
    }
}
