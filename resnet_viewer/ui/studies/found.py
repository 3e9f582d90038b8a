"""What a study found, in sentences made of its own numbers, and what can be done next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QWidget

from resnet_viewer.charts.study_panel import names, network_of
from resnet_viewer.records.pace import duration
from resnet_viewer.records.story_words import points_words, thousands
from resnet_viewer.records.study import StudyInfo, StudyResult
from resnet_viewer.ui.studies.scene import StudyScene
from resnet_viewer.ui.widgets.story import Paragraph, StoryCard


@dataclass(frozen=True)
class StartStudy:
    """Press Start."""


@dataclass(frozen=True)
class ResumeStudy:
    """Measure the points that are missing in the result of that folder."""

    folder: Path


@dataclass(frozen=True)
class ShowRuns:
    """Open the runs of a study that trains in the Train tab: they are in that folder."""

    folder: Path


Step = StartStudy | ResumeStudy | ShowRuns
SHOW_RUNS = "Show the runs in Train"


def paragraphs(scene: StudyScene, refusal: str = "") -> tuple[Paragraph, ...]:
    """What is said about a scene; `refusal` is why its study cannot be started, "" where it can."""
    info = scene.info
    if info is None:
        return ()
    if not scene.shown:
        return _before(scene, info, refusal)
    return (*_found(scene, info), *_about(info))


def conclusions(scene: StudyScene) -> tuple[str, ...]:
    """What the results that are shown say, each with its name where there are several."""
    info, results = scene.info, scene.shown
    if info is None:
        return ()
    alone = (
        f"{name}: {sentence}" if name else sentence
        for name, result in _named(results)
        if result.rows
        for sentence in info.conclusion(result)
    )
    return (*info.comparison(results), *alone)


def _named(results: Sequence[StudyResult]) -> Iterator[tuple[str, StudyResult]]:
    """Each with the name that the chart gives it, which shows those that have a point."""
    drawn = iter(names([result for result in results if result.rows]))
    for result in results:
        name = next(drawn) if result.rows else network_of(result)
        yield (name if len(results) > 1 else ""), result


def _before(scene: StudyScene, info: StudyInfo, refusal: str) -> tuple[Paragraph, ...]:
    first = Paragraph(f"{info.question} Nothing is shown of that yet.", (info.question,))
    if scene.live is not None:
        return (first, *_about(info))
    if refusal:
        return (first, Paragraph(refusal), *_about(info))
    start = Paragraph(
        "Start trains its networks one after the other; the chart fills while it runs, and what is done stays."
        if info.trains
        else "Start measures it on the network of the Inspect tab, as it is there now; the chart fills while it runs.",
        links=((f"Start “{info.title}”", StartStudy()),),
    )
    return (first, start, *_about(info))


def _found(scene: StudyScene, info: StudyInfo) -> Iterator[Paragraph]:
    results = scene.shown
    yield from map(Paragraph, info.comparison(results))
    for name, result in _named(results):
        sentences = [*info.conclusion(result)] if result.rows else []
        if not sentences:
            sentences = [_no_point(scene, result)]
        first, *others = sentences
        links: tuple[tuple[str, object], ...] = ()
        if scene.can_resume(result):
            missing = points_words(result.points - len(result.rows))
            links = ((f"Resume: {missing} to measure", ResumeStudy(result.order.folder)),)
        if info.trains and result.points:
            links = (*links, (SHOW_RUNS, ShowRuns(result.order.runs_folder)))
        told = [Paragraph(f"{name}: {first}" if name else first, (name,) if name else ())]
        told += map(Paragraph, others)
        told[-1] = Paragraph(told[-1].words, told[-1].strong, links)
        yield from told
        if result.is_complete and result.rows and len(results) == 1:
            yield Paragraph(_cost(result))


def _no_point(scene: StudyScene, result: StudyResult) -> str:
    return "No point is measured yet." if scene.is_live(result) else "It was ended before its first point."


def _cost(result: StudyResult) -> str:
    """How it was measured."""
    basis = result.basis
    of = f"; test set: {thousands(basis.pictures)} pictures" if basis.pictures else ""
    if basis.total > basis.pictures > 0:
        of += f" of {thousands(basis.total)}"
    at = f" on {basis.device}" if basis.device else ""
    saved = ""
    if result.saved >= 1:
        whole = result.passes + result.saved
        saved = f"; kept activations saved {round(100 * result.saved / whole)} % of the passes"
    told = f"{points_words(result.points)} in {duration(max(1.0, result.seconds))}{at}{of}{saved}."
    return f"{told} {basis.remark}".rstrip()


def _about(info: StudyInfo) -> tuple[Paragraph, ...]:
    return tuple(Paragraph(f"After {paper.cited}.") for paper in info.papers)


class FoundPanel(StoryCard):
    """The text beside the chart."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("What it found", parent)

    def render_studies(self, scene: StudyScene, refusal: str = "") -> None:
        """Say it."""
        self.tell(paragraphs(scene, refusal))
