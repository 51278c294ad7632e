package dev.patchscopes.trace;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableMap;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.patchscopes.report.Viewable;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Whoever holds a result can look at it. */
class ViewableResultsTest {
    private static final Pattern RESULT =
            Pattern.compile(".*(Trace|Average|Result|Report|Reading|Scores|Evaluation|Entity)");

    /** Types with such a name that are no results by themselves, and why. */
    private static final ImmutableMap<String, String> EXCEPTIONS =
            ImmutableMap.of(
                    "PairReading", "prompts and two numbers, which results show as a table",
                    "PairReport", "one cell of the heat map of a CrossModelReport",
                    "PairScores", "one cell of the heat map of CrossModelScores",
                    "RougeScores", "one cell of the heat map of an EntityEvaluation",
                    "CrossModelEvaluation", "measures; its result is CrossModelScores");

    @Test
    void everyResultIsViewable() {
        List<JavaClass> results =
                new ClassFileImporter()
                                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                                .importPackages("dev.patchscopes.trace")
                                .stream()
                                .filter(c -> c.getModifiers().contains(JavaModifier.PUBLIC))
                                .filter(c -> RESULT.matcher(c.getSimpleName()).matches())
                                .toList();
        assertThat(results)
                .filteredOn(c -> !EXCEPTIONS.containsKey(c.getSimpleName()))
                .hasSizeGreaterThanOrEqualTo(14)
                .allSatisfy(c -> assertThat(c.isAssignableTo(Viewable.class)).isTrue());
        assertThat(results)
                .filteredOn(c -> EXCEPTIONS.containsKey(c.getSimpleName()))
                .hasSameSizeAs(EXCEPTIONS.keySet())
                .noneSatisfy(c -> assertThat(c.isAssignableTo(Viewable.class)).isTrue());
    }
}
