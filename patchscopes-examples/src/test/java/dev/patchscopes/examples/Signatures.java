package dev.patchscopes.examples;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** What a class shows to those who use it: its supertypes and the types of its visible members. */
final class Signatures {

    private static final Set<JavaModifier> VISIBLE =
            Set.of(JavaModifier.PUBLIC, JavaModifier.PROTECTED);

    private Signatures() {}

    /** Holds for classes that are not visible, and for visible ones that show no such type. */
    static ArchCondition<JavaClass> nameNoTypesThat(DescribedPredicate<JavaClass> hidden) {
        return new ArchCondition<>("name no types in their signatures that " + hidden) {

            @Override
            public void check(JavaClass type, ConditionEvents events) {
                if (!isVisible(type)) {
                    return;
                }
                Stream<JavaType> supertypes =
                        Stream.concat(type.getSuperclass().stream(), type.getInterfaces().stream());
                report(type.getDescription(), type, supertypes, events);
                for (JavaMember member : type.getMembers()) {
                    if (isVisible(member.getModifiers())) {
                        report(member.getDescription(), type, typesOf(member), events);
                    }
                }
            }

            private void report(
                    String where, JavaClass owner, Stream<JavaType> types, ConditionEvents events) {
                types.flatMap(type -> type.getAllInvolvedRawTypes().stream())
                        .map(JavaClass::getBaseComponentType)
                        .filter(hidden)
                        .distinct()
                        .forEach(
                                type ->
                                        events.add(
                                                SimpleConditionEvent.violated(
                                                        owner,
                                                        where + " names " + type.getName())));
            }
        };
    }

    private static Stream<JavaType> typesOf(JavaMember member) {
        if (member instanceof JavaCodeUnit code) {
            return Stream.of(
                            Stream.of(code.getReturnType()),
                            code.getParameterTypes().stream(),
                            code.getExceptionTypes().stream().map(JavaType.class::cast),
                            code.getTypeParameters().stream().map(JavaType.class::cast))
                    .flatMap(types -> types);
        }
        return member instanceof JavaField field ? Stream.of(field.getType()) : Stream.empty();
    }

    /** A nested class is visible only if all the classes around it are. */
    private static boolean isVisible(JavaClass type) {
        Optional<JavaClass> enclosing = type.getEnclosingClass();
        return isVisible(type.getModifiers()) && enclosing.map(Signatures::isVisible).orElse(true);
    }

    private static boolean isVisible(Set<JavaModifier> modifiers) {
        // The compiler's own members (bridges, switch tables) are nobody's interface.
        return !modifiers.contains(JavaModifier.SYNTHETIC)
                && modifiers.stream().anyMatch(VISIBLE::contains);
    }
}
