package dev.patchscopes.examples;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Rules over all modules at once: only here are they all on the class path. */
@AnalyzeClasses(
        packages = "dev.patchscopes",
        importOptions = {
            ImportOption.DoNotIncludeTests.class,
            ArchitectureTest.WithoutGeneratedCode.class
        })
class ArchitectureTest {

    private static final String INTERNALS = "dev.patchscopes.model.internal..";
    private static final String ALL_INTERNALS = "dev.patchscopes..internal..";
    private static final String SHARED_INTERNALS = "dev.patchscopes.internal..";
    private static final String LENSES = "dev.patchscopes.lens..";
    private static final String TRACING = "dev.patchscopes.trace..";
    private static final String EXAMPLES = "dev.patchscopes.examples..";

    private static final Set<String> TENSOR_NAMES =
            Set.of(
                    "ai.djl.ndarray.NDArray",
                    "ai.djl.ndarray.NDManager",
                    "ai.djl.ndarray.types.Shape",
                    "ai.djl.ndarray.types.DataType",
                    "ai.djl.Device");

    /** The types of DJL that a hook or a capture hands to its user. */
    private static final DescribedPredicate<JavaClass> TENSOR =
            DescribedPredicate.describe(
                    "are tensors and what describes them",
                    type -> TENSOR_NAMES.contains(type.getBaseComponentType().getName()));

    @ArchTest
    static final ArchRule ONLY_CORE_USES_ITS_INTERNALS =
            noClasses()
                    .that()
                    .resideInAnyPackage(LENSES, TRACING, EXAMPLES)
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage(INTERNALS)
                    .because("what a lens can do, a user of the library can do")
                    .allowEmptyShould(true);

    @ArchTest
    static final ArchRule EXAMPLES_USE_NO_INTERNALS =
            noClasses()
                    .that()
                    .resideInAPackage(EXAMPLES)
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage(ALL_INTERNALS)
                    .because("it is no part of what users see")
                    .allowEmptyShould(true);

    @ArchTest
    static final ArchRule MODELS_KNOW_NO_RESULTS =
            noClasses()
                    .that()
                    .resideInAPackage("dev.patchscopes.model..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(SHARED_INTERNALS, "dev.patchscopes.measure..")
                    .because("a model does not know what is done with what it gives");

    @ArchTest
    static final ArchRule LENSES_KNOW_NO_TRACING =
            noClasses()
                    .that()
                    .resideInAPackage(LENSES)
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(TRACING, EXAMPLES)
                    .because("each module can be used without the other")
                    .allowEmptyShould(true);

    @ArchTest
    static final ArchRule TRACING_KNOWS_NO_LENSES =
            noClasses()
                    .that()
                    .resideInAPackage(TRACING)
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(LENSES, EXAMPLES)
                    .because("each module can be used without the other")
                    .allowEmptyShould(true);

    @ArchTest
    static final ArchRule OUTSIDE_CORE_ONLY_TENSORS_OF_DJL =
            noClasses()
                    .that()
                    .resideInAnyPackage(LENSES, TRACING, EXAMPLES)
                    .should()
                    .dependOnClassesThat(
                            resideInAPackage("ai.djl..")
                                    .and(not(resideInAPackage("ai.djl.util..")))
                                    .and(not(TENSOR)))
                    .because("the engine can be replaced without touching what stands on core")
                    .allowEmptyShould(true);

    @ArchTest
    static final ArchRule PUBLIC_SIGNATURES_NAME_NO_INTERNALS =
            classes()
                    .that()
                    .resideOutsideOfPackage(ALL_INTERNALS)
                    .should(Signatures.nameNoTypesThat(resideInAPackage(ALL_INTERNALS)))
                    .because("a user cannot write down a type that can change without notice")
                    .allowEmptyShould(true);

    @ArchTest
    static final ArchRule STATIC_FIELDS_ARE_FINAL =
            fields().that(areStaticAndWrittenByHand())
                    .should()
                    .beFinal()
                    .because("state belongs to objects that have an owner")
                    .allowEmptyShould(true);

    @ArchTest
    static final ArchRule PUBLIC_STATIC_FIELDS_ARE_NO_ARRAYS =
            fields().that(areStaticAndWrittenByHand())
                    .and()
                    .arePublic()
                    .should()
                    .notHaveRawType(DescribedPredicate.describe("are arrays", JavaClass::isArray))
                    .because("a final array can still be changed by anyone")
                    .allowEmptyShould(true);

    @ArchTest
    static void coreIsAmongTheClassesLookedAt(JavaClasses classes) {
        // Rules that hold for no class hold always; this fails if the modules were not found.
        assertThat(classes.contain("dev.patchscopes.LibraryVersion")).isTrue();
    }

    @Test
    void everyPackageSaysWhatItIsFor() throws IOException {
        List<Path> packages = new ArrayList<>();
        try (DirectoryStream<Path> modules =
                Files.newDirectoryStream(
                        Path.of("").toAbsolutePath().getParent(), "patchscopes-*")) {
            for (Path module : modules) {
                packages.addAll(packagesOf(module.resolve("src/main/java")));
            }
        }

        assertThat(packages)
                .isNotEmpty()
                .allSatisfy(dir -> assertThat(dir.resolve("package-info.java")).exists());
    }

    private static List<Path> packagesOf(Path sources) throws IOException {
        if (!Files.exists(sources)) {
            return List.of();
        }
        try (Stream<Path> walk = Files.walk(sources)) {
            return walk.filter(file -> file.toString().endsWith(".java"))
                    .map(Path::getParent)
                    .distinct()
                    .toList();
        }
    }

    /** Fields that the compiler or a coverage agent adds are synthetic. */
    private static DescribedPredicate<JavaField> areStaticAndWrittenByHand() {
        return DescribedPredicate.describe(
                "are static and written by hand",
                field ->
                        field.getModifiers().contains(JavaModifier.STATIC)
                                && !field.getModifiers().contains(JavaModifier.SYNTHETIC));
    }

    /** JMH writes classes full of static state next to the benchmarks. */
    static final class WithoutGeneratedCode implements ImportOption {

        @Override
        public boolean includes(Location location) {
            return !location.contains("/jmh_generated/");
        }
    }
}
