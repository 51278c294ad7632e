package dev.patchscopes.lens.tuned;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.corpus.Chunking;
import dev.patchscopes.corpus.CorpusSplit;
import dev.patchscopes.corpus.CorpusStream;
import dev.patchscopes.corpus.TextChunk;
import dev.patchscopes.corpus.TextCorpus;
import dev.patchscopes.internal.TokensDigest;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.List;

/** Chunks of tokens, all of one length, in memory: four bytes a token. */
record TokenChunks(int length, ImmutableList<ImmutableIntArray> chunks) {

    /** What is known of chunks before they are read. */
    sealed interface Source {
        TokenChunks read(HookedModel model, Chunking chunking, long most);

        /** A larger and a smaller part, about one in {@code parts}, for choices. */
        Halves split(int parts, long seed);
    }

    record Halves(Source fit, Source heldOut) {}

    record Texts(TextCorpus corpus) implements Source {
        @Override
        public TokenChunks read(HookedModel model, Chunking chunking, long most) {
            int length = TokenChunks.length(chunking);
            List<ImmutableIntArray> out = new ArrayList<>();
            try (CorpusStream<TextChunk> all = corpus.chunks(model.tokenizer(), chunking)) {
                while (out.size() < most && all.hasNext()) {
                    out.add(all.next().ids());
                }
            }
            return new TokenChunks(length, ImmutableList.copyOf(out));
        }

        @Override
        public Halves split(int parts, long seed) {
            CorpusSplit split = corpus.split(1.0 / parts, seed);
            return new Halves(new Texts(split.training()), new Texts(split.evaluation()));
        }
    }

    record Tokens(ImmutableList<ImmutableIntArray> chunks) implements Source {
        Tokens {
            checkArgument(!chunks.isEmpty(), "no chunk of tokens is given");
            int length = chunks.get(0).length();
            for (int i = 0; i < chunks.size(); i++) {
                checkArgument(
                        chunks.get(i).length() == length && length > 0,
                        "chunk %s has %s tokens and chunk 0 has %s; chunks are of one length",
                        i,
                        chunks.get(i).length(),
                        length);
            }
        }

        @Override
        public TokenChunks read(HookedModel model, Chunking chunking, long most) {
            int count = (int) Math.min(chunks.size(), most);
            return new TokenChunks(chunks.get(0).length(), chunks.subList(0, count));
        }

        @Override
        public Halves split(int parts, long seed) {
            checkArgument(
                    chunks.size() >= parts,
                    "%s chunks are too few to hold one of %s out; give more, or held-out ones",
                    chunks.size(),
                    parts);
            ImmutableList.Builder<ImmutableIntArray> fit = ImmutableList.builder();
            ImmutableList.Builder<ImmutableIntArray> heldOut = ImmutableList.builder();
            for (int i = 0; i < chunks.size(); i++) {
                (i % parts == parts - 1 ? heldOut : fit).add(chunks.get(i));
            }
            return new Halves(new Tokens(fit.build()), new Tokens(heldOut.build()));
        }
    }

    /** The length of the chunks, which must be one. */
    static int length(Chunking chunking) {
        if (chunking instanceof Chunking.Joined joined) {
            return joined.length();
        }
        checkArgument(
                chunking instanceof Chunking.FixedLength fixed
                        && fixed.minLength() == fixed.length(),
                "%s gives chunks of several lengths; take Chunking.joined or Chunking.ofLength"
                        + " without rests",
                chunking);
        return ((Chunking.FixedLength) chunking).length();
    }

    int count() {
        return chunks.size();
    }

    long tokens() {
        return (long) count() * length;
    }

    /** Some of the chunks as prompts of one batch. */
    TokenBatch batch(int[] which) {
        List<TokenizedPrompt> prompts = new ArrayList<>();
        for (int i : which) {
            prompts.add(TokenizedPrompt.ofIds(chunks.get(i)));
        }
        return TokenBatch.of(prompts);
    }

    /** What reports tell texts apart by. */
    String textsHash() {
        TokensDigest out = new TokensDigest();
        chunks.forEach(out::add);
        return out.finish();
    }

    /** A digest of the tokens. */
    String digest() {
        Hasher hasher = Hashing.sha256().newHasher().putInt(length);
        chunks.forEach(chunk -> chunk.forEach(hasher::putInt));
        return hasher.hash().toString();
    }
}
