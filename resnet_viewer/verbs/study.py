"""`resnet-viewer study`: one question about a network, answered by measuring many states of it; resumable."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from resnet_viewer.records import study_list
from resnet_viewer.records.errors import Progress, UserError
from resnet_viewer.records.pace import duration
from resnet_viewer.records.story_words import points_words
from resnet_viewer.records.study import Estimate, StudyOrder, StudyResult
from resnet_viewer.records.study_list import study_of
from resnet_viewer.verbs import study_all
from resnet_viewer.verbs.arguments import REPORT, command_line
from resnet_viewer.verbs.option_flags import options_of
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


def run(arguments: argparse.Namespace) -> int:
    """Measure what is missing, write figures and tables, and print what the numbers say; 128 and its number after a
    signal.

    Raises:
        UserError: the network cannot be studied so, something cannot be read or written, or the folder holds something
            else.
    """
    if arguments.list:
        width = max((len(study.name) for study in study_list.STUDIES), default=0)
        for study in study_list.STUDIES:
            print(f"{study.name:{width}}  {study.question}")
        return 0
    if arguments.study is None:
        raise UserError("Say which study: `resnet-viewer study --list` lists what there is.")

    if arguments.study == REPORT:
        return study_all.run(arguments)

    from resnet_viewer.core.studies.files import STUDY
    from resnet_viewer.core.studies.running import Studies, require

    order = _order(arguments)
    require(order)
    studies = Studies(command=command_line(arguments))
    elsewhere = elsewhere_of(arguments)
    work = studies.answer(order, elsewhere=elsewhere)
    result = None
    with closing(work), closing(Screen()) as screen, stoppable(lambda: None) as stopping:
        for found in work:
            if isinstance(found, StudyResult) and result is None:
                if found.basis.remark:
                    tqdm.write(found.basis.remark, file=sys.stderr)
                if elsewhere is None and not found.is_complete:
                    _tell_cost(studies.estimate(replace(order, is_resumed=True)), stopping)
            result = found if isinstance(found, StudyResult) else result
            if found is not None:
                screen.show(found)
            if stopping:
                break
    if stopping:
        is_kept = (order.folder / STUDY).exists()
        print(_kept(order.folder) if is_kept else "Stopped before the first point.", file=sys.stderr)
        return stopping.status
    assert result is not None, "the last one is told always"
    write_files(result)
    print(summary(result))
    for sentence in study_of(order.study).conclusion(result):
        print(sentence)
    return 0


def _tell_cost(work: Generator[Progress | Estimate | None], stopping: Stopping) -> None:
    """Say on stderr how many points are to be measured, and about how long that takes."""
    with closing(work):
        for found in work:
            if isinstance(found, Estimate):
                title, cost = study_of(found.order.study).title, duration(max(1.0, found.seconds))
                tqdm.write(f"{title}: {points_words(found.points)}, about {cost}.", file=sys.stderr)
            if stopping:
                return


def _order(arguments: argparse.Namespace) -> StudyOrder:
    info = study_of(arguments.study)
    options = options_of(arguments, info.options)
    if info.trains:
        from resnet_viewer.core.studies.training import first_state

        state = first_state(info.name, options)
    else:
        state = state_of(arguments)
    return StudyOrder(
        info.name,
        state,
        options,
        test_set_of(arguments) if info.needs == "test set" else None,
        arguments.out,
        device=device_of(arguments),
        threads=arguments.threads or 0,
        is_resumed=arguments.resume,
    )


def _kept(folder: Path) -> str:
    from resnet_viewer.core.studies.files import read_study

    kept = read_study(folder)
    done = f"{len(kept.rows)} of {kept.points} points are measured and kept"
    return f"Stopped: {done} in {folder}; --resume goes on with them."
