package dev.patchscopes.corpus;

/**
 * Thrown when a source is damaged: a line that is not JSON, bytes that are not UTF-8, an archive
 * that ends too early.
 *
 * @see TextCorpus#skipDamaged()
 */
public final class DamagedTextException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Where, and what. */
    private final Damage damage;

    /**
     * Makes the exception.
     *
     * @param damage what is wrong and where
     */
    public DamagedTextException(Damage damage) {
        super(damage.toString());
        this.damage = damage;
    }

    /**
     * Makes the exception with its cause.
     *
     * @param damage what is wrong and where
     * @param cause the decoder's error
     */
    public DamagedTextException(Damage damage, Throwable cause) {
        super(damage.toString(), cause);
        this.damage = damage;
    }

    /**
     * Returns what is wrong and where.
     *
     * @return the damage
     */
    public Damage damage() {
        return damage;
    }
}
