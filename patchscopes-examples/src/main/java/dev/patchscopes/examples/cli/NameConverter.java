package dev.patchscopes.examples.cli;

import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.MatrixProducts;
import dev.patchscopes.trace.causal.TraceKind;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads constants by their names in small letters, words joined by hyphens. */
abstract class NameConverter<E extends Enum<E>> implements ITypeConverter<E> {

    private final Class<E> type;

    NameConverter(Class<E> type) {
        this.type = type;
    }

    /** The name of a constant on the command line. */
    static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @Override
    public E convert(String value) {
        String wanted = value.toLowerCase(Locale.ROOT).replace('_', '-');
        return Arrays.stream(type.getEnumConstants())
                .filter(constant -> name(constant).equals(wanted))
                .findFirst()
                .orElseThrow(
                        () ->
                                new TypeConversionException(
                                        "\"%s\" is none of %s"
                                                .formatted(
                                                        value,
                                                        Arrays.stream(type.getEnumConstants())
                                                                .map(NameConverter::name)
                                                                .collect(
                                                                        Collectors.joining(
                                                                                ", ")))));
    }

    /** Formats of results. */
    static final class OfFormat extends NameConverter<Format> {
        OfFormat() {
            super(Format.class);
        }
    }

    /** Number formats. */
    static final class OfComputeType extends NameConverter<ComputeType> {
        OfComputeType() {
            super(ComputeType.class);
        }
    }

    /** Ways of multiplying. */
    static final class OfProducts extends NameConverter<MatrixProducts> {
        OfProducts() {
            super(MatrixProducts.class);
        }
    }

    /** What tracing restores. */
    static final class OfTraceKind extends NameConverter<TraceKind> {
        OfTraceKind() {
            super(TraceKind.class);
        }
    }

    /** Lenses. */
    static final class OfLens extends NameConverter<LensChoice.Kind> {
        OfLens() {
            super(LensChoice.Kind.class);
        }
    }

    /** What is one text. */
    static final class OfDocuments extends NameConverter<TextsOptions.Documents> {
        OfDocuments() {
            super(TextsOptions.Documents.class);
        }
    }
}
