package dev.patchscopes.lens.relation;

import static com.google.common.base.Preconditions.checkArgument;

import dev.patchscopes.Mapping;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.TokenDistribution;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * A relation as an affine map: from the residual h of a subject's last token at one layer to the
 * last residual z of the token that the object follows, z = beta W h + b.
 *
 * <p>W and b are the mean first-order expansion of the model at a few examples: for each a prompt
 * asks for its object with the others as context, W is the mean of the Jacobians J = dz / dh, exact
 * and over all tokens between the two, and b the mean of z - J h. The model's own final norm and
 * unembedding turn z into tokens. Hernandez et al., "Linearity of Relation Decoding in Transformer
 * Language Models" (2024), section 3.
 *
 * <pre>{@code
 * Relation capitals = Relation.of(GroundTruth.of(DemoModel.STANDARD), "capital");
 * LinearRelation lre = LinearRelation.of(model).relation(capitals).layer(2).fit();
 * lre.predict("Japan").top(3);
 * lre.edit(50).run("Japan", "France");              // Japan's capital, if it were France's
 * }</pre>
 *
 * <p>As a Patchscope it is the mapping f(h) = beta W h + b between layer l and the last layer; see
 * {@link #asMapping()}.
 *
 * <p>Immutable; holds Java memory only, 8 d_model^2 bytes for W (134 MB at 4,096) unless {@link
 * #truncated}. Fitting holds three matrices of that size; the first edit or truncation decomposes W
 * (minutes at that width on a CPU), and keeps two more, which {@link #withBeta} shares. Uses the
 * model, which stays the caller's to close.
 */
public final class LinearRelation {
    private final HookedModel model;
    private final LinearRelationProvenance provenance;
    private final double beta;
    private final Weight weight;
    private final double[] bias; // [d_model]

    LinearRelation(
            HookedModel model,
            LinearRelationProvenance provenance,
            double beta,
            Weight weight,
            double[] bias) {
        this.model = model;
        this.provenance = provenance;
        this.beta = beta;
        this.weight = weight;
        this.bias = bias;
    }

    /**
     * Starts describing a relation to fit.
     *
     * @param model the model
     * @return a builder
     */
    public static LinearRelationBuilder of(HookedModel model) {
        return new LinearRelationBuilder(model);
    }

    /**
     * Reads what {@link #save} wrote.
     *
     * @param model the model it was fitted on
     * @param file the file
     * @return the relation
     * @throws IOException if the file cannot be read
     * @throws IllegalArgumentException if it is damaged, holds something else, or belongs to a
     *     model of other weights; the message says which
     */
    public static LinearRelation load(HookedModel model, Path file) throws IOException {
        return LinearRelationFile.load(model, file);
    }

    /**
     * Writes the relation as a safetensors file, in float64, with what it was fitted on as
     * metadata.
     *
     * @param file where to, such as {@code capital.safetensors}; replaced as a whole if it exists,
     *     and its directory must
     * @throws IOException if it cannot be written
     */
    public void save(Path file) throws IOException {
        LinearRelationFile.save(this, file);
    }

    // ---- what it is -----------------------------------------------------------------------------

    /** {@return the relation's name} */
    public String relation() {
        return provenance.relation();
    }

    /** {@return what it was fitted on} */
    public LinearRelationProvenance provenance() {
        return provenance;
    }

    /** {@return how it asks about a subject} */
    public RelationContext context() {
        return provenance.context();
    }

    /** {@return the layer l that subjects are read at, 0..L} */
    public int layer() {
        return provenance.layer();
    }

    /** {@return the factor before W} */
    public double beta() {
        return beta;
    }

    /** {@return the rank of the factors W is kept as; empty if W is kept whole} */
    public OptionalInt rank() {
        return weight.rank();
    }

    /** {@return W without beta [d_model, d_model]} */
    public Matrix weight() {
        return weight.toMatrix();
    }

    /** {@return b [d_model], a new array} */
    public double[] bias() {
        return bias.clone();
    }

    HookedModel model() {
        return model;
    }

    Weight kept() {
        return weight;
    }

    // ---- variations -----------------------------------------------------------------------------

    /**
     * The same with another factor before W.
     *
     * @param other the factor, finite
     * @return the relation
     */
    public LinearRelation withBeta(double other) {
        checkArgument(Double.isFinite(other), "beta %s is not finite", other);
        return new LinearRelation(model, provenance, other, weight, bias);
    }

    /**
     * The same with the best approximation of W of a rank, kept as factors: 16 r d_model bytes. Its
     * edits and further truncations need no other decomposition.
     *
     * @param rank r, 1..d_model
     * @return the relation; of the rank it has, if that is lower already
     * @throws IllegalArgumentException if the rank is outside that
     */
    public LinearRelation truncated(int rank) {
        return new LinearRelation(model, provenance, beta, weight.truncated(rank), bias);
    }

    // ---- what it does ---------------------------------------------------------------------------

    /**
     * Applies the map.
     *
     * @param h a subject's residual [d_model]
     * @return z = beta W h + b [d_model]
     * @throws IllegalArgumentException if h has another width
     */
    public double[] apply(double[] h) {
        checkArgument(
                h.length == bias.length,
                "the residual has %s values, expected %s (d_model of %s)",
                h.length,
                bias.length,
                model.name());
        return affine(weight.times(h), beta, bias);
    }

    /** beta y + b. */
    static double[] affine(double[] y, double beta, double[] bias) {
        double[] z = new double[y.length];
        for (int i = 0; i < z.length; i++) {
            z[i] = beta * y[i] + bias[i];
        }
        return z;
    }

    /**
     * Reads an object off a residual, wherever it was found.
     *
     * @param h a residual [d_model]
     * @return what the model's unembedding makes of z
     */
    public TokenDistribution read(double[] h) {
        return model.unembed(apply(h));
    }

    /**
     * Predicts the object of a subject, which is read in a prompt with the examples as context.
     *
     * @param subject the subject; if it is one of the examples, its pair is left out
     * @return the distribution of the object's first token
     */
    public TokenDistribution predict(String subject) {
        return predict(context().ask(model, subject));
    }

    /**
     * Predicts the object of a subject as it is read in a prompt of the caller's.
     *
     * @param prompt the prompt, and where the subject is read
     * @return the distribution of the object's first token
     */
    public TokenDistribution predict(RelationPrompt prompt) {
        HookPoint point = HookPoint.residual(layer());
        return read(
                model.run(prompt.tokens())
                        .capture(point)
                        .execute()
                        .vectorDoubles(point, prompt.subjectToken()));
    }

    /**
     * The map as the f of a patchscope, from {@link #layer()} to the last layer.
     *
     * <p>Written at any position of a target prompt's last layer it reads out what {@link #predict}
     * predicts, if that position is the prompt's last: no block is left to change it.
     *
     * <pre>{@code
     * RelationPrompt prompt = lre.context().ask(model, "Japan");
     * Patchscope.on(model)
     *     .sourcePrompt(prompt.tokens()).sourcePosition(prompt.subjectToken())
     *     .sourceLayer(lre.layer())
     *     .mapping(lre.asMapping())
     *     .targetPrompt(prompt.tokens()).targetLayer(model.layers())
     *     .maxNewTokens(0)
     *     .build().run();
     * }</pre>
     *
     * @return f(h) = beta W h + b
     */
    public Mapping asMapping() {
        return weight.rank().isPresent()
                ? Mapping.of(
                        "%s of %s at layer %d, rank %d"
                                .formatted(
                                        "linear relation",
                                        relation(),
                                        layer(),
                                        weight.rank().getAsInt()),
                        this::apply)
                : AffineMap.of(weight().scaled(beta), bias).toMapping();
    }

    /**
     * Turns the map round: what to add to a subject so that the relation gives another object.
     *
     * @param rank r of the pseudo-inverse W_r^+ = V_r S_r^-1 U_r^T, 1..rank of W
     * @return the edit
     * @throws IllegalArgumentException if the rank is outside that
     */
    public RelationEdit edit(int rank) {
        return new RelationEdit(model, context(), layer(), weight.pseudoInverse(rank));
    }

    /** {@return relation, layer, beta, rank and model, in a line} */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "LinearRelation[%s of %s, layer %d, beta %.2f, %s, %d examples]",
                relation(),
                model.name(),
                layer(),
                beta,
                weight.rank().isPresent()
                        ? "rank " + weight.rank().getAsInt()
                        : "whole W of width " + bias.length,
                provenance.examples().size());
    }
}
