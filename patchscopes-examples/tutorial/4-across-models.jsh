/// # Reading one model through another
///
/// A large model can put into words what a small model holds, if somebody translates between their
/// states. This section fits that translation, reads with it, and measures how much of what comes
/// out was really in the small model.
///
/// ## The question
///
/// A Patchscope reads a state by running a model on it. That need not be the model the state is
/// from. Ghandeharioun et al. (2024, section 4.4) let a larger model of the same family read a
/// smaller one, since a better reader may say more. The states differ in width and in meaning, so
/// that the mapping f of the Patchscope has something to do: for a layer l of the source and l* of
/// the target it is an affine map, fitted by least squares on states of both models at the same
/// place of the same texts:
///
///     f(h) = A h + b, with A and b such that |f(h_source) - h_target|^2 is small on average
///
/// Two models come with the library. Both learned the same facts; one is smaller.

HookedModel small = model("demo-small"), large = model();
System.out.println(small.summary());
System.out.println(large.summary());

/// ## The same place in both
///
/// "The same place" means: the same characters have been read. Two tokenizers may cut a text
/// differently, so prompts are aligned by characters, at the ends of tokens that both share. These
/// two models happen to have one tokenizer, and every position is shared:

AlignedPrompts.of(small, large, "The capital of France is")

/// ## Fitting
///
/// We need texts that neither model was trained on. They come from the program that wrote the
/// training text. A part is held out to measure on. For least squares on few states a penalty is
/// needed (ridge); it is fixed here, and chosen on held-out texts if you name none.

import dev.patchscopes.examples.demo.corpus.Corpus;
import dev.patchscopes.examples.demo.corpus.Document;
import dev.patchscopes.examples.demo.corpus.KnowledgeBase;

List<String> texts = Corpus.about(KnowledgeBase.load(1), 1).
        documents(1L << 51). // the models were trained on documents below 2^50
        map(Document::text).
        filter(text -> text.length() > 20).
        distinct().
        limit(260).
        toList();
CrossModelMap map = CrossModelMap.between(small, large).
        layers(Layers.at(0, 2, 4, 6), Layers.at(0, 4, 8, 10)).
        kind(MapKind.affine(0.01)).
        texts(texts).
        heldOut(0.2).
        patched(40).
        seed(1).
        fit();
show(map.report());

/// The picture shows the share of variance of held-out target states that the map explains (R^2: 1
/// is all, 0 is no better than their mean). No pair is near 1, and none could be: 64 numbers do not
/// hold what 128 do. The two ends fit best. The embeddings go together, as both know the same
/// token; so do the last layers, as both models are about to say the same thing; the layers between
/// them have their own ways.
///
/// Before trusting such a table, fit a map where you know the answer. From a model to itself, at
/// one layer, it should be the identity and explain everything:

CrossModelMap itself = CrossModelMap.between(large, large).
        layers(Layers.at(4), Layers.at(4)).
        kind(MapKind.affine(0.01)).
        texts(texts.subList(0, 120)).
        patched(1).
        seed(1).
        fit();
System.out.println("share of held-out variance explained: %.4f".formatted(
        itself.report().at(4, 4).heldOutVariance()));

/// ## Reading
///
/// Now the Patchscope: source in the small model, target in the large one. We write it once by
/// hand, to see that there is nothing behind it: capture h in the small model, map it, replace the
/// state in the large model, read the next token.

void agree(String what, double difference) {
    if (!(difference < 1e-3)) {
        throw new AssertionError(what + " differ by " + difference);
    }
    System.out.println("%s: the largest difference is %.1e".formatted(what, difference));
}

String prompt = "The capital of France is";
AlignedPrompts both = AlignedPrompts.of(small, large, prompt);
double most = 0;
for (int l : new int[] {0, 2, 4, 6}) {
    for (int target : new int[] {0, 4, 8, 10}) {
        HookPoint read = HookPoint.residual(l), written = HookPoint.residual(target);
        double[] h = small.run(prompt).capture(read).execute().vectorDoubles(read, Positions.last());
        TokenDistribution byHand = large.run(prompt).
                intervene(Intervention.replace(
                        written, Positions.last(), map.mapping(l, target).apply(h))).
                execute().
                next();
        PatchscopeResult patched = map.asPatchscope(small, large, both, l, target).run();
        int top = byHand.argMax();
        most = Math.max(most, Math.abs(byHand.probability(top) - patched.next().probability(top)));
    }
}
agree("by hand and Patchscope", most);

Table capitals = Table.of(
        "Capitals", "country", "the small model", "read by the large one, 4 -> 4", "6 -> 10");
for (String country : List.of("France", "Japan", "Norway", "Peru")) {
    String question = "The capital of " + country + " is";
    AlignedPrompts aligned = AlignedPrompts.of(small, large, question);
    capitals = capitals.withRow(
            country,
            small.topTokens(question, 1).get(0),
            map.asPatchscope(small, large, aligned, 4, 4).run().topTokens(1).get(0),
            map.asPatchscope(small, large, aligned, 6, 10).run().topTokens(1).get(0));
}
show(capitals);

/// Both models know these capitals. The pair 4 -> 4 says them; the pair 6 -> 10, which had the
/// larger R^2, does not. That is worth a thought.
///
/// The pair 6 -> 10 writes into the last layer. Nothing is left to correct it: the prediction is
/// read off A h + b directly. A map that explains seven tenths of the variance keeps what all
/// states have in common and loses just the fine part that tells Paris from Berlin. Least squares
/// weighs directions by their variance, not by what they mean to the unembedding. The pair 4 -> 4
/// writes a state in the middle, and blocks 4 to 9 of the large model go on from there. They look
/// at the prompt, which says *France* in the large model too.
///
/// And that is the catch. With T = S the target run has the whole question before it. Is the answer
/// read from the small model's state, or found again by the large model? The R^2 cannot tell.
/// Controls can.
///
/// ## Measuring
///
/// `scores()` patches held-out texts at one position each and asks how often the large model's next
/// token is the *small* model's own (precision@1), beside random vectors of the same lengths in the
/// place of mapped ones.

CrossModelScores scores = map.scores().orElseThrow();
show(scores.heatmap());

System.out.println("unpatched: " + scores.unpatched().withSource());
for (int[] pair : new int[][] {{0, 0}, {2, 4}, {4, 4}, {6, 8}, {6, 10}}) {
    var at = scores.at(pair[0], pair[1]);
    System.out.println("%d -> %d: mapped %s, random %s".formatted(
            pair[0], pair[1], at.mapped().withSource(), at.randomVector().withSource()));
}

/// Three things to see. First, *unpatched* is already high: left alone, the large model mostly says
/// what the small one says, because both know the same facts. No patch does better, so agreement by
/// itself proves nothing. Second, random vectors do not agree, least of all when written late: the
/// patched position matters, and a wrong state there destroys the answer. So a mapped state is
/// better than noise at every pair, but written low, the large model may owe much to its own
/// context. Third, at 6 -> 10, where context can do nothing, what remains is the map itself, and it
/// is far from perfect. The intervals are wide, as there is one position a text; `CrossModelDemo`
/// takes 1,000 texts.
///
/// The paper reports precision and surprisal of such maps for Vicuna 7B to 13B and Pythia 6.9B to
/// 12B, also with T = S, and its figure has the same shape: agreement is high where the target
/// layer is early, from nearly any source layer, and lowest from early source layers to late target
/// layers. The controls above say why that shape should be read with care.
///
/// ## A reading that cannot cheat
///
/// To be sure that what is read was in the state, take a target prompt that does not contain it.
/// Entity description is such a prompt. Its placeholder `x` knows nothing; whatever the large model
/// says of it must have come through the map.
///
/// A map fitted on running text is not at its best there: the state stands in for a placeholder at
/// the end of a list of descriptions. So we fit on names put in that very place
/// (`AlignedPrompts.inPlace`), and describe *other* names.

GroundTruth truth = GroundTruth.of(DemoModel.STANDARD);
List<String> asked = List.of("Marie Curie", "Japan", "tiger");
List<EntityReference> entities = new ArrayList<>(truth.entities().stream().
        map(EntityReference::of).
        filter(entity -> !asked.contains(entity.name())).
        toList());
Collections.shuffle(entities, new Random(0));
List<EntityReference> others = entities.subList(0, 400), measured = entities.subList(400, 440);
CrossModelMap names = CrossModelMap.between(small, large).
        layers(Layers.all(), Layers.at(4)).
        prompts(others.stream().
                map(entity -> AlignedPrompts.inPlace(
                        small, large, entity.name(), TargetPrompt.entityDescription())).
                toList()).
        skipFirst(0). // the position to map may be the first of its prompt
        seed(1).
        fit();
EntityDescription across = EntityDescription.of(small).
        targetModel(large).
        layers(Layers.all(), Layers.at(4)).
        mapping(names::mapping).
        maxNewTokens(8).
        seed(1);
EntityReport described = across.describe(asked);
show(described);

/// The small model's states make the large one name the right kind of thing, and often more.
/// Mistakes are of a telling sort: a composer for a chemist, the wrong landscape for an animal. The
/// coarse part of the state comes through, the fine part is lost, as with the capitals above. Here
/// are 40 names that had no part in the fit, by layer of the small model:

EntityEvaluation evaluation = across.evaluate(measured);
show(evaluation.curves());

System.out.println("the large model by name:  " + evaluation.namedDirectly());
System.out.println("placeholder unpatched:    " + evaluation.namedByPlaceholder());
for (int l = 0; l <= small.layers(); l += 2) {
    System.out.println("small layer %d -> large layer 4: %s, random vectors %s".formatted(
            l, evaluation.named().at(l, 4), evaluation.namedByRandom().at(l, 4)));
}
System.out.println("any layer:                " + evaluation.named().oracle());
System.out.println("any layer, random:        " + evaluation.namedByRandom().oracle());

/// This is the result that counts: the right category for half to two thirds of the names, where
/// random vectors reach about one in ten and the unpatched placeholder one in six. The text could
/// not have come from the prompt. It also shows the price of the translation. Read through its own
/// later blocks the large model describes nearly all of these names.
///
/// Note the last lines. Counted as "right at any layer", random vectors name more than a quarter of
/// all categories, since there are only a few and seven tries. Count that way, and every method
/// looks good.
///
/// One cell of the report as a Patchscope by itself:

PatchscopeResult alone = across.asPatchscope("Marie Curie", 3, 4).run();
String swept = described.of("Marie Curie").at(3, 4).text();
if (!alone.text().equals(swept)) throw new AssertionError("sweep and Patchscope differ");
System.out.println("alone \"%s\", in the sweep \"%s\"".formatted(alone.text(), swept));

/// ## What the paper claims, and what shows here
///
/// Ghandeharioun et al. find that a larger model can describe entities from states of the smaller
/// one *better* than the smaller model itself, at most of the first ten layers. On our pair we do
/// not claim that. The small model describes these names well by itself, and the map loses
/// something. What does show is that the translation works at all, with a few hundred names and in
/// a second or two, and that the controls tell a real reading from the target model's own
/// knowledge.
///
/// ## Pitfalls
///
/// - **T = S leaks.** If the target prompt holds the answer, agreement shows little. Prefer a
///   target prompt without it, or write at the last layer.
/// - **R^2 is not meaning.** A map may explain most of the variance and lose the answer. Judge it
///   by what the target says.
/// - **Different tokenizers.** Precision@1 compares token ids, which means nothing across
///   vocabularies; the library compares only what both share, and says so in `map.warnings()`.
/// - **Few states.** The published maps were fitted without a penalty on about as many states as
///   there are unknowns. Look at held-out numbers only.
/// - **The first token** of a text has an odd state in many models and can rule a least-squares
///   fit; it is left out unless you say `skipFirst(0)`.
///
/// ## What to try next
///
/// - `MapKind.rotation()` and `MapKind.lowRank(16)`: how much of the map is a mere turn, how few
///   directions carry it?
/// - The other way round, `CrossModelMap.between(large, small)`: does a small model understand a
///   large one?
/// - `map.save(file)` and `CrossModelMap.load`: a map is a safetensors file.
/// - `CrossModelDemo` in `dev.patchscopes.examples.trace` fits all layers and describes all 735
///   names that both models know; give it two model directories and a file of texts to try your own
///   pair.
