package dev.patchscopes.trace.hops;

/**
 * Between which prompts and positions a {@link MultiHop} carries the representation of the first
 * hop. In all of them it is read at the last token of the words that name hop 1.
 */
public enum HopForm {
    /**
     * Two prompts, as Ghandeharioun et al., "Patchscopes" (2024), section 5, have it in their code:
     * S names hop 1 alone, i its last token; T asks for hop 2 of a placeholder, i* that
     * placeholder, or the last token of a T without one. Neither prompt sees the other.
     */
    TWO_PROMPTS,
    /**
     * One prompt, as the paper's text and its figure 4 have it: S = T = the whole question, i the
     * last token of hop 1, i* the token just before hop 1. The words of hop 1 come after the patch
     * and read it, so that this is not {@link #TWO_PROMPTS} unless attention is masked.
     */
    ONE_PROMPT,
    /**
     * One prompt and one position: S = T = the whole question, i = i* the last token of hop 1. With
     * l &gt; l* this is the back-patching of Biran et al., "Hopping Too Late" (2024); with l = l*
     * nothing changes.
     */
    BACK_PATCHING
}
