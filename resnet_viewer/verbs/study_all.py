"""`resnet-viewer study all`: every study that applies to a network, then one page and one PDF of what they found."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from tqdm import tqdm

from resnet_viewer.records import report
from resnet_viewer.records.errors import Progress, UserError
from resnet_viewer.records.pace import duration
from resnet_viewer.records.report import LeftOut, Reported, ReportOrder, ReportStep
from resnet_viewer.records.story_words import points_words
from resnet_viewer.records.study import Estimate, StudyResult
from resnet_viewer.records.study_list import study_of
from resnet_viewer.verbs.arguments import command_line
from resnet_viewer.verbs.stopping import Stopping, stoppable
from resnet_viewer.verbs.study_parts import (
    Screen,
    device_of,
    elsewhere_of,
    state_of,
    summary,
    test_set_of,
    write_files,
)

if TYPE_CHECKING:
    from resnet_viewer.core.studies.running import Studies


def run(arguments: argparse.Namespace) -> int:
    """Make what is missing, write the report, and say where it lies; 1 where a study failed, 128 and its number after
    a signal.

    Raises:
        UserError: no study applies, something cannot be read or written, or a folder holds something else.
    """
    from resnet_viewer.core.studies.running import Studies
    from resnet_viewer.services.report import reported, require_folders, with_kept_options

    order = _order(arguments)
    order = replace(order, studies=tuple(map(with_kept_options, order.studies)))
    require_folders(order.studies)
    elsewhere, studies = elsewhere_of(arguments), Studies(command=order.command)
    end, results = None, list[StudyResult]()
    with stoppable(lambda: None) as stopping:
        seconds = {} if elsewhere is not None else _told_costs(order, studies, stopping)
        screen = Screen()
        with closing(reported(order, studies, elsewhere=elsewhere)) as work:
            try:
                for found in () if stopping else work:
                    match found:
                        case ReportStep():
                            screen.close()
                            _tell_step(found, results, seconds)
                            screen = Screen(f"{found.number}/{found.total} {found.study.study}")
                        case StudyResult():
                            results = [one for one in results if one.order.study != found.order.study]
                            results.append(found)
                            screen.show(found)
                        case Progress():
                            screen.show(found)
                        case Reported():
                            end = found
                    if stopping:
                        break
            finally:
                screen.close()
    if end is None:
        done = sum(result.is_complete for result in results)
        print(
            f"Stopped: {done} of {len(order.studies)} studies are measured, and every point is kept in {order.folder}; "
            "--resume goes on with them.",
            file=sys.stderr,
        )
        return stopping.status
    for result in end.report.results:
        write_files(result)
    for each in end.report.failed:
        print(f"{study_of(each.study).title}: {each.why}", file=sys.stderr)
    for result in end.report.results:
        print(summary(result))
    print(f"The report is {end.page} and {end.sheets}.")
    return 1 if end.report.failed else 0


def _order(arguments: argparse.Namespace) -> ReportOrder:
    """With the options as by default, in folders that may hold something."""
    state, test_set = state_of(arguments), test_set_of(arguments)
    infos, left_out = report.applying(
        state, test_set, only=arguments.only, without=arguments.without, has_long=arguments.long
    )
    orders = report.orders(
        infos,
        state,
        test_set,
        arguments.out,
        device=device_of(arguments),
        threads=arguments.threads or 0,
        is_resumed=arguments.resume,
    )
    return ReportOrder(state, test_set, orders, arguments.out, left_out, command_line(arguments))


def _told_costs(order: ReportOrder, studies: Studies, stopping: Stopping) -> dict[str, float]:
    """Say on stderr what is left out, and what the others cost; the seconds of each by its name.

    Raises:
        UserError: none of them can be made.
    """
    from resnet_viewer.services.report import estimated

    for other in order.left_out:
        if other.why != report.NOT_WISHED:
            tqdm.write(f"Without “{study_of(other.study).title}”: {other.why}", file=sys.stderr)
    found: list[Estimate] = []
    refused: list[LeftOut] = []
    screen = Screen()
    with closing(estimated(order.studies, studies)) as work, closing(screen):
        for each in work:
            match each:
                case Estimate():
                    found.append(each)
                case LeftOut():
                    refused.append(each)
                case Progress():
                    screen.show(each)
            if stopping:
                return {}
    if not found:
        raise UserError(refused[0].why)
    for other in refused:
        tqdm.write(f"“{study_of(other.study).title}” will be missing: {other.why}", file=sys.stderr)
    seconds = {each.order.study: each.seconds for each in found}
    points = points_words(sum(each.points for each in found))
    parts = ", ".join(f"{name} {duration(max(1.0, each))}" for name, each in seconds.items())
    tqdm.write(
        f"Report of {order.state.network.title}: {len(order.studies)} studies, {points}, about "
        f"{duration(max(1.0, sum(seconds.values())))} ({parts}).",
        file=sys.stderr,
    )
    return seconds


def _tell_step(step: ReportStep, results: Sequence[StudyResult], seconds: Mapping[str, float]) -> None:
    """What the study before it found, and how long the others take."""
    if not results or step.number == 1:
        return
    last = results[-1]
    words = f"{study_of(last.order.study).title}: {points_words(len(last.rows))} in {last.seconds:.0f} s"
    if seconds:
        names = list(seconds)
        later = names[names.index(step.study.study) :] if step.study.study in names else []
        words += f"; about {duration(max(1.0, sum(seconds[name] for name in later)))} left"
    tqdm.write(f"{words}.", file=sys.stderr)
