package dev.patchscopes.lens.future;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.TargetPrompt;

/**
 * The fixed contexts of the future lens (Pal et al., 2023, table 1), whose last token is
 * overwritten. They were ten tokens each for GPT-J; other tokenizers may cut them otherwise.
 *
 * <pre>{@code
 * FutureLens lens = FutureLens.fixedPrompt(model, FuturePrompts.first());
 * }</pre>
 */
public final class FuturePrompts {
    private static final ImmutableList<TargetPrompt> ALL =
            ImmutableList.of(
                    TargetPrompt.of("Hello! Could you please tell me more about \""),
                    TargetPrompt.of("The multi-tokens present here are \""),
                    TargetPrompt.of("The concepts in this hidden state listed are: ("),
                    TargetPrompt.of(
                            "<|endoftext|> This state is describing about the following concept:"));

    private FuturePrompts() {}

    /** {@return {@code Hello! Could you please tell me more about "}} */
    public static TargetPrompt first() {
        return ALL.get(0);
    }

    /** {@return {@code The multi-tokens present here are "}} */
    public static TargetPrompt second() {
        return ALL.get(1);
    }

    /** {@return {@code The concepts in this hidden state listed are: (}} */
    public static TargetPrompt third() {
        return ALL.get(2);
    }

    /**
     * {@return {@code <|endoftext|> This state is describing about the following concept:}, which
     * begins with a token of GPT-2's and GPT-J's tokenizers; others read its characters}
     */
    public static TargetPrompt fourth() {
        return ALL.get(3);
    }

    /** {@return all four} */
    public static ImmutableList<TargetPrompt> all() {
        return ALL;
    }
}
