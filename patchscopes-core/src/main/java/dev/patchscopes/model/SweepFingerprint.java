package dev.patchscopes.model;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.text.PositionException;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.text.Tokenizer;
import java.util.List;
import java.util.Optional;

/**
 * By what a restarted sweep is recognised: a SHA-256 of everything that determines its results.
 *
 * <p>That is the model (content, number format, kind of device, and the tokens and texts that end a
 * generation), base runs, cells, reading and generation. How the cells are computed is no part of
 * it: execution, memory budget and progress change nothing that is read beyond rounding.
 *
 * <p>What is hashed can be told apart again: each list comes after its length, each alternative
 * after its name, each number as its bits. So two sweeps that differ anywhere differ here.
 * Positions are the exception that is meant: they count as the tokens they resolve to.
 */
final class SweepFingerprint {

    /** Changes whenever the same sweep would be described differently. */
    private static final String FORMAT = "patchscopes sweep 1";

    private final Hasher hasher = Hashing.sha256().newHasher();
    private final List<BaseRun> bases;

    private SweepFingerprint(List<BaseRun> bases) {
        this.bases = bases;
    }

    /**
     * Describes a sweep.
     *
     * @return 64 hexadecimal digits
     * @throws InterventionException if an intervention is a function, which nothing can recognise
     */
    static String of(
            HookedModel model,
            List<BaseRun> bases,
            List<Cell> cells,
            Reading reading,
            int newTokens,
            List<String> stops) {
        SweepFingerprint print = new SweepFingerprint(bases);
        print.text(FORMAT);
        print.model(model, newTokens > 0);
        print.hasher.putInt(bases.size());
        for (int i = 0; i < bases.size(); i++) {
            BaseRun base = bases.get(i);
            print.integers(base.prompt().ids());
            print.interventions(base.interventions(), base.prompt(), "base run " + i);
        }
        print.hasher.putInt(cells.size());
        for (int i = 0; i < cells.size(); i++) {
            print.cell(cells.get(i), i);
        }
        print.reading(reading);
        print.hasher.putInt(newTokens);
        print.hasher.putInt(stops.size());
        stops.forEach(print::text);
        return print.hasher.hash().toString();
    }

    private void model(HookedModel model, boolean generates) {
        text(model.contentHash());
        text(model.computeType().name());
        text(model.device().getDeviceType());
        integers(model.endOfText());
        // The tokenizer decides where a stop string is found, and is no part of the content hash.
        Optional<Tokenizer> tokenizer = model.tokenizerIfAny().filter(t -> generates);
        int tokens = tokenizer.map(Tokenizer::vocabularySize).orElse(-1);
        hasher.putInt(tokens);
        for (int id = 0; id < tokens; id++) {
            text(model.label(id));
        }
    }

    private void cell(Cell cell, int index) {
        TokenizedPrompt prompt = bases.get(cell.base()).prompt();
        hasher.putInt(cell.base());
        interventions(cell.interventions(), prompt, "cell " + index);
        hasher.putInt(cell.patches().size());
        for (Patch patch : cell.patches()) {
            hasher.putInt(patch.source());
            point(patch.from());
            integers(patch.read().resolve(bases.get(patch.source()).prompt()));
            point(patch.to());
            integers(patch.written().resolve(prompt));
            hasher.putBoolean(patch.map().isPresent());
            patch.map().ifPresent(map -> text(map.name()));
        }
    }

    private void reading(Reading reading) {
        hasher.putInt(reading.topTokens());
        integers(reading.tokens());
        hasher.putBoolean(reading.columns()).putBoolean(reading.distribution());
        hasher.putBoolean(reading.residual());
    }

    private void interventions(List<Intervention> all, TokenizedPrompt prompt, String owner) {
        hasher.putInt(all.size());
        for (Intervention intervention : all) {
            text(intervention.phase().name());
            if (intervention instanceof Edit edit) {
                text("edit");
                point(edit.point());
                positions(edit.positions(), prompt, edit.phase());
                integers(edit.rows());
                integers(edit.heads());
                operation(edit, owner);
            } else {
                EdgeCut cut = (EdgeCut) intervention;
                text("cut");
                positions(cut.queries(), prompt, cut.phase());
                positions(cut.keys(), prompt, cut.phase());
                hasher.putInt(cut.fromBlock()).putInt(cut.toBlock());
                integers(cut.rows());
                integers(cut.heads());
                hasher.putBoolean(cut.renormalised());
            }
        }
    }

    private void operation(Edit edit, String owner) {
        Operation operation = edit.operation();
        text(operation.getClass().getSimpleName());
        if (operation instanceof Operation.Replace replace) {
            numbers(replace.values());
        } else if (operation instanceof Operation.Add add) {
            numbers(add.values());
        } else if (operation instanceof Operation.Scale scale) {
            number(scale.factor());
        } else if (operation instanceof Operation.Interpolate mix) {
            numbers(mix.values());
            number(mix.weight());
        } else if (operation instanceof Operation.ProjectOut project) {
            numbers(project.direction());
        } else if (!(operation instanceof Operation.Zero || operation instanceof Operation.Mean)) {
            throw new InterventionException(
                    "%s, of %s, is a function, and a restarted sweep cannot tell whether it is still the same one: use operations made of numbers (replace, add, scale, ...) or a vector under a name (Patch.mapped), or drop resume(...)"
                            .formatted(edit, owner));
        }
    }

    /** The tokens that are meant, however they are described. */
    private void positions(Positions positions, TokenizedPrompt prompt, Phase phase) {
        // While decoding, all tokens include those yet to be generated.
        boolean open = phase != Phase.PREFILL && positions.equals(Positions.all());
        hasher.putBoolean(open);
        try {
            ImmutableIntArray tokens = positions.resolve(prompt);
            hasher.putBoolean(true);
            integers(tokens);
        } catch (PositionException e) {
            if (phase == Phase.PREFILL) {
                throw e;
            }
            // Among the tokens to be generated, perhaps: for the engine to decide.
            hasher.putBoolean(false);
            text(positions.toString());
        }
    }

    private void point(HookPoint point) {
        text(point.site().name());
        hasher.putInt(point.block());
    }

    private void text(String text) {
        hasher.putInt(text.length()).putUnencodedChars(text);
    }

    private void integers(ImmutableIntArray values) {
        hasher.putInt(values.length());
        values.forEach(hasher::putInt);
    }

    private void numbers(ImmutableDoubleArray values) {
        hasher.putInt(values.length()).putBytes(DoubleBytes.of(values.toArray()));
    }

    /** By its bits, in which 0 and -0 differ. */
    private void number(double value) {
        hasher.putLong(Double.doubleToRawLongBits(value));
    }
}
