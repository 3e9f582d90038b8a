"""A report: every study that applies to one network, one after the other, and a page and a PDF of what they found."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from resnet_viewer.records import study_list
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.papers import Paper, bibliography
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.question import Request
from resnet_viewer.records.study import Options, StudyInfo, StudyOrder, StudyResult
from resnet_viewer.records.study_list import study_of
from resnet_viewer.records.test_set import TestSet

PAGE, SHEETS = "report.html", "report.pdf"
"""What a report is written as."""
IS_LONG = "It takes long, and was not asked for."
NOT_WISHED = "It was not wished for."
TRAINS = "It trains its own networks, and says nothing of this one."
NO_TEST_SET = "It needs a test set, and none is chosen."


@dataclass(frozen=True)
class LeftOut:
    """A study that a report has nothing of."""

    study: str
    why: str
    """In a sentence."""


@dataclass(frozen=True)
class ReportOrder(Request):
    """Make these studies of one network, each in its own folder, and write the report into `folder`.

    Answered by a ReportStep before each study, by what a StudyOrder is answered by meanwhile, and by Reported at the
    end. A study that is refused or fails is named in the report; the others go on.
    """

    state: NetworkState
    test_set: TestSet | None
    studies: tuple[StudyOrder, ...]
    folder: Path
    left_out: tuple[LeftOut, ...] = ()
    """Studies that are not made, which the report names too."""
    command: str = ""
    """What makes it again; "" where nothing says it."""


@dataclass(frozen=True)
class EstimateReport(Request, newest_only=True):
    """What these studies would cost, each by itself. Answered by an Estimate, or by LeftOut, for each in turn."""

    studies: tuple[StudyOrder, ...]


@dataclass(frozen=True)
class ReportStep:
    """A report comes to its next study."""

    study: StudyOrder
    number: int
    """From 1."""
    total: int


@dataclass(frozen=True, eq=False)
class Report:
    """What a report is written from."""

    order: ReportOrder
    results: tuple[StudyResult, ...]
    """In the order of the studies; those that are not complete are told as such."""
    failed: tuple[LeftOut, ...] = ()
    error: str = ""
    """The network's error on the test set, in a sentence."""
    made: date = field(default_factory=date.today)
    versions: tuple[tuple[str, str], ...] = ()
    """Name and version of the program and of what it computes with."""

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """All that it has nothing of: what failed, then what was not made."""
        return (*self.failed, *self.order.left_out)

    @property
    def papers(self) -> tuple[Paper, ...]:
        """What its studies come from."""
        return bibliography(paper for result in self.results for paper in study_of(result.order.study).papers)


@dataclass(frozen=True, eq=False)
class Reported:
    """A report is written."""

    report: Report
    page: Path
    sheets: Path


def applying(
    state: NetworkState,
    test_set: TestSet | None,
    *,
    only: Collection[str] = (),
    without: Collection[str] = (),
    has_long: bool = False,
    options: Mapping[str, Options] | None = None,
    studies: Sequence[StudyInfo] | None = None,
) -> tuple[tuple[StudyInfo, ...], tuple[LeftOut, ...]]:
    """The studies that a report of a network is made of, and the others, each with its reason.

    Those that take long are among them where they are named by `only`, or with `has_long`. `options` are those of some
    studies, by their names; of the others they are as by default.

    Raises:
        ArgumentError: there is no study of such a name.
        UserError: none is left.

    Example:
        >>> applying(state, CROPS, only=["paths"])[0][0].title  # doctest: +SKIP
        'Paths'
    """
    for name in (*only, *without):
        study_of(name)
    found: list[StudyInfo] = []
    others: list[LeftOut] = []
    for info in study_list.STUDIES if studies is None else studies:
        chosen = (options or {}).get(info.name) or info.options()
        if info.name in without or (only and info.name not in only):
            why = NOT_WISHED
        elif info.is_long and not (has_long or only):
            why = IS_LONG
        else:
            why = refusal(info, state, test_set, chosen)
        if why:
            others.append(LeftOut(info.name, why))
        else:
            found.append(info)
    if not found:
        raise UserError(f"There is no study to report of {state.network.title}: {_reasons(others)}")
    return tuple(found), tuple(others)


def refusal(info: StudyInfo, state: NetworkState, test_set: TestSet | None, options: Options) -> str:
    """Why a study cannot be made of a network and of these pictures, in a sentence; "" where it can."""
    if info.trains:
        return TRAINS
    if info.needs == "test set" and test_set is None:
        return NO_TEST_SET
    return info.refusal(state, blueprint(state.network, state.preprocessing.crop), options)


def _reasons(others: Sequence[LeftOut]) -> str:
    """Each once: "Paths: it needs a test set, …"."""
    told = [(other.study, other.why) for other in others if other.why != NOT_WISHED] or [
        ("all studies", NOT_WISHED)
    ]
    return " ".join(f"{name}: {why}" for name, why in told)


def orders(
    infos: Sequence[StudyInfo],
    state: NetworkState,
    test_set: TestSet | None,
    folder: Path,
    options: Mapping[str, Options] | None = None,
    *,
    device: str = "",
    threads: int = 0,
    is_resumed: bool = False,
) -> tuple[StudyOrder, ...]:
    """The studies, each in a folder of its own name in `folder`."""
    return tuple(
        StudyOrder(
            info.name,
            state,
            (options or {}).get(info.name) or info.options(),
            test_set if info.needs == "test set" else None,
            folder / info.name,
            device=device,
            threads=threads,
            is_resumed=is_resumed,
        )
        for info in infos
    )
