package dev.patchscopes.trace.cross;

import static com.google.common.base.Preconditions.checkArgument;

import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.ModelClosedException;
import dev.patchscopes.model.ModelException;
import dev.patchscopes.text.Tokenizer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Tokens of a target model in the vocabulary of a source model: the same id where both have the
 * same tokens, else the token that reads the same.
 */
final class Vocabularies {
    private final Optional<Map<String, Integer>> byText; // empty: ids are the same
    private final Optional<Tokenizer> target;

    private Vocabularies(Optional<Map<String, Integer>> byText, Optional<Tokenizer> target) {
        this.byText = byText;
        this.target = target;
    }

    static Vocabularies of(HookedModel source, HookedModel target) {
        Optional<Tokenizer> from = tokenizer(source);
        Optional<Tokenizer> to = tokenizer(target);
        if (from.isEmpty() || to.isEmpty()) {
            checkArgument(
                    source.vocabularySize() == target.vocabularySize(),
                    "%s and %s have vocabularies of %s and %s tokens, and not both a tokenizer to compare them by text: load them with their tokenizers, or do not patch: patched(0)",
                    source.name(),
                    target.name(),
                    source.vocabularySize(),
                    target.vocabularySize());
            return new Vocabularies(Optional.empty(), Optional.empty());
        }
        if (same(from.get(), to.get())) {
            return new Vocabularies(Optional.empty(), Optional.empty());
        }
        Map<String, Integer> byText = new HashMap<>();
        for (int id = 0; id < from.get().vocabularySize(); id++) {
            byText.putIfAbsent(from.get().label(id), id);
        }
        return new Vocabularies(Optional.of(byText), to);
    }

    private static boolean same(Tokenizer one, Tokenizer other) {
        if (one.vocabularySize() != other.vocabularySize()) {
            return false;
        }
        for (int id = 0; id < one.vocabularySize(); id++) {
            if (!one.label(id).equals(other.label(id))) {
                return false;
            }
        }
        return true;
    }

    private static Optional<Tokenizer> tokenizer(HookedModel model) {
        try {
            return Optional.of(model.tokenizer());
        } catch (ModelClosedException e) {
            throw e;
        } catch (ModelException e) {
            return Optional.empty();
        }
    }

    /** The source's token for one of the target's; empty if it has none that reads the same. */
    OptionalInt inSource(int targetId) {
        if (byText.isEmpty()) {
            return OptionalInt.of(targetId);
        }
        Integer id = byText.get().get(target.orElseThrow().label(targetId));
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }
}
