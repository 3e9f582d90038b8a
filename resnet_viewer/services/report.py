"""Reports: the studies of one network, one after the other, then a page and a PDF of what they found.

The order of events: every folder is looked at, so that a study of something else in one of them is told before anything
starts; the studies are made, each in its folder, where what was measured before is taken; the page and the PDF are
written whole. Closing it at any yield keeps every point.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from resnet_viewer.media.files import empty_ones_removed, make_folder, write_whole
from resnet_viewer.records.errors import Progress, UserError, failure_of
from resnet_viewer.records.report import (
    PAGE,
    SHEETS,
    LeftOut,
    Report,
    Reported,
    ReportOrder,
    ReportStep,
)
from resnet_viewer.records.story_words import thousands
from resnet_viewer.records.study import Estimate, StudyOrder, StudyResult
from resnet_viewer.versions import version_of

if TYPE_CHECKING:
    from resnet_viewer.core.studies.running import Elsewhere, Studies

_log = logging.getLogger(__name__)


def with_kept_options(order: StudyOrder) -> StudyOrder:
    """The order with the options of what its folder holds, where it goes on with that.

    Raises:
        StudyFileError: what is there cannot be read.
    """
    from resnet_viewer.core.studies.files import STUDY, read_study

    if not order.is_resumed or not (order.folder / STUDY).exists():
        return order
    kept = read_study(order.folder).order
    return replace(order, options=kept.options) if kept.study == order.study else order


def require_folders(orders: Sequence[StudyOrder]) -> None:
    """Nothing where each study may be made, or gone on with, in its folder.

    Raises:
        UserError: another study is in one of them, or the same and is not to be resumed, or it cannot be written in.
    """
    from resnet_viewer.core.studies.files import STUDY, StudyFolder

    for order in orders:
        if (order.folder / STUDY).exists():
            with StudyFolder.taken(order):
                pass


def estimated(
    orders: Sequence[StudyOrder], studies: Studies
) -> Generator[Progress | Estimate | LeftOut | None]:
    """What each would cost, or why it cannot be made."""
    for order in orders:
        try:
            yield from studies.estimate(order)
        except UserError as refused:
            yield LeftOut(order.study, str(refused))


def reported(
    order: ReportOrder, studies: Studies, *, elsewhere: Elsewhere | None = None
) -> Generator[Progress | StudyResult | ReportStep | Reported | None]:
    """Make the studies, then the report; `elsewhere` measures their points on other machines.

    Yields a ReportStep before each study, then what `Studies.answer` yields of it, and Reported at the end.

    Raises:
        UserError: a folder holds something else, or the report cannot be written.
    """
    require_folders(order.studies)
    with empty_ones_removed([order.folder]):
        make_folder(order.folder)
        results: list[StudyResult] = []
        failed: list[LeftOut] = []
        for number, asked in enumerate(order.studies, 1):
            yield ReportStep(asked, number, len(order.studies))
            result = None
            try:
                with closing(studies.answer(asked, elsewhere=elsewhere)) as work:
                    for found in work:
                        result = found if isinstance(found, StudyResult) else result
                        yield found
            except Exception as error:  # the other studies go on, and the report says it
                _note(f"the study {asked.study} failed", error)
                failed.append(LeftOut(asked.study, failure_of(error).sentence))
                result = result and _kept(asked)
            if result is not None and result.rows:
                results.append(result)
        if not results:
            raise UserError(
                f"No study found anything: {' '.join(dict.fromkeys(each.why for each in failed))}"
            )
        wrong = yield from _error(order, studies)
        versions = (
            ("ResNet Viewer", version_of("resnet-viewer")),
            *((name, version_of(name)) for name in ("torch", "torchvision", "numpy", "matplotlib")),
        )
        report = Report(order, tuple(results), tuple(failed), wrong, versions=versions)
        yield from written(report)


def _kept(order: StudyOrder) -> StudyResult | None:
    """Every point that a study left before it failed."""
    from resnet_viewer.core.studies.files import StudyFileError, read_study

    try:
        return read_study(order.folder)
    except StudyFileError as error:
        _log.info("%s: %s", order.folder, error)
        return None


def _error(order: ReportOrder, studies: Studies) -> Generator[Progress | None, None, str]:
    """How often the network as it begins is wrong on the test set, in words; "" where nothing says that."""
    asked = next((each for each in order.studies if each.test_set is not None), None)
    if asked is None or not order.state.network.has_classifier:
        return ""
    try:
        side = yield from studies.side(asked)
    except Exception as error:
        _note("the error is not measured", error)
        return f"not measured: {failure_of(error).sentence}"
    if side is None:
        return "not known, as the true classes of these pictures are not"
    assert side.interval is not None, "there are pictures"
    low, high = side.interval
    return (
        f"{side.error:.2f} % of {thousands(side.compared)} pictures (95 % interval {low:.2f} to {high:.2f} %)"
    )


def _note(what: str, error: Exception) -> None:
    """For the log: a refusal is told to the user in its own words, all else is a fault of ours."""
    if isinstance(error, UserError):
        _log.info("%s: %s", what, error)
    else:
        _log.warning("%s", what, exc_info=error)


def written(report: Report) -> Generator[Reported | None]:
    """Write the page and the PDF into the order's folder.

    Raises:
        WriteError: one of them cannot be written.
    """
    from resnet_viewer.figures import report_page, report_sheets
    from resnet_viewer.figures.report import Chapter

    drawn: list[tuple[StudyResult, report_page.Markup]] = []
    failed = list(report.failed)
    for result in report.results:
        try:
            drawn.append((result, report_page.chapter(Chapter(result))))
        except Exception as error:  # the other studies are told all the same, and the report says it
            _note(f"the study {result.order.study} cannot be drawn", error)
            why = f"It is measured, and cannot be drawn: {failure_of(error).sentence}"
            failed.append(LeftOut(result.order.study, why))
        yield None
    report = replace(report, results=tuple(result for result, _ in drawn), failed=tuple(failed))
    page, sheets = report.order.folder / PAGE, report.order.folder / SHEETS
    write_whole(page, report_page.page(report, [markup for _, markup in drawn]).encode())
    yield None
    for content in report_sheets.sheets(report):
        if content is None:
            yield None
        else:
            write_whole(sheets, content)
    yield Reported(report, page, sheets)
