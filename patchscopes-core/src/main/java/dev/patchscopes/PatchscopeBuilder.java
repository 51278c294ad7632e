package dev.patchscopes;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.model.Sampling;
import dev.patchscopes.text.PositionException;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * Describes a {@link Patchscope}; for one patchscope and one thread.
 *
 * <p>Needed are source prompt, source layer, target prompt and target layer. Unless said otherwise
 * the source position is the last token, the target position the target prompt's placeholder (its
 * last token, if it has none), the mapping the identity, the target model the source model, and up
 * to 20 tokens are generated greedily.
 */
public final class PatchscopeBuilder {
    private final HookedModel sourceModel;
    private Optional<TokenizedPrompt> sourcePrompt = Optional.empty();
    private Positions sourcePosition = Positions.last();
    private OptionalInt sourceLayer = OptionalInt.empty();
    private Mapping mapping = Mapping.identity();
    private HookedModel targetModel;
    private Optional<Given> targetPrompt = Optional.empty();
    private Optional<Positions> targetPosition = Optional.empty();
    private OptionalInt targetLayer = OptionalInt.empty();
    private int maxNewTokens = 20;
    private Sampling sampling = Sampling.greedy();
    private ImmutableList<String> stopAt = ImmutableList.of();
    private boolean checkFinite;
    private boolean built;

    /** A target prompt read by a model, and the token it offers for patching. */
    private record Target(TokenizedPrompt prompt, Function<TokenizedPrompt, Integer> position) {}

    /** A target prompt as it was given, to be read once the target model is known. */
    private record Given(String shown, Function<HookedModel, Target> in) {}

    PatchscopeBuilder(HookedModel model) {
        this.sourceModel = Objects.requireNonNull(model, "model");
        this.targetModel = model;
    }

    /**
     * Sets the source prompt S.
     *
     * @param text text, tokenised as the source model reads it
     * @return this builder
     */
    public PatchscopeBuilder sourcePrompt(String text) {
        return sourcePrompt(sourceModel.tokenize(text));
    }

    /**
     * Sets the source prompt S.
     *
     * @param prompt tokens of the source model
     * @return this builder
     */
    public PatchscopeBuilder sourcePrompt(TokenizedPrompt prompt) {
        this.sourcePrompt = Optional.of(prompt);
        return this;
    }

    /**
     * Sets the source position i; the last token unless set.
     *
     * @param position exactly one position of the source prompt
     * @return this builder
     */
    public PatchscopeBuilder sourcePosition(Positions position) {
        this.sourcePosition = Objects.requireNonNull(position, "position");
        return this;
    }

    /**
     * Sets the source layer l.
     *
     * @param layer 0..L, see {@link Layers}
     * @return this builder
     */
    public PatchscopeBuilder sourceLayer(int layer) {
        this.sourceLayer = OptionalInt.of(layer);
        return this;
    }

    /**
     * Sets the mapping f; the identity unless set.
     *
     * @param f from the width of the source model to that of the target model
     * @return this builder
     */
    public PatchscopeBuilder mapping(Mapping f) {
        this.mapping = Objects.requireNonNull(f, "mapping");
        return this;
    }

    /**
     * Sets the target model M*; the source model unless set.
     *
     * @param model stays the caller's to close
     * @return this builder
     */
    public PatchscopeBuilder targetModel(HookedModel model) {
        this.targetModel = Objects.requireNonNull(model, "model");
        return this;
    }

    /**
     * Sets the target prompt T, patched at its last token unless {@link #targetPosition} says
     * otherwise.
     *
     * @param text text, tokenised as the target model reads it
     * @return this builder
     */
    public PatchscopeBuilder targetPrompt(String text) {
        return targetPrompt(TargetPrompt.of(text));
    }

    /**
     * Sets the target prompt T, patched at its placeholder unless {@link #targetPosition} says
     * otherwise.
     *
     * @param prompt text and placeholder, tokenised as the target model reads it
     * @return this builder
     */
    public PatchscopeBuilder targetPrompt(TargetPrompt prompt) {
        Objects.requireNonNull(prompt, "prompt");
        this.targetPrompt =
                Optional.of(
                        new Given(
                                prompt.toString(),
                                m -> new Target(m.tokenize(prompt.text()), prompt::resolve)));
        return this;
    }

    /**
     * Sets the target prompt T, patched at its last token unless {@link #targetPosition} says
     * otherwise.
     *
     * @param prompt tokens of the target model
     * @return this builder
     */
    public PatchscopeBuilder targetPrompt(TokenizedPrompt prompt) {
        Objects.requireNonNull(prompt, "prompt");
        this.targetPrompt =
                Optional.of(
                        new Given(prompt.toString(), m -> new Target(prompt, p -> p.length() - 1)));
        return this;
    }

    /**
     * Sets the target position i*, whatever placeholder the target prompt has.
     *
     * @param position exactly one position of the target prompt
     * @return this builder
     */
    public PatchscopeBuilder targetPosition(Positions position) {
        this.targetPosition = Optional.of(position);
        return this;
    }

    /**
     * Sets the target layer l*.
     *
     * @param layer 0..L of the target model, see {@link Layers}
     * @return this builder
     */
    public PatchscopeBuilder targetLayer(int layer) {
        this.targetLayer = OptionalInt.of(layer);
        return this;
    }

    /**
     * Limits the length of the answer; 20 unless set.
     *
     * @param tokens tokens to generate at most; 0 reads the next token's distribution only
     * @return this builder
     */
    public PatchscopeBuilder maxNewTokens(int tokens) {
        checkArgument(tokens >= 0, "maxNewTokens %s is negative; 0 generates nothing", tokens);
        this.maxNewTokens = tokens;
        return this;
    }

    /**
     * Sets how tokens of the answer are chosen; greedily unless set.
     *
     * @param how greedy, or drawn with a seed
     * @return this builder
     */
    public PatchscopeBuilder sampling(Sampling how) {
        this.sampling = Objects.requireNonNull(how, "sampling");
        return this;
    }

    /**
     * Ends the answer where any of these strings appears; its text is cut before it. Strings given
     * earlier no longer count.
     *
     * @param strings none empty
     * @return this builder
     */
    public PatchscopeBuilder stopAt(String... strings) {
        checkArgument(
                Arrays.stream(strings).noneMatch(String::isEmpty),
                "an empty stop string would stop at once; drop it");
        this.stopAt = ImmutableList.copyOf(strings);
        return this;
    }

    /**
     * Stops every run, sweeps too, with a {@link dev.patchscopes.model.NonFiniteException} at the
     * first point whose values are not all finite; see {@link
     * dev.patchscopes.model.Run#checkFinite()}.
     *
     * @return this builder
     */
    public PatchscopeBuilder checkFinite() {
        this.checkFinite = true;
        return this;
    }

    /**
     * Checks the parts and puts them together. The builder is used up.
     *
     * @return the patchscope
     * @throws PatchscopeException if a part is missing, or the models' widths do not fit the
     *     mapping
     * @throws OutOfRangeException if a model has no such layer
     * @throws PositionException if a position is not exactly one token of its prompt; the message
     *     lists the tokens
     * @throws IllegalStateException if it was built before
     */
    public Patchscope build() {
        checkState(
                !built, "this builder has built its patchscope; start with Patchscope.on(model)");
        checkComplete();
        int layer = sourceLayer.orElseThrow();
        Layers.check(sourceModel, layer);
        TokenizedPrompt prompt = sourcePrompt.orElseThrow();
        Place source =
                new Place(
                        ModelIdentity.of(sourceModel),
                        prompt,
                        PatchChecks.one("source", sourcePosition, prompt),
                        layer);
        Layers.check(targetModel, targetLayer.orElseThrow());
        Target target = targetPrompt.orElseThrow().in().apply(targetModel);
        int position =
                targetPosition
                        .map(p -> PatchChecks.one("target", p, target.prompt))
                        .orElseGet(() -> target.position.apply(target.prompt));
        PatchChecks.widths(sourceModel, mapping, targetModel);
        if (!stopAt.isEmpty()) {
            targetModel.tokenizer(); // fails with the way out if there is none
        }
        built = true;
        return new Patchscope(
                sourceModel,
                source,
                sourcePosition,
                mapping,
                new TargetRun(
                        targetModel, target.prompt, maxNewTokens, sampling, stopAt, checkFinite),
                new Place(
                        ModelIdentity.of(targetModel),
                        target.prompt,
                        position,
                        targetLayer.orElseThrow()));
    }

    private void checkComplete() {
        List<String> names = new ArrayList<>();
        List<String> calls = new ArrayList<>();
        need(sourcePrompt.isPresent(), "source prompt", ".sourcePrompt(text)", names, calls);
        need(sourceLayer.isPresent(), "source layer", ".sourceLayer(l)", names, calls);
        need(targetPrompt.isPresent(), "target prompt", ".targetPrompt(text)", names, calls);
        need(targetLayer.isPresent(), "target layer", ".targetLayer(l)", names, calls);
        if (!names.isEmpty()) {
            throw new PatchscopeException(
                    "the patchscope on %s has no %s: add %s before build()"
                            .formatted(
                                    sourceModel.name(),
                                    String.join(" and no ", names),
                                    String.join("", calls)));
        }
    }

    /** {@return the parts so far, with "?" for those still to be given} */
    @Override
    public String toString() {
        return "PatchscopeBuilder[layer %s of %s at %s in %s -> %s -> layer %s of %s%s in %s]"
                .formatted(
                        shown(sourceLayer),
                        sourcePrompt.map(TokenizedPrompt::toString).orElse("?"),
                        sourcePosition,
                        sourceModel.name(),
                        mapping.name(),
                        shown(targetLayer),
                        targetPrompt.map(Given::shown).orElse("?"),
                        targetPosition.map(p -> " at " + p).orElse(""),
                        targetModel.name());
    }

    private static String shown(OptionalInt layer) {
        return layer.isPresent() ? Integer.toString(layer.getAsInt()) : "?";
    }

    private static void need(
            boolean present, String name, String call, List<String> names, List<String> calls) {
        if (!present) {
            names.add(name);
            calls.add(call);
        }
    }
}
