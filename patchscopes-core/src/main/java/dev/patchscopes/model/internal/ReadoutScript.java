package dev.patchscopes.model.internal;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;

/**
 * The reductions of logits to what a readout keeps, in one call into the library.
 *
 * <p>Rows are taken a few at a time, and written to where they are or to one place kept for it, so
 * that what one operation writes is still in the cache when the next one reads it. Tokens above a
 * rank are counted in floating point, which the library sums ten times as fast as truth values and
 * exactly up to 2^24; above which a token stands is asked of the logits themselves, of which two
 * that differ may be equal once the largest is taken off. The largest entries are looked for among
 * the blocks of a row that hold its largest maxima: the k largest entries of a row lie in the k
 * blocks with the largest maxima, and finding maxima reads the row once, at the speed of memory.
 */
final class ReadoutScript implements AutoCloseable {
    /** Entries of a block. */
    private static final int BLOCK = 64;

    /** Bytes of logits that operations hand on to each other in the cache. */
    private static final int SLICE_BYTES = 1 << 21;

    private static final String REDUCE =
            """
            def forward(self: __torch__.Function,
                        x: Tensor,
                        log: Tensor,
                        p: Tensor,
                        ids: Tensor) -> Tensor:
              rows = torch.size(x, 0)
              width = torch.size(x, 1)
              asked = torch.size(ids, 1)
              k = %1$d
              step = %2$d
              parts = annotate(List[Tensor], [])
              scratch = torch.empty_like(torch.slice(x, 0, 0, step))
              start = 0
              while start < rows:
                end = min(start + step, rows)
                xs = torch.slice(x, 0, start, end)
                n = end - start
            %3$s
                m = torch.slice(top, 1, 0, 1)
                one = torch.slice(ids, 0, start, end)
                e = torch.slice(scratch, 0, 0, n)
                raw = torch.gather(xs, 1, one)
                ranks = annotate(List[Tensor], [])
                j = 0
                while j < asked:
                  _5 = torch.gt(xs, torch.slice(raw, 1, j, j + 1), out=e)
                  ranks.append(torch.sum(e, [1], True))
                  j = j + 1
                d = torch.sub_(xs, m)
                own = torch.sub(raw, m)
                _1 = torch.exp(d, out=e)
                s = torch.sum(e, [1], True)
                ls = torch.log(s)
                _2 = torch.mul_(e, d)
                mean = torch.div(torch.sum(e, [1], True), s)
                logs = torch.slice(log, 0, start, end)
                _3 = torch.sub(logs, d, out=e)
                _4 = torch.mul_(e, torch.slice(p, 0, start, end))
                kl = torch.add(torch.sum(e, [1], True), ls)
                best = torch.slice(at, 1, 0, 1)
                under = torch.gather(logs, 1, best)
                lps = torch.sub(own, ls)
                parts.append(torch.cat([torch.sub(ls, mean), kl, under, lps, torch.cat(ranks, 1),
                    torch.sub(torch.sub(top, m), ls), torch.to(at, d)], 1))
                start = end
              return torch.cat(parts, 0)
            """;

    private static final String PLAIN_TOP =
            """
                top, at = torch.topk(xs, k, 1)
            """;

    private static final String BLOCK_TOP =
            """
                blocks = torch.floordiv(width, %1$d)
                whole = torch.slice(xs, 1, 0, blocks * %1$d)
                maxima = torch.amax(torch.view(whole, [n, blocks, %1$d]), [2])
                _0, where = torch.topk(maxima, k, 1)
                within = torch.arange(%1$d, device=x.device)
                first = torch.unsqueeze(torch.mul(where, %1$d), 2)
                inside = torch.reshape(torch.add(first, within), [n, k * %1$d])
                rest = torch.arange(blocks * %1$d, width, device=x.device)
                tail = torch.expand(torch.unsqueeze(rest, 0), [n, width - blocks * %1$d])
                among = torch.cat([inside, tail], 1)
                top, which = torch.topk(torch.gather(xs, 1, among), k, 1)
                at = torch.gather(among, 1, which)
            """;

    private final TorchScript script;

    private ReadoutScript(TorchScript script) {
        this.script = script;
    }

    /**
     * Makes the function for a shape.
     *
     * @param vocabulary d_vocab
     * @param k most probable tokens read, at least 1
     * @param bytes of a logit
     */
    static ReadoutScript load(Device device, int vocabulary, int k, int bytes) {
        boolean blocks = vocabulary / BLOCK >= 4 * k;
        String top = blocks ? BLOCK_TOP.formatted(BLOCK) : PLAIN_TOP;
        int step = device.isGpu() ? 1 << 20 : Math.max(1, SLICE_BYTES / (vocabulary * bytes));
        String code = REDUCE.formatted(k, step, top.stripTrailing());
        return new ReadoutScript(TorchScript.load(device, code));
    }

    /**
     * Reduces logits.
     *
     * @param x logits [row, d_vocab]; overwritten
     * @param teacher what the rows are compared with
     * @param ids tokens asked for [row, asked], at least one
     * @return [row, 3 + 2 asked + 2 k]: entropy, divergence, log-probability of the best token with
     *     the teacher; log-probabilities and ranks of the tokens asked for; log-probabilities and
     *     ids of the best tokens
     */
    NDArray reduce(NDArray x, TeacherRows teacher, NDArray ids) {
        return script.apply(x, teacher.logProbabilities(), teacher.probabilities(), ids);
    }

    @Override
    public void close() {
        script.close();
    }
}
