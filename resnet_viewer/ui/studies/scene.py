"""What the Studies page shows: the study that is chosen, what it takes from the session, and every result there is."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from resnet_viewer.charts.error_meter import set_name
from resnet_viewer.records.captions import plain, weights_words, wiring_words
from resnet_viewer.records.errors import Progress
from resnet_viewer.records.pace import duration
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.report import ReportStep
from resnet_viewer.records.story_words import points_words, thousands
from resnet_viewer.records.study import TRAINED, Estimate, Options, StudyInfo, StudyResult, option_words
from resnet_viewer.records.test_set import TestSet


@dataclass(frozen=True)
class Live:
    """The study at work."""

    folder: Path
    rows: int = 0
    """Points that were there before it began."""
    seconds: float = 0.0
    """Of measuring them."""
    reading: Progress | None = None
    """While pictures are read."""
    estimate: Estimate | None = None
    is_ending: bool = False
    """It was cancelled, and comes to its end."""
    step: ReportStep | None = None
    """Where a report is at work."""


@dataclass(frozen=True)
class StudyScene:
    """Everything that the page's parts draw from."""

    info: StudyInfo | None = None
    """The study that is chosen."""
    results: tuple[StudyResult, ...] = ()
    """Of every study, the newest first; each has a folder of its own."""
    ticked: frozenset[Path] = frozenset()
    """Folders of the results that are laid over one another."""
    selected: Path | None = None
    """The folder of the result that is chosen in the table."""
    live: Live | None = None

    @property
    def of_study(self) -> tuple[StudyResult, ...]:
        """The results of the chosen study, the newest first."""
        name = self.info.name if self.info is not None else ""
        return tuple(result for result in self.results if result.order.study == name)

    @property
    def shown(self) -> tuple[StudyResult, ...]:
        """Those of them that are ticked, the oldest first, so that the colours of the first ones stay."""
        return tuple(result for result in reversed(self.of_study) if result.order.folder in self.ticked)

    @property
    def chosen(self) -> StudyResult | None:
        """The one that is selected, else the only one that is shown."""
        for result in self.of_study:
            if result.order.folder == self.selected:
                return result
        shown = self.shown
        return shown[0] if len(shown) == 1 else None

    @property
    def working(self) -> StudyResult | None:
        """What the study at work has found so far."""
        return None if self.live is None else self.result(self.live.folder)

    def result(self, folder: Path) -> StudyResult | None:
        """The one that is kept there."""
        return next((result for result in self.results if result.order.folder == folder), None)

    def is_live(self, result: StudyResult) -> bool:
        """It grows now."""
        return self.live is not None and self.live.folder == result.order.folder

    def can_resume(self, result: StudyResult | None) -> bool:
        """Points are missing, and nothing is at work."""
        return result is not None and self.live is None and not result.is_complete

    @property
    def seconds_left(self) -> float | None:
        """Of the study at work; None while that is not known."""
        live, result = self.live, self.working
        if live is None or result is None or not result.points:
            return None
        done, spent = len(result.rows) - live.rows, result.seconds - live.seconds
        left = max(result.points - result.done, 0.0)
        if done >= _ENOUGH or (done and spent >= _ENOUGH_SECONDS):
            return left * spent / done
        if live.estimate is not None and live.estimate.points:
            return live.estimate.seconds * left / live.estimate.points
        return None


_ENOUGH, _ENOUGH_SECONDS = 4, 60.0
"""Points, or seconds, after which their own pace tells more than what was estimated."""


def studied_words(info: StudyInfo | None, state: NetworkState) -> str:
    """What the study is of: "ResNet-56, bundled weights", or that it trains its own networks."""
    return TRAINED if info is not None and info.trains else network_words(state)


def network_words(state: NetworkState) -> str:
    """ "ResNet-56, bundled weights"."""
    return f"{state.network.title}, {weights_words(state.network)}"


def gates_words(state: NetworkState) -> str:
    """ "all shortcuts open"."""
    return wiring_words(state.network, state.wiring)


def set_words(test_set: TestSet | None) -> str:
    """ "300 of test digits (bundled)"; "none"."""
    if test_set is None:
        return "none"
    name = set_name(test_set)
    return f"all of {name}" if test_set.sample is None else f"{thousands(test_set.sample)} of {name}"


def options_words(options: Options) -> str:
    """Those that are not as by default: "Repeats 5, Seed 3"; "" where all are."""
    differing = (known for known in fields(options) if getattr(options, known.name) != known.default)
    return ", ".join(plain(option_words(options, known)) for known in differing)


def done_words(scene: StudyScene, result: StudyResult) -> str:
    """ "108 points"; "37 of 108" while it is not complete."""
    if scene.is_live(result) and not result.points:
        return "reading"
    if result.is_complete:
        return points_words(result.points)
    return f"{len(result.rows)} of {result.points}"


def progress_words(scene: StudyScene) -> str:
    """What the study at work does: "37 of 108 points · 20 s left"."""
    live, result = scene.live, scene.working
    if live is None or result is None:
        return ""
    if live.is_ending:
        return "being cancelled"
    if live.step is None:
        return _pace_words(scene, live, result)
    step = live.step
    if result.is_complete and result.points and step.number == step.total:
        return "writing the report"
    return f"report, study {step.number} of {step.total} ({step.study.study}) · {_pace_words(scene, live, result)}"


def _pace_words(scene: StudyScene, live: Live, result: StudyResult) -> str:
    if not result.points:
        if live.reading is None or not live.reading.total:
            return "reading the pictures"
        return f"reading the pictures · {live.reading.done} of {live.reading.total}"
    left = scene.seconds_left
    words = f"{len(result.rows)} of {points_words(result.points)}"
    return words if left is None else f"{words} · {duration(left)} left"


def estimate_words(estimate: Estimate) -> str:
    """ "108 points, about 40 s"."""
    return f"{points_words(estimate.points)}, about {duration(max(1.0, estimate.seconds))}"
