"""A study: one question about a network, answered by measuring many points; what is asked, what was found.

A study is three files of one name: `records/studies/NAME.py` (options, entry, what its numbers say),
`core/studies/NAME.py` (`plan`: its points, and what measures one), `charts/studies/NAME.py` (`panels`: what is drawn of
its results); and one line in `records/study_list.py`. The command line, Python, the window's page and its forms, files,
figures and resuming follow from these.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.checking import ArgumentError, require_types
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.papers import Paper
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.question import Request
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.records.weights import NO_WEIGHTS

Value = float | int | str | bool | None | tuple[float, ...]
Row = Mapping[str, Value]
"""What was measured at one point, as a line of a file holds it; its "point" is the point's name."""
Needs = Literal["test set", "nothing", "runs"]
"""What a study takes from the session beside the network; one of "runs" takes nothing, and trains its own networks."""
TRAINED = "networks trained for this study"
"""What is said of one that trains, in the place of a network."""
RUNS = "runs"
"""The folder, in that of a study which trains, of its runs."""


def number(row: Row, name: str) -> float:
    """A number of a row; nan where there is none."""
    value = row.get(name)
    return float(value) if isinstance(value, float | int) else float("nan")


def require_numbers(row: Row, *names: str) -> None:
    """Nothing where each of these is a number of the row, or null: damaged rows say nothing.

    Raises:
        ValueError: one is missing, or something else.
    """
    for name in names:
        if not isinstance(value := row.get(name, ""), int | float | None) or isinstance(value, bool):
            raise ValueError(f"{row.get('point')}: {name} is no number")


@dataclass(frozen=True)
class Option:
    """How a form and the command line ask for a field of a study's options."""

    label: str
    tip: str = ""
    least: float | None = None
    most: float | None = None
    is_folder: bool = False
    titles: tuple[tuple[str, str], ...] = ()
    """What choices are called where their own words are not for reading: ("grad_cam", "Grad-CAM"); of a number only its
    least may have one: ("0", "last").
    """

    def title(self, choice: object) -> str:
        """What a choice is called."""
        return dict(self.titles).get(str(choice), str(choice))


def option(
    default: Any,
    label: str,
    tip: str = "",
    *,
    least: float | None = None,
    most: float | None = None,
    is_folder: bool = False,
    titles: tuple[tuple[str, str], ...] = (),
) -> Any:
    """A field of a study's options: its type says what may be entered, a Literal's choices are a list. With `is_folder`
    text is the whole path of a folder, or "" for none.
    """
    asked = Option(label, tip, least, most, is_folder, titles)
    return dataclasses.field(default=default, metadata={"option": asked})


def option_of(field: dataclasses.Field[Any]) -> Option:
    """How that field is asked for."""
    found: Option = field.metadata["option"]
    return found


def option_words(options: Options, field: dataclasses.Field[Any]) -> str:
    """What is chosen of it, with its label: "Repeats 5", "Swap blocks off", of a folder its name."""
    value = getattr(options, field.name)
    asked = option_of(field)
    if asked.is_folder:
        value = Path(value).name or "none"
    shown = ("off", "on")[value] if isinstance(value, bool) else asked.title(value)
    return f"{asked.label} {shown}"


@dataclass(frozen=True)
class Options:
    """A study's options: every field is made by `option`. Folders become whole paths.

    Raises:
        ArgumentError: a field is of another type, none of its choices, or out of its range.
    """

    draws_anew: ClassVar[bool] = False
    """The study draws weights itself: an order of it is of the network without any, whichever it is given with."""

    def __post_init__(self) -> None:
        require_types(self)
        for field in dataclasses.fields(self):
            value, asked = getattr(self, field.name), option_of(field)
            _require_range(field.name, value, asked)
            if asked.is_folder and value:
                object.__setattr__(self, field.name, str(_whole(Path(value))))


def _whole(path: Path) -> Path:
    """Its whole path; ~ is the user's folder."""
    with suppress(RuntimeError):  # there is no such user
        path = path.expanduser()
    return path.absolute()


def _require_range(name: str, value: object, asked: Option) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return
    if not math.isfinite(value):
        raise ArgumentError(name, "a finite number", value)
    is_low = asked.least is not None and not value >= asked.least
    if is_low or (asked.most is not None and not value <= asked.most):
        kind = "a whole number" if isinstance(value, int) else "a number"
        bounds = f"from {asked.least:.10g} " if asked.least is not None else ""
        bounds += f"to {asked.most:.10g}" if asked.most is not None else "up"
        raise ArgumentError(name, f"{kind} {bounds}", value)


@dataclass(frozen=True)
class StudyOrder(Request):
    """Measure the points of a study that are not in `folder` yet.

    `state` is the network as it is in the session, which the study begins from; of a study that trains it is the first
    of its own networks, untrained, whatever was asked. `options` are those of the study's own class. `test_set` is None
    for a study that needs none. Points are kept in `folder`, a line each, as soon as they are
    measured; with `is_resumed` those of the same order are not measured again. `device` "" is the best there is,
    `threads` 0 as many as torch takes. Of a study that draws weights anew (`Options.draws_anew`) the state is that of
    the network without weights.
    """

    study: str
    state: NetworkState
    options: Options
    test_set: TestSet | None
    folder: Path
    device: str = ""
    threads: int = 0
    is_resumed: bool = False

    def __post_init__(self) -> None:
        if self.options.draws_anew:
            bare = replace(self.state.network, weights=NO_WEIGHTS, seed=0)
            object.__setattr__(self, "state", replace(self.state, network=bare))

    @property
    def runs_folder(self) -> Path:
        """Where a study that trains has its runs, a folder each, by the names of its points."""
        return self.folder / RUNS


@dataclass(frozen=True)
class EstimateStudy(Request, newest_only=True):
    """What an order would cost. Answered by an Estimate, or by a refusal in one sentence where it does not apply."""

    order: StudyOrder


@dataclass(frozen=True)
class KeptStudies(Request):
    """The studies that are kept in the folders of `folder`, the oldest first. Answered by a StudyResult each; what
    cannot be read is passed over, which the log says.
    """

    folder: Path


@dataclass(frozen=True)
class RemoveStudy(Request):
    """Delete what a study left in its folder, and the folder where nothing else is in it. Answered by itself."""

    folder: Path


@dataclass(frozen=True)
class Estimate:
    """What an order costs, told before it starts."""

    order: StudyOrder
    points: int
    """That are to be measured: of an order that resumes those that are missing."""
    passes: float
    """Whole forward passes of one picture that it amounts to, about, counted as a result's are; what kept activations
    save is not among them.
    """
    seconds: float
    """From how long a batch took a moment ago, the quickest of a few."""


@dataclass(frozen=True)
class Basis:
    """What a study is about, known before its first point."""

    pictures: int = 0
    total: int = 0
    """Pictures that these were drawn from."""
    has_labels: bool = False
    """Whether errors are against true classes; else they are disagreement with the network as it begins."""
    remark: str = ""
    device: str = ""

    @property
    def measure(self) -> str:
        """What is counted: "error", or "disagreement with the intact network"."""
        return "error" if self.has_labels else "disagreement with the intact network"


@dataclass(frozen=True, eq=False)
class StudyResult:
    """What a study has found so far: `rows` in the order of the plan, of `points` that are planned."""

    order: StudyOrder
    basis: Basis
    points: int
    rows: tuple[Row, ...] = ()
    seconds: float = 0.0
    """Of measuring, over all its sessions."""
    passes: float = 0.0
    """Whole forward passes of one picture that were run, by what their parts cost; what was closed cost nothing."""
    saved: float = 0.0
    """Passes that kept activations saved."""
    underway: float = 0.0
    """How much of the points that are being measured is done, each whole one being 1, as far as that is known."""

    @property
    def done(self) -> float:
        """Points that are measured, and how much there is of those that are being measured."""
        return len(self.rows) + self.underway

    @property
    def is_complete(self) -> bool:
        """Every point is measured."""
        return len(self.rows) >= self.points

    def chosen(self, **wanted: Value) -> tuple[Row, ...]:
        """The rows that say so.

        Example:
            >>> result.chosen(kind="drop")  # doctest: +SKIP
        """
        return tuple(
            row for row in self.rows if all(row.get(name) == value for name, value in wanted.items())
        )


def without_error(network: NetworkSpec) -> str:
    """Why a study that counts errors cannot be made of that network, in one sentence; "" where it can."""
    if network.has_classifier:
        return ""
    return (
        f"{network.title} has no classifier, so there is no error to measure: choose a network with classes."
    )


@dataclass(frozen=True)
class StudyInfo:
    """A study's entry: what it is called and asks, and what is known of it without torch."""

    name: str
    """As on the command line: "blocks"."""
    title: str
    """ "Blocks, one at a time"."""
    question: str
    """ "Which block can it live without?"."""
    papers: tuple[Paper, ...]
    """Where it comes from; none: it is ours."""
    options: type[Options]
    refusal: Callable[[NetworkState, Blueprint, Any], str]
    """Why a network (its state, blueprint and the options) cannot be studied so, in one sentence; "" where it can."""
    conclusion: Callable[[StudyResult], Sequence[str]]
    """What the numbers say, in sentences, and whether they agree with the paper; also of an incomplete result."""
    comparison: Callable[[Sequence[StudyResult]], Sequence[str]] = lambda results: ()
    """What several results that are laid over one another say together, in sentences."""
    needs: Needs = "test set"
    explains: str = ""
    """What is measured, in a sentence or two, for the page and the caption."""
    is_long: bool = False
    """Its defaults take more than a few minutes: a report of all studies has it only where it is asked for."""

    @property
    def trains(self) -> bool:
        """Its points are training runs of networks of its own, and the network of the session has no part in it."""
        return self.needs == "runs"

    @property
    def origin(self) -> str:
        """ "Veit, Wilber and Belongie 2016, Figures 3 to 5; …", or "ours"."""
        return "; ".join(paper.words for paper in self.papers) or "ours"
