"""Which reading a panel shows while a newer one is on its way, and the words where there is none."""

from __future__ import annotations

from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.scene import Scene


def placeholder(scene: Scene) -> str:
    """The words in place of a reading that is not there yet."""
    if scene.is_starting:
        return "starting…"
    return "open a picture" if scene.session.setup.picture is None else "computing…"


def last_full(shown: ProbeResult | None, found: ProbeResult | None, scene: Scene) -> ProbeResult | None:
    """The reading to show: `found` where it is full, else what was `shown`.

    What was shown stays only while the same network is asked about the same pictures.
    """
    if found is not None and found.is_complete:
        return found
    setup = scene.session.setup
    if (
        shown is None
        or shown.request.batch != setup.batch
        or shown.request.state.network != setup.state.network
    ):
        return None
    return shown.alone(scene.session.view.of_batch)


def last_reference(shown: ProbeResult | None, found: ProbeResult | None, scene: Scene) -> ProbeResult | None:
    """The same for the reference, which may be of another network than now."""
    if found is not None and found.is_complete:
        return found
    session = scene.session
    if shown is None or shown.request.batch != session.setup.batch:
        return None
    if shown.request.state.network != session.reference.network:
        return None
    return shown.alone(session.view.of_batch)


def is_reference_old(shown: ProbeResult | None, scene: Scene) -> bool:
    """Whether the shown reference belongs to an older wish: then it is dimmed.

    While only now's gates change, a stale scene's reference still answers the session's question.
    """
    if shown is None:
        return False
    is_asked = shown.request == scene.session.reference_question()
    return shown is not scene.reference or (scene.is_stale and not is_asked)


def not_finite_wordings(count: int, whole: int, what: str) -> tuple[str, ...]:
    """Of how many of `whole` channels or values something is not finite, in ever fewer words; none for none."""
    if not count:
        return ()
    share = "all" if count == whole else f"{count} of {whole}"
    return (
        f"not finite (NaN, ∞) in {share} {what}",
        f"{share} {what} not finite",
        f"{share} not finite",
        "not finite",
    )
