"""What the circuit panel writes about two readings: the caption in ever fewer words, and the curves' names."""

from __future__ import annotations

from resnet_viewer.records import captions
from resnet_viewer.records.probe import NetworkState, ProbeResult
from resnet_viewer.records.session import GradientQuantity

_MEASURED: dict[GradientQuantity, str] = {
    "weight": "gradient norm",
    "relative": "relative gradient norm",
    "output": "gradient norm of outputs",
}


def caption_wordings(
    now: ProbeResult,
    reference: ProbeResult | None,
    class_names: tuple[str, ...],
    quantity: GradientQuantity,
) -> tuple[str, ...]:
    """The caption whole, then in ever fewer words; the gates' state stays to the last."""
    what = f"{_MEASURED[quantity]} of {captions.gradient_words(now, class_names)}"
    state = now.request.state
    gates = _gates_words(state)
    other = "no reference" if reference is None else f"reference: {captions.reference_words(now, reference)}"
    return (
        captions.caption(now, reference, class_names, quantity=quantity),
        f"{what} · {captions.state_words(state)} · {other}.",
        f"{state.network.title}: {gates} · {what} · {other}",
        f"{gates} · {what} · {other}",
        f"{gates} · {what}",
        gates,
    )


def _gates_words(state: NetworkState) -> str:
    """ "8 of 27 shortcuts cut (20-27); not retrained" """
    words = captions.wiring_words(state.network, state.wiring)
    is_all_open = state.wiring.describe(has_shortcuts=state.network.has_shortcuts) in (
        "no shortcuts",
        "all shortcuts open",
    )
    unchanged = captions.unchanged_words(state)
    return words if is_all_open or not unchanged else f"{words}; {unchanged}"


def curve_names(now: ProbeResult | None, reference: ProbeResult | None) -> tuple[str, str]:
    """What stands beside each curve; one name for both where both are one state, and the other is empty."""
    if now is None:
        if reference is None:
            return "", ""
        state = reference.request.state
        return "", f"reference: {captions.wiring_words(state.network, state.wiring)}"
    state = now.request.state
    words = captions.wiring_words(state.network, state.wiring)
    if reference is not None and captions.is_same(now, reference):
        return f"now = reference: {words}", ""
    if reference is not None and reference.request.state.network != state.network:
        ours, theirs = captions.short_names(state, reference.request.state)
        return f"now: {ours}", f"reference: {theirs}"
    return f"now: {words}", f"reference: {captions.reference_words(now, reference)}"
