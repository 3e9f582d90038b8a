"""The words under every plot, in the window and in files: what was measured, and in which state.

They claim nothing beyond the reading that they are given.
"""

from __future__ import annotations

from typing import get_args

from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.comparing import have_same_plan, plan_of, words_beside
from resnet_viewer.records.limits import USUAL_LIMITS, Limits
from resnet_viewer.records.method import Explanation
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.predictions import has_highest_class
from resnet_viewer.records.probe import BlockReading, CamState, NetworkState, ProbeResult
from resnet_viewer.records.session import GradientQuantity, MapOrder, MapScale, Session
from resnet_viewer.records.target import BlockTarget, Target
from resnet_viewer.records.weights import TrainedHere
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.records.wiring import number_ranges as number_ranges
from resnet_viewer.records.wiring import strengths as strengths

CAM_REASONS: dict[CamState, str] = {
    "shown": "",
    "zero gradient": "all gradients are zero",
    "zero activation": "all activations are zero",
    "all negative": "all contributions are negative",
    "underflow": "all contributions are zero in float32",
    "not finite": "the values are not finite",
}
"""Why a Grad-CAM is blank, in words; empty where it is shown."""
assert CAM_REASONS.keys() == set(get_args(CamState))


def cam_reason(reading: ProbeResult, block: BlockReading) -> str:
    """Why a block's Grad-CAM of the first picture is blank, in words; empty where it is shown."""
    state, target = block.cam_states[0], reading.target
    if state == "zero gradient" and isinstance(target, BlockTarget) and block.number > target.block:
        return f"it lies behind the target, in block {target.block}"
    return CAM_REASONS[state]


MAP_ORDERS: dict[MapOrder, str] = {
    "index": "by index",
    "mean": "by mean, highest first",
    "maximum": "by maximum, highest first",
    "change": "by change against the reference, largest first",
}
_NAMED = 3
"""So many pictures of a batch are named."""
MAP_SCALES: dict[MapScale, str] = {
    "channel": "each channel on its own scale",
    "layer": "all channels on one scale",
}
assert MAP_ORDERS.keys() == set(get_args(MapOrder))
assert MAP_SCALES.keys() == set(get_args(MapScale))


def plain(text: str) -> str:
    """`text` on one line, with every character that XML, JSON or UTF-8 would refuse replaced by "�"."""
    if text.isprintable():  # as good as always
        return text
    kept = ("�" if ord(c) < 32 or 127 <= ord(c) < 160 or ord(c) in (0xFFFE, 0xFFFF) else c for c in text)
    return "".join(kept).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def class_name(index: int, class_names: tuple[str, ...]) -> str:
    """The class's name, or "class 7" where names are not known; "no class" for the one behind the last, which stands
    for a picture whose logits are not finite.
    """
    if 0 <= index < len(class_names):
        return plain(class_names[index])
    return "no class" if class_names and index == len(class_names) else f"class {index}"


def target_name(target: Target, class_names: tuple[str, ...]) -> str:
    """The class's name, "class 7" where names are not known, or "block 5, channel 12"."""
    return target.name if isinstance(target, BlockTarget) else class_name(target, class_names)


def target_words(target: Target, class_names: tuple[str, ...]) -> str:
    """The target in a sentence: "the score of horse", "the mean of channel 12 of block 5"."""
    if isinstance(target, BlockTarget):
        return target.words
    return f"the score of {class_name(target, class_names)}"


def target_choice(reading: ProbeResult, *, is_reference: bool = False) -> str:
    """By whose choice a reading's target is its target: "the reference's highest", "your choice"."""
    asked = reading.request
    if not isinstance(asked.target, NetworkState):
        return "your choice"
    if isinstance(reading.target, BlockTarget):
        return "no class is highest" if asked.state.network.has_classifier else "there are no classes"
    is_own = is_reference or not asked.target.has_classes_of(asked.state)
    return "its own highest" if is_own else "the reference's highest"


def target_told(session: Session, now: ProbeResult | None, reference: ProbeResult | None) -> str:
    """The target with whose choice it is: "cat, the reference's highest"; where the reference has another one, that
    too, by its own network's names. Empty before there is a reading.
    """
    if now is None:
        names = session.reference.class_names
        return "" if reference is None else _chosen(reference, names, is_reference=True)
    told = _chosen(now, session.setup.class_names)
    if reference is None or not differ_in_target(now, reference):
        return told
    return f"{told} · reference: {_chosen(reference, session.reference.class_names, is_reference=True)}"


def differ_in_target(now: ProbeResult, reference: ProbeResult) -> bool:
    """Whether the two were asked about different targets; a class of other classes is another one."""
    has_other_classes = isinstance(now.target, int) and not reference.request.state.has_classes_of(
        now.request.state
    )
    return reference.targets != now.targets or has_other_classes


def _chosen(reading: ProbeResult, names: tuple[str, ...], *, is_reference: bool = False) -> str:
    return f"{target_name(reading.target, names)}, {target_choice(reading, is_reference=is_reference)}"


def usual_target_words(session: Session, now: ProbeResult | None) -> str:
    """The choice of no target in particular: "reference's highest", with the class where a reading of it is there."""
    state = session.setup.state
    if not state.network.has_classifier:
        return "mean of the last block"
    words = "reference's highest" if session.reference.has_classes_of(state) else "its own highest"
    if now is None or (now.request.target, now.request.batch) != (session.reference, session.setup.batch):
        return words
    return f"{target_name(now.target, session.setup.class_names)}, {words}"


def gradient_words(result: ProbeResult, class_names: tuple[str, ...]) -> str:
    """Whose gradient it is: that of `target_words`, or "the loss (cross-entropy) of horse". Of a batch that of the
    summed score or of the mean loss, of one class or of each picture's own.
    """
    if result.batch_size > 1:
        return _batch_gradient_words(result, class_names)
    if result.request.gradient_of == "score" or isinstance(result.target, BlockTarget):
        return target_words(result.target, class_names)
    return f"the loss (cross-entropy) of {class_name(result.target, class_names)}"


def _batch_gradient_words(result: ProbeResult, class_names: tuple[str, ...]) -> str:
    count, targets = result.batch_size, set((result.whole or result).targets)
    if isinstance(result.target, BlockTarget):
        return f"{result.target.words}, summed over {count} pictures"
    of_what = (
        "the summed score of" if result.request.gradient_of == "score" else "the mean loss (cross-entropy) of"
    )
    if len(targets) > 1:
        return f"{of_what} {count} pictures, each of its own class"
    return f"{of_what} {class_name(result.target, class_names)} over {count} pictures"


def quantity_words(quantity: GradientQuantity, result: ProbeResult, class_names: tuple[str, ...]) -> str:
    """What a gradient plot measures, without the state it was measured in."""
    norm = f"L2 norm of the gradient of {gradient_words(result, class_names)}"
    match quantity:
        case "weight":
            return f"{norm} for every layer's weight"
        case "relative":
            return f"{norm} for every layer's weight, divided by the weight's own L2 norm"
        case "output":
            return f"{norm} at every block's output"


def weights_words(network: NetworkSpec) -> str:
    """Where the weights come from: "bundled weights", "untrained (seed 0)"."""
    match network.weights.source:
        case "none":
            return f"untrained (seed {network.seed})"
        case "bundled":
            return "bundled weights"
        case "torchvision":
            return f"torchvision's {plain(network.weights.title)}"
        case "file" if network.weights.trained is not None:
            return plain(network.weights.title)
        case "file":
            return f"weights from {plain(network.weights.title)}"


def training_words(network: NetworkSpec) -> str:
    """How the weights were trained, as far as that is known; empty for untrained ones.

    A file of the lab tells it. Another does not tell whether its weights are trained at all, nor (with option A's zero
    padding) with which of two networks; so of that this says only how it was read.
    """
    if network.weights.trained is not None:
        return plain(network.weights.trained.words)
    having = "with shortcuts" if network.has_shortcuts else "without shortcuts"
    match network.weights.source:
        case "none":
            return ""
        case "file":
            return f"read as a network {having}"
        case "bundled" | "torchvision":
            return f"trained {having}"


def network_title(result: ProbeResult) -> str:
    """In a figure's head: "ResNet-18", "ResNet-18, untrained"."""
    return result.request.state.network.title + (", untrained" if result.is_untrained else "")


def wiring_words(network: NetworkSpec, wiring: Wiring, *, longest: int = 16) -> str:
    """The gates in words, the one wording for now and for the reference: "8 of 27 shortcuts cut (20-27)", "all
    shortcuts open"; of a plain network "all residual branches open". `longest` is as in `Wiring.describe`.
    """
    words = wiring.describe(has_shortcuts=network.has_shortcuts, longest=longest)
    return "all residual branches open" if words == "no shortcuts" else words


def state_words(state: NetworkState) -> str:
    """A network in its state: "ResNet-56, bundled weights, trained with shortcuts; 8 of 27 shortcuts cut
    (20-27); not retrained"."""
    network = state.network
    training = training_words(network)
    parts = [", ".join(part for part in (network.title, weights_words(network), training) if part)]
    gates = state.wiring.describe(has_shortcuts=network.has_shortcuts)
    if gates != "no shortcuts":
        parts.append(wiring_words(network, state.wiring))
    if gates not in ("no shortcuts", "all shortcuts open"):
        parts.append(unchanged_words(state))
    return "; ".join(filter(None, parts))


def unchanged_words(state: NetworkState) -> str:
    """What closing a gate did to the weights, which is nothing; empty for untrained ones.

    A file may have been trained with its gates as they are now: of it, only that its weights are as they were; of one
    of the lab it is known.
    """
    match state.network.weights.source:
        case "none":
            return ""
        case "file" if state.network.weights.trained is not None:
            return "" if _is_as_trained(state.wiring, state.network.weights.trained) else "not retrained"
        case "file":
            return "weights as in the file"
        case "bundled" | "torchvision":
            return "not retrained"


def _is_as_trained(wiring: Wiring, trained: TrainedHere) -> bool:
    """Its gates are as they were at the last step."""
    is_whole = set(wiring.branches) == {1.0} and not wiring.left_out
    return not trained.done or (set(wiring.shortcuts) == {trained.strength} and is_whole)


def reference_words(now: ProbeResult, reference: ProbeResult | None) -> str:
    """The reference's state, as far as it differs from now's: "all shortcuts open"; "none" without one."""
    if reference is None:
        return "none"
    ours, theirs = now.request, reference.request
    if theirs.state.network != ours.state.network:
        words = [state_words(theirs.state)]
    else:
        network, wiring = theirs.state.network, theirs.state.wiring
        words = [wiring_words(network, wiring)]
        if wiring != ours.state.wiring and words[0] == wiring_words(network, ours.state.wiring):
            words = [wiring_words(network, wiring, longest=10_000)]  # only whole lists tell the two apart
    if theirs.state.preprocessing != ours.state.preprocessing:
        words.append("with other preprocessing")
    if theirs.batch != ours.batch:
        words.append(batch_words(reference))
    if theirs.gradient_of != ours.gradient_of:
        words.append(f"gradient of the {theirs.gradient_of}")
    if differ_in_target(now, reference):
        words.append("another target")
    return ", ".join(words)


def picture_words(result: ProbeResult) -> str:
    """ "picture cat.jpg"; of a batch "picture cat.jpg (2 of 4)"."""
    place = f" ({result.place + 1} of {result.batch_size})" if result.batch_size > 1 else ""
    return f"picture {plain(result.picture.name)}{place}"


def batch_words(result: ProbeResult) -> str:
    """All pictures: "4 pictures (cat.jpg, horse.jpg, rocket.jpg, …)"; of a single one `picture_words`."""
    if result.batch_size == 1:
        return picture_words(result)
    names = [plain(picture.name) for picture in result.request.batch]
    rest = ", …" if len(names) > _NAMED else ""
    return f"{len(names)} pictures ({', '.join(names[:_NAMED])}{rest})"


def short_names(now: NetworkState, reference: NetworkState) -> tuple[str, str]:
    """Two networks told apart in few words: "ResNet-56", "Plain-56"; with their weights where the titles are one,
    and their gates where they are not all open.
    """
    networks = now.network, reference.network
    has_one_title = networks[0].title == networks[1].title
    names = []
    for state in (now, reference):
        parts = [state.network.title]
        if has_one_title:
            parts.append(weights_words(state.network))
        if not state.wiring.is_open:
            parts.append(wiring_words(state.network, state.wiring))
        names.append(", ".join(parts))
    return names[0], names[1]


def is_same(now: ProbeResult, reference: ProbeResult) -> bool:
    """Whether both read one state, picture and target, so that their numbers are the same."""
    ours, theirs = now.request, reference.request
    return now.targets == reference.targets and (ours.state, ours.batch, ours.gradient_of) == (
        theirs.state,
        theirs.batch,
        theirs.gradient_of,
    )


def caption(
    now: ProbeResult,
    reference: ProbeResult | None,
    class_names: tuple[str, ...],
    *,
    quantity: GradientQuantity = "weight",
) -> str:
    """The one sentence under the gradient plot: what was measured, and in which state."""
    what = quantity_words(quantity, now, class_names)
    if reference is not None and not have_same_plan(plan_of(now), plan_of(reference)):
        what += ", by relative depth"
    return measured(what, now, reference, is_of_batch=True)


def cam_caption(
    now: ProbeResult, reference: ProbeResult | None, class_names: tuple[str, ...], *, block: int
) -> str:
    """The sentence under a Grad-CAM of block `block` (from 1). Grad-CAM always takes the score."""
    label = plan_of(now).blocks[block - 1].label
    words = target_words(now.target, class_names)
    return measured(f"Grad-CAM of {words} at the output of {label}", now, reference)


def batch_cam_caption(
    now: ProbeResult, reference: ProbeResult | None, class_names: tuple[str, ...], *, block: int
) -> str:
    """The sentence under the Grad-CAMs of block `block` of all pictures of a batch."""
    targets = set((now.whole or now).targets)
    whose = (
        target_words(now.target, class_names)
        if len(targets) == 1
        else "the score of each picture's own class"
    )
    what = f"Grad-CAM of {whose} at the output of {plan_of(now).blocks[block - 1].label}"
    return measured(what, now, reference, is_of_batch=True)


def maps_caption(
    now: ProbeResult,
    reference: ProbeResult | None,
    *,
    layer: str,
    scale: MapScale,
    order: MapOrder,
    limits: Limits = USUAL_LIMITS,
) -> str:
    """The sentence under a mosaic of feature maps."""
    plan = plan_of(now)
    what = f"Feature maps of {plan.describe(layer)}, {MAP_ORDERS[order]}, {scale_words(scale, limits)}"
    if reference is not None and (theirs := plan_of(reference)).spec != plan.spec:
        what += f", beside {words_beside(layer, plan, theirs)}"
    return measured(what, now, reference)


def scale_words(scale: MapScale, limits: Limits) -> str:
    """On what scale maps are, and between which limits where those are not the usual ones; limits by hand are alike for
    all.
    """
    shared = "layer" if limits.by_hand is not None else scale
    return ", ".join(filter(None, (MAP_SCALES[shared], limits.words)))


def missing_maps_words(plan: Blueprint, wiring: Wiring, layer: str) -> str:
    """Why a layer has no feature maps in a full reading: it never has any, or a gate left it out."""
    if plan.classifier is not None and layer == plan.classifier.name:
        return "the classifier has no maps: it gives one number for each class"
    if layer in [linear.name for linear in plan.head]:
        return "a linear layer has no maps: it gives one number for each of its outputs"
    block, found = plan.block_of(layer), plan.layer(layer)
    kind = "" if found is None else found.kind
    if block is not None and block.number in wiring.left_out:
        return f"not computed: block {block.number} is left out"
    if block is not None and kind in ("projection", "gate") and block.number in wiring.cut:
        return f"not computed: the shortcut of block {block.number} is cut"
    if block is not None and kind != "projection" and block.number in wiring.dropped:
        return f"not computed: the residual branch of block {block.number} is dropped"
    return "not computed"


def predictions_caption(now: ProbeResult, reference: ProbeResult | None) -> str:
    """The sentence under a comparison of predictions."""
    if not now.request.state.network.has_classifier:
        return measured("No predictions: this network ends with its features", now, reference)
    if not has_highest_class(now):
        return measured("No class is the highest: the logits are not finite", now, reference)
    whose = (
        "the highest classes" if reference is None else "the reference's highest classes and now's highest"
    )
    return measured(f"Softmax probabilities of {whose}", now, reference)


def method_caption(now: Explanation, reference: Explanation | None, class_names: tuple[str, ...] = ()) -> str:
    """The sentence under a method's map: what it shows, of which state and picture; its delta and its note."""
    asked = now.request
    at = asked.plan.blocks[asked.block - 1].label if asked.block is not None else ""
    where = asked.reduction.replace("the block's output", f"the output of {at}")
    if at and asked.info.place == "input":
        where += f", with {at}"
    target = target_words(now.target, class_names)
    parts = [
        f"{asked.title} of {target} {where}",
        state_words(asked.state),
        f"picture {plain(asked.question.picture.name)}",
    ]
    if reference is None:
        parts.append("no reference")
    else:
        theirs = reference.request.state
        is_same_network = theirs.network == asked.state.network
        words = wiring_words(theirs.network, theirs.wiring) if is_same_network else state_words(theirs)
        parts.append(f"reference: {words}")
    if options := asked.options_words:
        parts.insert(1, options)
    if now.delta is not None:
        said = f"convergence delta {now.delta:.3g}"
        if reference is not None and reference.delta is not None:
            said += f" (reference {reference.delta:.3g})"
        parts.append(said)
    sentence = " · ".join(parts) + "."
    notes = dict.fromkeys(filter(None, (now.note, "" if reference is None else reference.note)))
    return " ".join((sentence, *notes))


def measured(what: str, now: ProbeResult, reference: ProbeResult | None, *, is_of_batch: bool = False) -> str:
    """`what` with now's state, the picture and the reference's state, as one sentence. `is_of_batch` says that it was
    measured over all pictures of a batch.
    """
    parts = (
        what,
        state_words(now.request.state),
        batch_words(now) if is_of_batch else picture_words(now),
        "no reference" if reference is None else f"reference: {reference_words(now, reference)}",
    )
    return " · ".join(parts) + "."
