package dev.patchscopes.corpus;

/** Whether a chunk of tokens begins with the token that begins a text. */
public enum Bos {
    /** Where the checkpoint's own rule puts one before a text, it stands before every chunk. */
    BY_TOKENIZER,
    /** Before every chunk; the tokenizer must have one. */
    ALWAYS,
    /** Before none, but where a text holds it in writing. */
    NEVER
}
