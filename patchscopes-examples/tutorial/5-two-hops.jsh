/// # Two hops
///
/// A model may know that Toyota makes the Corolla and that Toyota was founded in Japan, and still
/// not know where the maker of the Corolla was founded. Can a Patchscope carry the first answer to
/// the second question? Sometimes. This section shows how to tell a rescue from luck, and says
/// plainly what does not work on this model.
///
/// ## The question
///
/// "The country where the company that makes the Corolla was founded is" takes two facts. The first
/// hop leads from the Corolla to Toyota, the *bridge*; the second from Toyota to Japan. A
/// transformer has a fixed number of blocks for both. If the first hop is resolved late, there are
/// too few blocks left for the second. Our model is asked the question, then both hops:

HookedModel model = model();
String question = "The country where the company that makes the Corolla was founded is";
String firstHop = "The company that makes the Corolla is";
String secondHop = "The country where Toyota was founded is";
System.out.println("both at once: " + model.generate(question, 4).text());
System.out.println("first hop:    " + model.generate(firstHop, 3).text());
System.out.println("second hop:   " + model.generate(secondHop, 3).text());

/// Both hops are right, and the question is not. For such cases Ghandeharioun et al. (2024, section
/// 5) propose this Patchscope: the source prompt S is the words of the first hop alone, i its last
/// token; the target prompt T asks the second hop of a placeholder; the state of the first hop is
/// written over the placeholder, unchanged. No model is trained and nothing is told. Which layers l
/// and l* to take nobody knows beforehand, so all pairs are tried:

LayerGrid grid = Patchscope.on(model).
        sourcePrompt("The company that makes the Corolla").
        sourceLayer(0).
        targetPrompt(TargetPrompt.of("The country where x was founded is", "x")).
        targetLayer(0).
        maxNewTokens(2).
        build().
        sweep(Layers.all(), Layers.all());
show(grid);

long right = grid.cells().stream().
        filter(cell -> cell.result().generation().orElseThrow().text().contains("Japan")).
        count();
System.out.println("%d of %d pairs say Japan; unpatched: \"%s\"".formatted(
        right, grid.cells().size(), grid.unpatched().generation().orElseThrow().text()));

/// The pairs that answer lie together, at source layers 1 to 5 and target layers up to 4. That
/// looks like a success, and on this question it is one: unpatched, the target prompt says
/// something else. A grid computes all pairs in one sweep over the blocks; a pair by itself is the
/// same Patchscope:

PatchscopeResult alone = Patchscope.on(model).
        sourcePrompt("The company that makes the Corolla").
        sourceLayer(3).
        targetPrompt(TargetPrompt.of("The country where x was founded is", "x")).
        targetLayer(1).
        maxNewTokens(2).
        build().
        run();
String swept = grid.at(3, 1).generation().orElseThrow().text();
if (!alone.text().equals(swept)) throw new AssertionError("grid and Patchscope differ");
System.out.println("alone \"%s\", in the grid \"%s\"".formatted(alone.text(), swept));

/// ## One question is no evidence
///
/// There are 121 pairs. If any of them says "Japan", the question counts as rescued in the paper's
/// scoring. How often would *anything* written over the placeholder make the model say some
/// country, and now and then the right one? That is what random vectors are for: same prompt, same
/// places, same lengths, no meaning. `MultiHop` runs them beside every cell.
///
/// The model of this library answers nine in ten of the two-hop questions that it never saw in
/// training. There are 45 that it fails although it knows both hops. They are the cases that the
/// method is made for. Here they are, on nine pairs of layers. `MultiHop` asks the hops again,
/// finds one of them not known, and counts 44.

GroundTruth truth = GroundTruth.of(DemoModel.STANDARD);
List<HopQuestion> failing = truth.twoHop().stream().
        filter(GroundTruth.TwoHop::failsDirectly).
        map(hops -> HopQuestions.of(truth, hops)).
        toList();
MultiHop multiHop = MultiHop.of(model).
        layers(Layers.at(1, 3, 5), Layers.at(0, 2, 4)).
        maxNewTokens(6).
        maxDirectTokens(6).
        seed(42);
MultiHopReport rescued = multiHop.questions(failing).onlyFailing().run();
show(rescued.bars(Scoring.STRICT));

void sum(String what, MultiHopReport report) {
    System.out.println(what);
    System.out.println("  asked directly:         " + report.direct().strict());
    System.out.println("  step by step:           " + report.stepByStep().strict());
    System.out.println("  target unpatched:       " + report.unpatched().strict());
    System.out.println("  any pair, patched:      " + report.oracle().strict());
    System.out.println("  any pair, random:       " + report.randomControl().oracle().strict());
    System.out.println("  held-out pair, patched: " + report.heldOutCell().strict());
    System.out.println("  the same less random:   " + report.overRandom().strict());
}

sum("Questions that fail directly", rescued);

/// Read it line by line. *Any pair, patched* is the paper's count: a question counts if one of the
/// pairs answers it. About a quarter are rescued, it seems. *Any pair, random* takes that back:
/// random vectors rescue as many. *Held-out pair* takes the one pair of layers that did best on
/// half of the subjects and tries it on the other half, and *the same less random* is what remains
/// of it less random vectors in the very same pair: about nothing, and the interval holds zero.
///
/// **So on this model the paper's gain is not seen.** On a grid of ten by ten layers the numbers in
/// the documentation of `MultiHop` say the same: 0.42 for any pair patched, 0.44 for any pair with
/// random vectors. The paper reports 50% against 20% asked directly and 36% step by step, on 46
/// questions and 1,600 pairs of layers of a 13-billion-parameter model, without a random control.
/// We cannot say what such a control would have shown there. Here it decides.
///
/// (*Step by step* puts "Let's think step by step." before the question. The demo model never
/// learned to think aloud, so nothing is to be expected of it.)
///
/// ## What fails: the first hop or the second?
///
/// A Patchscope that fails has two halves. Perhaps the bridge is not in the state. Or it is, and
/// the second hop cannot use it. To tell, let the source prompt answer the first hop itself: S
/// becomes "The company that makes the Corolla is Toyota", say, and i the last token of the
/// bridge's own name. 24 of the questions are enough:

MultiHopReport answered = multiHop.
        questions(failing.stream().limit(24).map(HopQuestion::withAnsweredHop).toList()).
        onlyFailing().
        run();
show(answered.heatmap(Scoring.STRICT));
sum("The same, with the first hop answered in the source prompt", answered);

/// Now every question is answered, and random vectors are left far behind. The second half works: a
/// state that holds the bridge, written over a placeholder in a low layer, is used as if the name
/// stood there. What is missing in the questions that fail is the first half. At the last word of
/// "the company that makes the Corolla" the state does not hold enough of Toyota.
///
/// This is a property of how these questions were picked. We took those that *fail*, and they fail
/// because the first hop is weak. Compare questions picked without regard to failing, out of all
/// those that were not trained on:

List<HopQuestion> unseen = new ArrayList<>(truth.twoHop().stream().
        filter(hops -> !hops.trained()).
        map(hops -> HopQuestions.of(truth, hops)).
        toList());
Collections.shuffle(unseen, new Random(42));
MultiHopReport any = multiHop.questions(unseen.subList(0, 30)).run();
show(any.bars(Scoring.STRICT));
sum("Questions not trained on, failing or not", any);

/// Here carrying the first hop over does work: the held-out pair answers more than half, clearly
/// more than random vectors and than the target prompt unpatched. (It is counted on half of the
/// subjects, and may so come out above *any pair*, which is counted on all.) The intermediate
/// answer *is* in the state of the first hop's last word, often enough, and at layers low enough
/// for the second hop to use it. It only does not help where help is needed: asked directly, the
/// model answers more of these questions than any patch does.
///
/// That is a fair summary of what this Patchscope shows on this model: *evidence that the bridge is
/// represented*, and no better reasoner.
///
/// ## Back-patching
///
/// Biran et al. ("Hopping Too Late", 2024) think along the same lines. If the bridge is resolved
/// too late, write the *late* state of a token back into an *early* layer of the same prompt, and
/// the blocks in between work on it once more. As a Patchscope: T = S, i* = i, and l* < l. We do it
/// at the last token of the question.

BackPatchingReport back = BackPatching.of(model).
        layers(Layers.at(3, 5, 7, 9), Layers.at(0, 2, 4)).
        maxNewTokens(6).
        seed(42).
        run(truth.twoHop().stream().
                filter(GroundTruth.TwoHop::failsDirectly).
                map(GroundTruth.TwoHop::direct).
                toList());
show(back);

System.out.println("without a patch:    " + back.plain());
System.out.println("any pair, patched:  " + back.patched().oracle());
System.out.println("any pair, random:   " + back.random().oracle());
System.out.println("held-out pair:      " + back.patched().heldOut());
System.out.println("the same less random: " + back.overRandom());

/// This control comes out differently. Any pair rescues about four in ten of the failing questions,
/// where random vectors rescue fewer than one in ten. The paper reports up to 66% for its models,
/// with any pair too. The single pair chosen on the other half rescues about a fifth; that is the
/// number one could use in practice, and its interval is wide.
///
/// Why should it work where the first Patchscope does not? The last token's late state holds what
/// the model *almost* answered, so that a second pass over it can set right what came too late. We
/// do not show that here; it is a guess that you could test with the lenses of section 1, at the
/// layers that were written.
///
/// ## Two readings of one paper
///
/// The paper describes the Patchscope in two ways, and they are not the same computation. In its
/// figure, S and T are both the whole question, and the state is written over the token *before*
/// the first hop, whose words come after it and read it (`HopForm.ONE_PROMPT`). In its code there
/// are two prompts, as above (`HopForm.TWO_PROMPTS`, the default). A third form is
/// `HopForm.BACK_PATCHING`. `MultiHop` runs each, with the same controls; say which one you mean.
///
/// ## Pitfalls
///
/// - **Any pair.** A count over the best of n pairs grows with n, for states and for noise. Never
///   quote it without the same count for random vectors.
/// - **What counts.** Questions whose hops the model does not know cannot be rescued and must not
///   count. `MultiHop` asks both hops first, and says how many are left.
/// - **Long answers.** The longer the generated text, the more likely the answer turns up in it
///   somewhere. Keep `maxNewTokens` small, and look whether *strict* and *paper* scoring differ.
/// - **Subjects repeat.** Several questions about one company are not independent. Intervals here
///   draw whole subjects.
/// - **Layers.** l and l* run from 0 to L. Written at layer 0, the state stands in for an embedding
///   and all blocks work on it.
///
/// ## What to try next
///
/// - `multiHop.form(HopForm.ONE_PROMPT)` and `HopForm.BACK_PATCHING` on the same questions.
/// - `rescued.within(LayerOrder.FORWARD)`: only the pairs with l < l*, which save computation in
///   place of adding it.
/// - `EntityDescription.of(model).describe("The company that makes the Corolla")`: what does the
///   model take the first hop for?
/// - `MultiHopDemo` in `dev.patchscopes.examples.trace` asks 200 questions of each kind; with the
///   directories of a model and of relations it joins those to questions and asks your model.
