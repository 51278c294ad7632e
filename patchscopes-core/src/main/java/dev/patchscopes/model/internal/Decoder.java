package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.text.TokenBatch;
import java.util.ArrayList;
import java.util.List;

/** Generation: the prompt in one pass, then a token at a time on the cache of keys and values. */
public final class Decoder {
    private final ModelRuntime runtime;

    /**
     * Makes a decoder.
     *
     * @param runtime the model
     */
    public Decoder(ModelRuntime runtime) {
        this.runtime = runtime;
    }

    /** Chooses tokens and decides when a prompt is finished. */
    public interface Chooser {

        /**
         * Chooses the next token of a prompt.
         *
         * @param row prompt of the batch
         * @param logits [d_vocab]
         * @return token id
         */
        int choose(int row, double[] logits);

        /**
         * Tells whether a prompt is finished; asked after each choice.
         *
         * @param row prompt of the batch
         * @return true if nothing more is to be generated for it
         */
        boolean finished(int row);

        /**
         * Called before the model reads the prompts, and then each chosen token: the moment to
         * stop.
         *
         * @param generated tokens chosen so far for each prompt that is not finished
         * @throws java.util.concurrent.CancellationException to stop
         */
        void next(int generated);
    }

    /**
     * Generates.
     *
     * @param batch prompts; laid out anew with padding on the left
     * @param captures what to read, prompt and generated tokens alike
     * @param interventions what to change
     * @param maxNewTokens tokens to generate at most
     * @param chooser chooses tokens; keeps them
     * @param checkFinite whether to stop where values are not finite
     * @return what was read; a finished prompt's later positions are not part of its text
     */
    public ImmutableMap<HookPoint, Captured> generate(
            TokenBatch batch,
            ImmutableSet<HookPoint> captures,
            ImmutableList<Intervention> interventions,
            int maxNewTokens,
            Chooser chooser,
            boolean checkFinite) {
        TokenBatch left = batch.paddedLeft();
        Tensors ops = runtime.ops();
        try (Session session = runtime.open(false)) {
            NDManager run = session.manager();
            runtime.checkBatch(left, maxNewTokens);
            ModelFacts facts = runtime.facts();
            RunPlan plan = RunPlan.of(facts, left, captures, interventions, true, maxNewTokens);
            RunTaps taps =
                    new RunTaps(facts.spec(), ops, plan).watchedBy(runtime.watch(checkFinite));
            // the last token is chosen, never read back
            int capacity = left.columns() + Math.max(0, maxNewTokens - 1);
            KvCache cache = new KvCache(run, facts.spec(), ops, left.rows(), capacity);
            List<double[]> logits;
            chooser.next(0);
            try (NDManager scope = run.newSubManager()) {
                ModelRuntime.Prefill prefill = runtime.prefill(scope, ops, taps, plan, cache);
                logits = ModelRuntime.rowsOf(prefill.lastLogits(plan));
            }
            cache.advance(left.columns());
            int generated = 0;
            boolean[] done = new boolean[left.rows()];
            while (generated < maxNewTokens) {
                long[] ids = new long[left.rows()];
                boolean anyLeft = false;
                for (int row = 0; row < ids.length; row++) {
                    if (!done[row]) {
                        ids[row] = chooser.choose(row, logits.get(row));
                        done[row] = chooser.finished(row);
                        anyLeft |= !done[row];
                    }
                }
                generated++;
                if (!anyLeft || generated == maxNewTokens) {
                    break;
                }
                chooser.next(generated);
                logits = step(run, taps, left, cache, ids);
            }
            return taps.finish(
                    "generation stopped after %d new %s"
                            .formatted(generated, generated == 1 ? "token" : "tokens"));
        }
    }

    private List<double[]> step(
            NDManager run, RunTaps taps, TokenBatch batch, KvCache cache, long[] ids) {
        Tensors ops = runtime.ops();
        Transformer transformer = runtime.transformer();
        int rows = ids.length;
        int[] starts = new int[rows];
        int[] ends = new int[rows];
        long[][] positions = new long[rows][1];
        for (int row = 0; row < rows; row++) {
            starts[row] = batch.start(row);
            ends[row] = Integer.MAX_VALUE;
            int lastOfPrompt = batch.column(row, batch.length(row) - 1);
            positions[row][0] = batch.positionId(row, lastOfPrompt) + cache.length() - lastOfPrompt;
        }
        Columns columns = new Columns(starts, ends, cache.length(), positions);
        try (NDManager scope = run.newSubManager()) {
            Pass pass = runtime.pass(scope, ops, taps, columns, cache);
            taps.begin(scope, columns, true);
            NDArray x = transformer.embed(ops.fromLongs(scope, ids, new Shape(rows, 1)), pass);
            x = transformer.blocks(x, 0, transformer.spec().layers(), pass);
            NDArray logits = transformer.logits(x, pass); // [batch, 1, d_vocab]
            taps.end();
            cache.advance(1);
            return new ArrayList<>(ModelRuntime.rowsOf(logits));
        }
    }
}
