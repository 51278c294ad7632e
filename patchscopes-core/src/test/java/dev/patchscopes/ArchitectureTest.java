package dev.patchscopes;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;

/** What the packages of this module may know of each other and of DJL. */
@AnalyzeClasses(packages = "dev.patchscopes", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    private static final String MODEL = "dev.patchscopes.model";
    private static final String LINEAR = "dev.patchscopes.linear";
    private static final String INTERNAL = "dev.patchscopes.model.internal..";
    private static final String TEXT = "dev.patchscopes.text..";
    private static final String CHECKPOINT = "dev.patchscopes.checkpoint..";

    private static final DescribedPredicate<JavaClass> OURS =
            resideInAnyPackage("dev.patchscopes..").as("ours");

    /**
     * Types of DJL; its small helpers in {@code ai.djl.util} hold no tensors and are free to use.
     */
    private static final DescribedPredicate<JavaClass> DJL =
            resideInAPackage("ai.djl..").and(not(resideInAPackage("ai.djl.util..")));

    /** What a user needs in hand to work with a tensor. */
    private static final DescribedPredicate<JavaClass> TENSOR =
            named(
                    "ai.djl.ndarray.NDArray",
                    "ai.djl.ndarray.NDManager",
                    "ai.djl.ndarray.types.Shape",
                    "ai.djl.ndarray.types.DataType",
                    "ai.djl.Device");

    private static final DescribedPredicate<JavaClass> TOKENIZERS =
            resideInAPackage("ai.djl.huggingface.tokenizers..");

    @ArchTest
    static final ArchRule KNOWS_NOTHING_OF_WHAT_IS_BUILT_ON_IT =
            noClasses()
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(
                            "dev.patchscopes.lens..",
                            "dev.patchscopes.trace..",
                            "dev.patchscopes.examples..")
                    .because("lenses and tracing stand on core, not beside it")
                    .allowEmptyShould(true);

    @ArchTest
    static final ArchRule CHECKPOINT_STANDS_ALONE =
            noClasses()
                    .that()
                    .resideInAPackage(CHECKPOINT)
                    .should()
                    .dependOnClassesThat(OURS.and(not(resideInAPackage(CHECKPOINT))))
                    .because("files can be read without a model")
                    .allowEmptyShould(true);

    @ArchTest
    static final ArchRule TEXT_KNOWS_NO_MODEL =
            noClasses()
                    .that()
                    .resideInAPackage(TEXT)
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("dev.patchscopes.model..")
                    .because("prompts and positions are resolved before a model runs")
                    .allowEmptyShould(true);

    @ArchTest
    static final ArchRule THE_ENGINE_BEHIND_DJL_IS_TOUCHED_IN_ONE_CLASS =
            noClasses()
                    .that(areOutside("dev.patchscopes.model.internal.Tensors"))
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("ai.djl.pytorch..")
                    .because("PyTorch's bridge is not a public interface of DJL")
                    .allowEmptyShould(true);

    @ArchTest
    static final ArchRule MODEL_AND_LINEAR_SHOW_TENSORS_AND_NO_MORE_OF_DJL =
            noClasses()
                    .that()
                    .resideInAnyPackage(MODEL, LINEAR)
                    .should()
                    .dependOnClassesThat(DJL.and(not(TENSOR)))
                    .because("the rest of DJL stays in model.internal")
                    .allowEmptyShould(true);

    @ArchTest
    static final ArchRule TEXT_USES_THE_TOKENIZERS_OF_DJL_AND_NO_MORE =
            noClasses()
                    .that()
                    .resideInAPackage(TEXT)
                    .should()
                    .dependOnClassesThat(DJL.and(not(TOKENIZERS)))
                    .because("the rest of DJL stays in model.internal")
                    .allowEmptyShould(true);

    @ArchTest
    static final ArchRule THE_OTHER_PACKAGES_DO_WITHOUT_DJL =
            noClasses()
                    .that()
                    .resideOutsideOfPackages(INTERNAL, MODEL, LINEAR, TEXT)
                    .should()
                    .dependOnClassesThat(DJL)
                    .because("DJL stays in model.internal")
                    .allowEmptyShould(true);

    /** The model and its internals count as one here: they are two halves of the same thing. */
    @ArchTest
    static final ArchRule PACKAGES_FORM_NO_CYCLE =
            slices().matching("dev.patchscopes.(*)..")
                    .should()
                    .beFreeOfCycles()
                    .allowEmptyShould(true);

    private static DescribedPredicate<JavaClass> named(String... names) {
        return DescribedPredicate.describe(
                "are one of " + String.join(", ", names),
                type -> List.of(names).contains(type.getBaseComponentType().getName()));
    }

    /** Neither the class nor nested in it. */
    private static DescribedPredicate<JavaClass> areOutside(String name) {
        return DescribedPredicate.describe(
                "are outside " + name,
                type -> !type.getName().equals(name) && !type.getName().startsWith(name + "$"));
    }
}
