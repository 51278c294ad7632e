package dev.patchscopes.lens.future;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.Layers;
import dev.patchscopes.Patchscope;
import dev.patchscopes.PatchscopeException;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.Generation;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.model.Reading;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A context whose last state is overwritten at the layer the state was read at. All layers and
 * positions are cells of one sweep over the context, whose other tokens are computed once.
 */
final class PromptFutureLens implements FutureLens {
    private final HookedModel model;
    private final String name;
    private final String kind; // its name before it was given another
    private final BaseRun context;
    private final Optional<TargetPrompt> text; // what a Patchscope could have as its target

    private PromptFutureLens(
            HookedModel model,
            String name,
            String kind,
            BaseRun context,
            Optional<TargetPrompt> text) {
        this.model = model;
        this.name = name;
        this.kind = kind;
        this.context = context;
        this.text = text;
    }

    static PromptFutureLens fixed(HookedModel model, TargetPrompt prompt) {
        TokenizedPrompt tokens = model.tokenize(prompt.text());
        checkArgument(
                prompt.resolve(tokens) == tokens.length() - 1,
                "%s goes on after its placeholder, and the future is read from it: put the"
                        + " placeholder last",
                prompt);
        String kind = "fixed prompt " + prompt;
        return new PromptFutureLens(model, kind, kind, BaseRun.of(tokens), Optional.of(prompt));
    }

    /** A context of vectors. */
    static PromptFutureLens of(HookedModel model, String name, BaseRun context) {
        return new PromptFutureLens(model, name, name, context, Optional.empty());
    }

    FuturePredictor unpatched() {
        return new UnpatchedContext(this);
    }

    @Override
    public HookedModel model() {
        return model;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public PromptFutureLens named(String other) {
        return new PromptFutureLens(model, checkName(other), kind, context, text);
    }

    static String checkName(String name) {
        checkArgument(!name.isBlank(), "a name of '%s' tells nothing apart; give it letters", name);
        return name;
    }

    @Override
    public int ahead() {
        return AHEAD;
    }

    @Override
    public ImmutableIntArray layers() {
        return Layers.all().resolve(model);
    }

    @Override
    public ImmutableList<FuturePredictions> predict(List<FutureStates> states, int top) {
        return predict(states, top, true);
    }

    /** The same, or what the context says with nothing patched in. */
    ImmutableList<FuturePredictions> predict(List<FutureStates> states, int top, boolean patch) {
        Forced forced = new Forced(context);
        List<Cell> cells = new ArrayList<>();
        for (FutureStates some : states) {
            for (int ahead = 0; ahead <= ahead(); ahead++) {
                for (int row = 0; row < some.rows(); row++) {
                    int base = forced.base(some.tokens().get(row), ahead);
                    cells.add(patch ? patched(base, some, row) : Cell.of(base));
                }
            }
        }
        List<CellResult> results =
                model.sweep(forced.bases()).cells(cells).reading(Reading.top(top)).execute();
        int at = 0;
        ImmutableList.Builder<FuturePredictions> out = ImmutableList.builder();
        for (FutureStates some : states) {
            ImmutableList.Builder<ImmutableList<ImmutableList<TokenProbability>>> byAhead =
                    ImmutableList.builder();
            for (int ahead = 0; ahead <= ahead(); ahead++) {
                byAhead.add(
                        results.subList(at, at + some.rows()).stream()
                                .map(CellResult::top)
                                .collect(ImmutableList.toImmutableList()));
                at += some.rows();
            }
            out.add(new FuturePredictions(byAhead.build()));
        }
        return out.build();
    }

    private Cell patched(int base, FutureStates states, int row) {
        return Cell.of(
                base,
                Intervention.replace(
                        HookPoint.residual(states.layer()),
                        Positions.at(context.prompt().length() - 1),
                        states.states().row(row)));
    }

    /** The context and, after it, the tokens that a prediction is given; each once. */
    private static final class Forced {
        private final BaseRun context;
        private final Map<ImmutableIntArray, Integer> index = new LinkedHashMap<>();

        Forced(BaseRun context) {
            this.context = context;
        }

        int base(ImmutableIntArray tokens, int ahead) {
            checkArgument(
                    tokens.length() > ahead,
                    "%s tokens are given from a state's own on, and %s are needed for N = %s",
                    tokens.length(),
                    ahead + 1,
                    ahead);
            return index.computeIfAbsent(
                    tokens.subArray(1, 1 + ahead).trimmed(), k -> index.size());
        }

        List<BaseRun> bases() {
            return index.keySet().stream()
                    .map(
                            more ->
                                    new BaseRun(
                                            more.isEmpty()
                                                    ? context.prompt()
                                                    : TokenizedPrompt.ofIds(
                                                            ImmutableIntArray.builder()
                                                                    .addAll(context.prompt().ids())
                                                                    .addAll(more)
                                                                    .build()),
                                            context.interventions()))
                    .toList();
        }
    }

    @Override
    public ImmutableList<ImmutableList<FutureCell>> cells(List<FutureStates> states) {
        List<Cell> cells = new ArrayList<>();
        for (FutureStates some : states) {
            for (int row = 0; row < some.rows(); row++) {
                cells.add(patched(0, some, row));
            }
        }
        List<CellResult> results =
                model.sweep(context).cells(cells).generate(ahead() + 1).execute();
        int at = 0;
        ImmutableList.Builder<ImmutableList<FutureCell>> out = ImmutableList.builder();
        for (FutureStates some : states) {
            out.add(
                    results.subList(at, at + some.rows()).stream()
                            .map(result -> result.generation().map(Generation::tokens))
                            .map(tokens -> new FutureCell(tokens.orElse(ImmutableList.of())))
                            .collect(ImmutableList.toImmutableList()));
            at += some.rows();
        }
        return out.build();
    }

    @Override
    public Patchscope asPatchscope(TokenizedPrompt prompt, int layer, int position, int ahead) {
        TargetPrompt target =
                text.orElseThrow(
                        () ->
                                new PatchscopeException(
                                        "the context of %s is vectors, and a Patchscope's target prompt is text: SoftPrompt.generation(model, prompt, layer, position) states the same run"
                                                .formatted(name)));
        checkAhead(ahead, ahead());
        return Patchscope.on(model)
                .sourcePrompt(prompt)
                .sourcePosition(Positions.at(position))
                .sourceLayer(layer)
                .targetPrompt(target)
                .targetLayer(layer)
                .maxNewTokens(ahead + 1)
                .build();
    }

    static void checkAhead(int ahead, int most) {
        if (ahead < 0 || ahead > most) {
            throw new OutOfRangeException("N = %d is not in 0..%d".formatted(ahead, most));
        }
    }

    /** {@return the name, the model, and the prompt where the name is another} */
    @Override
    public String toString() {
        return "%s of %s%s".formatted(name, model.name(), name.equals(kind) ? "" : ", " + kind);
    }

    /** The context with nothing patched in. */
    private record UnpatchedContext(PromptFutureLens lens) implements FuturePredictor {
        @Override
        public HookedModel model() {
            return lens.model();
        }

        @Override
        public String name() {
            return lens.name + ", unpatched";
        }

        @Override
        public String toString() {
            return lens + ", unpatched";
        }

        @Override
        public int ahead() {
            return lens.ahead();
        }

        @Override
        public ImmutableIntArray layers() {
            return ImmutableIntArray.of();
        }

        @Override
        public ImmutableList<FuturePredictions> predict(List<FutureStates> states, int top) {
            return lens.predict(states, top, false);
        }
    }
}
