"""`resnet-viewer study`: one question about a network, answered by measuring many states of it; resumable."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from resnet_viewer.media.files import write_whole
from resnet_viewer.records import study_list
from resnet_viewer.records.errors import Progress, UserError
from resnet_viewer.records.pace import duration
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.requests import StudyPictures
from resnet_viewer.records.story_words import thousands
from resnet_viewer.records.study import Estimate, StudyOrder, StudyResult
from resnet_viewer.records.study_list import study_of
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.verbs.arguments import command_line
from resnet_viewer.verbs.option_flags import options_of
from resnet_viewer.verbs.stopping import Stopping, stoppable


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

    from resnet_viewer.core.studies.files import STUDY
    from resnet_viewer.core.studies.running import Studies, require

    order = _order(arguments)
    require(order)
    studies = Studies(command=command_line(arguments))
    elsewhere = None
    if arguments.ray:
        from resnet_viewer.core.studies.cluster import on_ray

        elsewhere = on_ray(arguments.ray)
    work = studies.answer(order, elsewhere=elsewhere)
    result = None
    with closing(work), closing(_Screen()) as screen, stoppable(lambda: None) as stopping:
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
    _write(result)
    print(_summary(result))
    for sentence in study_of(order.study).conclusion(result):
        print(sentence)
    return 0


def _tell_cost(work: Generator[Progress | Estimate | None], stopping: Stopping) -> None:
    """Say on stderr how many points are to be measured, and about how long that takes."""
    with closing(work):
        for found in work:
            if isinstance(found, Estimate):
                title, cost = study_of(found.order.study).title, duration(max(1.0, found.seconds))
                tqdm.write(f"{title}: {thousands(found.points)} points, about {cost}.", file=sys.stderr)
            if stopping:
                return


def _order(arguments: argparse.Namespace) -> StudyOrder:
    from resnet_viewer.core.lab.device_habits import choose_device
    from resnet_viewer.verbs import chosen

    info = study_of(arguments.study)
    options = options_of(arguments, info.options)
    opened = chosen.opened(arguments)
    state = NetworkState(
        opened.spec, opened.preprocessing, chosen.wiring(arguments, opened), opened.class_names
    )
    test_set = None
    if info.needs == "test set":
        test_set = TestSet.named(arguments.data, arguments.sample, arguments.sample_seed)
    # a cluster's machines have devices of their own
    device = arguments.device.removeprefix("auto") if arguments.ray else choose_device(arguments.device)
    return StudyOrder(
        info.name,
        state,
        options,
        test_set,
        arguments.out,
        device=device,
        threads=arguments.threads or 0,
        is_resumed=arguments.resume,
    )


def _write(result: StudyResult) -> None:
    """`points.csv`, and the figure as SVG, PDF and PNG.

    Raises:
        WriteError: one of them cannot be written.
    """
    from resnet_viewer.services.figures import study_figures

    for name, content in study_figures(StudyPictures((result,))):
        write_whole(result.order.folder / name, content)


def _kept(folder: Path) -> str:
    from resnet_viewer.core.studies.files import read_study

    kept = read_study(folder)
    done = f"{len(kept.rows)} of {kept.points} points are measured and kept"
    return f"Stopped: {done} in {folder}; --resume goes on with them."


def _summary(result: StudyResult) -> str:
    """ "Blocks, one at a time: 54 points on 300 pictures in 62 s; of 16 200 passes kept activations saved 49 %"."""
    whole = result.passes + result.saved
    told = f"{study_of(result.order.study).title}: {thousands(result.points)} points"
    if result.basis.pictures:
        told += f" on {thousands(result.basis.pictures)} pictures"
    told += f" in {result.seconds:.0f} s"
    if whole:
        told += (
            f"; of {thousands(round(whole))} passes kept activations saved {100 * result.saved / whole:.0f} %"
        )
    return f"{told}. All of it lies in {result.order.folder}."


class _Screen:
    """A bar on stderr: pictures while they are read, then points."""

    def __init__(self) -> None:
        self._bar = self._made("picture", "reading")
        self._reads = True

    def show(self, found: Progress | StudyResult) -> None:
        """How far it is."""
        if isinstance(found, StudyResult) and self._reads:
            self.close()
            self._bar, self._reads = self._made("point", found.order.study), False
            self._bar.initial = len(found.rows)
        done, total = (
            (found.done, found.total) if isinstance(found, Progress) else (len(found.rows), found.points)
        )
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Take it away."""
        self._bar.close()

    @staticmethod
    def _made(unit: str, words: str) -> tqdm[object]:
        return tqdm(unit=unit, desc=words, leave=False, file=sys.stderr, disable=None, dynamic_ncols=True)
