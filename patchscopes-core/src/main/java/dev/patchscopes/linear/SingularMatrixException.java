package dev.patchscopes.linear;

/** A matrix that had to be inverted is singular, or so nearly that float64 cannot tell. */
public final class SingularMatrixException extends ArithmeticException {
    private static final long serialVersionUID = 1L;

    SingularMatrixException(String message) {
        super(message);
    }
}
