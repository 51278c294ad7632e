/// # Resolving entities
///
/// Where does a model work out who or what a name is, and how does the answer get from the name to
/// the end of the prompt? Causal tracing and attention knockout change a run and watch the answer;
/// entity description lets the model say in words what it takes a name for, layer by layer.
///
/// ## The question
///
/// In "The capital of Japan is" the answer depends on one word. So there must be a path: the model
/// gathers what it knows of `Japan` at that word (this is called *resolving* the entity), moves it
/// to the last token, and says `Tokyo`. A lens shows what a state looks like. Whether the model
/// *uses* it only an intervention can tell: change something, leave all else as it is, and see
/// whether the answer changes.

HookedModel model = model();
String prompt = "The capital of Japan is";
model.topTokens(prompt, 3)

/// ## Causal tracing
///
/// Causal tracing (Meng et al., "Locating and Editing Factual Associations in GPT", 2022) makes
/// three kinds of runs. The *clean* run reads the prompt. The *corrupted* run adds noise to the
/// embeddings of the subject, so that the answer is lost. A *restored* run is the corrupted one
/// with a single state put back to its clean value. If the answer returns, that state carries it:
///
///     total effect    = p_clean(answer) - p_corrupted(answer)
///     indirect effect = p_restored(answer) - p_corrupted(answer)
///
/// The noise has three times the standard deviation of the subject's embedding (the paper takes
/// that of many subjects), and each number is a mean over ten draws.

CausalTracing tracing = CausalTracing.of(model).prompt(prompt).subject("Japan");
CausalTrace trace = tracing.run();
show(trace);

/// There are three pictures: whole residual states, outputs of MLPs, and outputs of attention. The
/// first has layers 0 to 10, the other two blocks 0 to 9, where block b leads from layer b to layer
/// b + 1. Restored sublayers stand in windows of two blocks, as one alone seldom does anything; so
/// neighbouring columns share half of what they restore.
///
/// The answer moves in one step. Up to layer 4 it is the state of `Japan` that restores everything,
/// and from layer 5 on it is the state of the last token. The attention picture shows the move
/// itself: attention outputs at the last token around blocks 4 and 5. The MLP picture shows the
/// first two blocks at `Japan`, where the name is worked on, and then the upper blocks at the last
/// token. Meng et al. found the same two places in GPT-2 XL, an early site at the last token of the
/// subject and a late site at the last token of the prompt. There the early site is an affair of
/// MLPs in the *middle* layers; here it is blocks 0 and 1, right after the embedding.
///
/// **As a Patchscope**: S is the clean prompt, T the same prompt corrupted, i* = i, l* = l, f the
/// identity. A Patchscope has a target *text*, and noise is no text; so with noise the same patch
/// is written as a cell of a sweep over the corrupted runs. Zhang and Nanda (2024) advise to
/// corrupt by another subject anyway, since noise makes states that the model never meets. Then T
/// is a text, and the Patchscope has nothing missing. Both are checked here:

void agree(String what, double difference) {
    if (!(difference < 1e-3)) {
        throw new AssertionError(what + " differ by " + difference);
    }
    System.out.println("%s: the largest difference is %.1e".formatted(what, difference));
}

int tokyo = model.topTokens(prompt, 1).get(0).id();
List<Cell> cells = new ArrayList<>();
for (int k = 0; k <= model.layers(); k++) {
    cells.add(tracing.asCell(TraceKind.RESIDUAL, k, 5, 0)); // token 5, first draw of the noise
}
List<CellResult> restored = model.sweep(tracing.baseRuns()).
        cells(cells).
        reading(Reading.probabilitiesOf(tokyo)).
        execute();
double most = 0;
for (int k = 0; k <= model.layers(); k++) {
    double traced = trace.grid(TraceKind.RESIDUAL).each(k, 5).get(0);
    most = Math.max(most, Math.abs(traced - restored.get(k).probabilities().get(0)));
}
agree("trace with noise and sweep", most);

CausalTracing swapping = tracing.corruption(Corruption.replacement("France"));
CausalTrace swapped = swapping.run();
most = 0;
for (int k = 0; k <= model.layers(); k += 2) {
    for (int token = 4; token <= 5; token++) {
        PatchscopeResult patched = swapping.asPatchscope(k, token).run();
        double traced = swapped.value(TraceKind.RESIDUAL, k, token);
        most = Math.max(most, Math.abs(traced - patched.next().probability(tokyo)));
    }
}
agree("trace with another subject and Patchscope", most);
System.out.println("France in place of Japan: p(Tokyo) = %.3f; with layer 4 restored %.3f".formatted(
        swapped.corrupted(), swapped.value(TraceKind.RESIDUAL, 4, 4)));

/// One prompt is an anecdote. Here are 12 facts that the model knows, from all relations, averaged
/// by the place of a token in the prompt. `CausalTracingDemo` takes 200.

GroundTruth truth = GroundTruth.of(DemoModel.STANDARD);
List<FactPrompt> known = truth.knownPrompts();
List<FactPrompt> facts = IntStream.range(0, 12).
        mapToObj(i -> known.get(i * known.size() / 12)).
        toList();
TraceAverage average = CausalTracing.of(model).copies(3).average(facts);
show(average.curves(TraceKind.RESIDUAL));
show(average.curves(TraceKind.ATTN_OUT));

for (TraceKind kind : List.of(TraceKind.RESIDUAL, TraceKind.MLP_OUT, TraceKind.ATTN_OUT)) {
    for (TokenClass place : List.of(TokenClass.LAST_SUBJECT, TokenClass.FURTHER, TokenClass.LAST)) {
        ClassEffect peak = average.peak(kind, place).orElseThrow();
        System.out.println("%s, %s: peak %s at %d".formatted(
                kind.label(), place.label(), peak.effect(), peak.row()));
    }
}

/// The two sites stay: last subject token below, last token above, and nothing at *further* tokens,
/// which are the control within the picture. A peak is the largest of ten or eleven numbers, so it
/// flatters itself; `average.heldOutPeak(...)` chooses the layer on one half of the subjects and
/// measures on the other.
///
/// ## Attention knockout
///
/// Tracing asks which *states* carry the answer. Knockout (Geva et al., "Dissecting Recall of
/// Factual Associations", 2023) asks which *edges* it travels on. It forbids the last token to
/// attend to some of the others, in a window of blocks around each block, and measures how much of
/// the answer's probability is left.

AttentionKnockout knockout = AttentionKnockout.of(model).prompt(prompt).subject("Japan").perToken();
KnockoutResult cut = knockout.run();
show(cut);

for (int block : new int[] {1, 2, 4, 8}) {
    System.out.println("block %d, in %%: subject %.1f, others %.1f, others but first %.1f".formatted(
            block,
            cut.change(AttentionKnockout.SUBJECT, block),
            cut.change(AttentionKnockout.NON_SUBJECT, block),
            cut.change(AttentionKnockout.NON_SUBJECT_BUT_FIRST, block)));
}

/// The two methods meet. Cutting `Japan` off hurts around blocks 3 to 5 and nowhere else, which is
/// where the trace saw attention at the last token restore the answer. Before that there is nothing
/// to fetch yet, after that it has been fetched. Other tokens matter earlier. Around block 1,
/// cutting them off but for the first one costs half of the answer: the last token needs
/// *something* of the question, or it does not know that a capital is asked for. Cut off from the
/// first token too, it loses everything around block 2, where it otherwise loses next to nothing.
/// That is no more about capitals: the last token has only `Japan` and itself left to attend to. So
/// look at both lines.
///
/// **As a Patchscope** a knockout does not fit at first sight: a Patchscope writes a state and cuts
/// no edge. But no other token reads the last token's row, so all that the cut changes directly are
/// attention outputs of that row inside the window. Writing these, from a run with the cut, into
/// the clean run must give the same answer. The source is the run with the cut, f the identity, and
/// the place `attn_out` instead of a layer:

int from = cut.provenance().firstBlock(4), to = cut.provenance().endBlock(4);
List<HookPoint> outputs = IntStream.range(from, to).mapToObj(HookPoint::attnOut).toList();
Activations without = model.run(prompt).
        intervene(Intervention.cutAttention(Positions.last(), Positions.of("Japan"), from, to)).
        capture(outputs).
        execute();
Activations patched = model.run(prompt).
        intervene(outputs.stream().
                map(point -> Intervention.replace(
                        point, Positions.last(), without.vector(point, Positions.last()))).
                toList()).
        execute();
agree("knockout and patched attention outputs",
        Math.abs(cut.value(AttentionKnockout.SUBJECT, 4) - patched.next().probability(tokyo)));

/// Now the average, with a control that the paper does not have: as many random edges as the
/// subject has, cut in the same blocks.

KnockoutAverage cuts = AttentionKnockout.of(model).seed(42).average(facts);
show(cuts.curves(
        AttentionKnockout.SUBJECT, AttentionKnockout.NON_SUBJECT, AttentionKnockout.RANDOM));

for (int block : new int[] {1, 4, 8}) {
    System.out.println("around block %d: subject %s %%, random edges %s %%".formatted(
            block,
            cuts.change(AttentionKnockout.SUBJECT, block),
            cuts.change(AttentionKnockout.RANDOM, block)));
}

/// Around block 4 random edges cost little and the subject's edges nearly everything. Around block
/// 1 nothing is fetched from the subject yet, while a random edge may be the one to the word that
/// says what is asked; with 12 facts the interval is wide. The first token of a prompt is a case of
/// its own: models like to rest their attention there, and cutting it off can hurt for reasons that
/// have nothing to do with the fact. So it has a line of its own in the first picture.
///
/// ## Entity description
///
/// Tracing said *where*; this Patchscope says *what* (Ghandeharioun et al., 2024, section 4.3). The
/// source is the bare name, i its last token. The target prompt shows three entities with their
/// descriptions and ends in a placeholder, over which the state is written, l* = l:

System.out.println(TargetPrompt.entityDescription().text());

EntityReport descriptions = EntityDescription.of(model).
        maxNewTokens(8).
        describe("Marie Curie", "Toyota", "Japan");
show(descriptions);

/// Each name is read right up to layer 3 or 4, and then no more. From layer 5 on Marie Curie and
/// Toyota become some country, which is also what the prompt says of an unpatched `x`; and after
/// `Japan` the model goes on with `ese`, the rest of a word, and describes that. Marie Curie is a
/// `Polish chemist` already at layer 0, the embedding of `Curie` alone. In this small world one
/// token gives most names away. In the models of the paper the descriptions *grow* over the first
/// layers, from the words of the name to the person; here there is little left to grow.
///
/// Why does it end? The paper explains the decline by the placeholder: later tokens still attend to
/// what `x` itself left in the blocks below l*. That can be tested, by forbidding all attention to
/// `x` in those blocks (`hidingPlaceholder()`), and the layer of reading can be told from the layer
/// of writing, by giving each its own value. Here are both, for 16 entities, scored by whether the
/// right category is named:

List<EntityReference> entities = IntStream.range(0, 16).
        mapToObj(i -> truth.entities().get(i * truth.entities().size() / 16)).
        map(EntityReference::of).
        toList();
EntityDescription describing = EntityDescription.of(model).maxNewTokens(8).seed(42);
EntityEvaluation same = describing.layers(Layers.at(0, 2, 4, 6, 8)).evaluate(entities);
EntityEvaluation crossed = describing.layers(Layers.at(4, 8), Layers.at(4, 8)).evaluate(entities);
EntityEvaluation hidden = describing.layers(Layers.at(8)).hidingPlaceholder().evaluate(entities);
show(same.curves());

System.out.println("by name:                " + same.namedDirectly());
System.out.println("placeholder unpatched:  " + same.namedByPlaceholder());
System.out.println("l = l* = 4:             " + same.named().at(4, 4));
System.out.println("  random vectors:       " + same.namedByRandom().at(4, 4));
System.out.println("l = l* = 8:             " + same.named().at(8, 8));
System.out.println("  placeholder hidden:   " + hidden.named().at(8, 8));
System.out.println("l = 8 written at l* = 4: " + crossed.named().at(8, 4));
System.out.println("l = 4 written at l* = 8: " + crossed.named().at(4, 8));

/// In this model the paper's explanation does not hold. Hiding the placeholder does not bring the
/// descriptions back. Writing a state of layer 8 at layer 4 brings back a part of the descriptions,
/// while a state of layer 4 written at layer 8 is lost. (With 16 entities the intervals are wide;
/// the documentation of `EntityDescription` has the same for 74.) It is the *writing* that comes
/// too late: the blocks that would unfold the entity have run already. Always take the two layers
/// apart before you speak of what "layer 8 knows".
///
/// The descriptions of `describe` come from one sweep over all names and layers. One alone says the
/// same:

PatchscopeResult alone = EntityDescription.of(model).
        maxNewTokens(8).
        asPatchscope("Marie Curie", 3, 3).
        run();
String swept = descriptions.of("Marie Curie").at(3, 3).text();
if (!alone.text().equals(swept)) throw new AssertionError("sweep and Patchscope differ");
System.out.println("alone \"%s\", in the sweep \"%s\"".formatted(alone.text(), swept));

/// ## Across models
///
/// The model that describes need not be the model that is read. With a map f between their states,
/// a larger model can put the states of a smaller one into words (section 4.4 of the paper). Here
/// the map is fitted on every second of the other names; the next section does that with care, and
/// with controls.

HookedModel small = model("demo-small");
List<String> asked = List.of("Marie Curie", "Japan");
List<AlignedPrompts> names = IntStream.range(0, 370).
        mapToObj(i -> truth.entities().get(2 * i).name()). // every second one, of all kinds
        filter(name -> !asked.contains(name)).
        map(name -> AlignedPrompts.inPlace(small, model, name, TargetPrompt.entityDescription())).
        toList();
CrossModelMap map = CrossModelMap.between(small, model).
        layers(Layers.at(2, 4), Layers.at(4)).
        prompts(names).
        skipFirst(0).
        seed(1).
        fit();
show(EntityDescription.of(small).
        targetModel(model).
        layers(Layers.at(2, 4), Layers.at(4)).
        mapping(map::mapping).
        maxNewTokens(8).
        describe(asked));

/// What does this show? For Marie Curie the kind has come through: the unpatched placeholder would
/// have been a country, and the large model speaks of a composer. Poland and chemistry have not.
/// For Japan it shows nothing, since the placeholder alone says "Country in South Asia" too. Two
/// examples prove little either way. So the next section counts.
///
/// ## Pitfalls
///
/// - **Layers and blocks.** Layer k is the stream after k blocks, so the state at layer 5 has seen
///   blocks 0 to 4. The paper's figures of causal tracing call it layer 4.
/// - **The subject at the end.** If it is the last token, the early and the late site fall together
///   and the trace shows nothing.
/// - **Windows.** In a model of ten blocks a window of ten is the whole model. The defaults are
///   about a fifth of the depth, here two blocks to restore and three to cut in; say which you took.
/// - **Restoring is not removing.** A state may be able to carry the answer without being needed.
///   Tracing shows the one, knockout the other.
/// - **Words are not measurements.** Descriptions are fluent even for random vectors. Count, and
///   put a control beside the count.
///
/// ## What to try next
///
/// - `tracing.kinds(TraceKind.RESIDUAL_MLP_SEVERED)`: is a state any good if the MLPs above may not
///   work on it?
/// - `knockout.zeroed()`: drop the weights of cut edges instead of giving them to the others.
/// - `BackPatching.of(model)`: write late states of a prompt into its own early layers.
/// - `CausalTracingDemo`, `KnockoutDemo` and `EntityDemo` in `dev.patchscopes.examples.trace` run
///   all of this over some 200 facts or entities, and on a model directory of yours.
