package dev.patchscopes.model;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.text.Tokenizer;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.DoubleStream;

/**
 * The JSON of a cell's result. Reading gives the bits that were written; what the model and the
 * sweep know anyway (the tokens' pieces, the prompt) is not written but taken from them.
 *
 * <pre>{@code
 * {"cell":3,"top":{"ids":[17],"probabilities":[0.25]},"probabilities":[0.25,0.5],
 *  "distribution":"AAAAAAAA8D8=","generation":{"text":" in","reason":"LENGTH","tokens":{...}}}
 * }</pre>
 *
 * @param label names a token
 * @param tokenizer names the tokens of distributions, if there is one
 * @param prompt the prompt of a cell
 */
record CellJson(
        IntFunction<String> label,
        Optional<Tokenizer> tokenizer,
        IntFunction<TokenizedPrompt> prompt) {

    private static final String CELL = "cell";
    private static final String TOP = "top";
    private static final String PROBABILITIES = "probabilities";
    private static final String LOGITS = "logits";
    private static final String DISTRIBUTION = "distribution";
    private static final String RESIDUAL = "residual";
    private static final String GENERATION = "generation";
    private static final String IDS = "ids";
    private static final String TEXT = "text";
    private static final String REASON = "reason";
    private static final String TOKENS = "tokens";

    JsonObject write(int cell, CellResult result) {
        JsonObject out = new JsonObject();
        out.addProperty(CELL, cell);
        out.add(TOP, tokens(result.top()));
        out.add(PROBABILITIES, numbers(result.probabilities().stream()));
        out.add(LOGITS, numbers(result.logits().stream()));
        result.distribution()
                .map(d -> Base64.getEncoder().encodeToString(DoubleBytes.of(d.logits())))
                .ifPresent(logits -> out.addProperty(DISTRIBUTION, logits));
        if (!result.residual().isEmpty()) {
            byte[] bytes = DoubleBytes.of(result.residual().toArray());
            out.addProperty(RESIDUAL, Base64.getEncoder().encodeToString(bytes));
        }
        result.generation()
                .ifPresent(
                        generation -> {
                            JsonObject text = new JsonObject();
                            text.addProperty(TEXT, generation.text());
                            text.addProperty(REASON, generation.reason().name());
                            text.add(TOKENS, tokens(generation.tokens()));
                            out.add(GENERATION, text);
                        });
        return out;
    }

    /**
     * @throws IllegalArgumentException if something is missing or of another kind
     */
    int cell(JsonObject in) {
        try {
            return get(in, CELL).getAsBigDecimal().intValueExact();
        } catch (UnsupportedOperationException | IllegalStateException | ArithmeticException e) {
            throw new IllegalArgumentException(CELL + " is no whole number", e);
        }
    }

    /**
     * @throws IllegalArgumentException if something is missing or of another kind
     */
    CellResult result(JsonObject in) {
        try {
            return new CellResult(
                    tokens(get(in, TOP).getAsJsonObject()),
                    numbers(get(in, PROBABILITIES)),
                    numbers(get(in, LOGITS)),
                    Optional.ofNullable(in.get(DISTRIBUTION)).map(this::distribution),
                    Optional.ofNullable(in.get(RESIDUAL))
                            .map(r -> ImmutableDoubleArray.copyOf(doubles(r)))
                            .orElse(ImmutableDoubleArray.of()),
                    Optional.ofNullable(in.get(GENERATION))
                            .map(g -> generation(prompt.apply(cell(in)), g.getAsJsonObject())));
        } catch (UnsupportedOperationException | IllegalStateException | ArithmeticException e) {
            throw new IllegalArgumentException("a field is of another kind", e);
        }
    }

    private TokenDistribution distribution(JsonElement in) {
        double[] logits = doubles(in);
        try {
            return TokenDistribution.ofLogits(logits, tokenizer);
        } catch (ModelException e) {
            throw new IllegalArgumentException(DISTRIBUTION + " is none", e);
        }
    }

    private static double[] doubles(JsonElement in) {
        return DoubleBytes.read(Base64.getDecoder().decode(in.getAsString()));
    }

    private Generation generation(TokenizedPrompt prompt, JsonObject in) {
        ImmutableList<TokenProbability> tokens = tokens(get(in, TOKENS).getAsJsonObject());
        return new Generation(
                prompt,
                get(in, TEXT).getAsString(),
                ImmutableIntArray.copyOf(tokens.stream().mapToInt(TokenProbability::id)),
                tokens,
                Generation.StopReason.valueOf(get(in, REASON).getAsString()));
    }

    private static JsonObject tokens(List<TokenProbability> tokens) {
        JsonArray ids = new JsonArray();
        tokens.forEach(token -> ids.add(token.id()));
        JsonObject out = new JsonObject();
        out.add(IDS, ids);
        out.add(PROBABILITIES, numbers(tokens.stream().mapToDouble(TokenProbability::probability)));
        return out;
    }

    private ImmutableList<TokenProbability> tokens(JsonObject in) {
        JsonArray ids = get(in, IDS).getAsJsonArray();
        ImmutableDoubleArray probabilities = numbers(get(in, PROBABILITIES));
        if (ids.size() != probabilities.length()) {
            throw new IllegalArgumentException(
                    "%d ids but %d probabilities".formatted(ids.size(), probabilities.length()));
        }
        ImmutableList.Builder<TokenProbability> out = ImmutableList.builder();
        for (int i = 0; i < ids.size(); i++) {
            int id = ids.get(i).getAsBigDecimal().intValueExact();
            out.add(new TokenProbability(id, label.apply(id), probabilities.get(i)));
        }
        return out.build();
    }

    /** JSON has no infinite numbers, and a masked token's logit is one: those go as texts. */
    private static JsonArray numbers(DoubleStream values) {
        JsonArray out = new JsonArray();
        values.mapToObj(
                        v ->
                                Double.isFinite(v)
                                        ? new JsonPrimitive(v)
                                        : new JsonPrimitive(Double.toString(v)))
                .forEach(out::add);
        return out;
    }

    private static ImmutableDoubleArray numbers(JsonElement in) {
        ImmutableDoubleArray.Builder out = ImmutableDoubleArray.builder();
        in.getAsJsonArray().forEach(e -> out.add(e.getAsDouble()));
        return out.build();
    }

    private static JsonElement get(JsonObject in, String name) {
        return Optional.ofNullable(in.get(name))
                .orElseThrow(() -> new IllegalArgumentException("field " + name + " is missing"));
    }
}
