"""What `study NAME` and `study all` share: what their arguments name, the bar on the screen, the files, the summary."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from tqdm import tqdm

from resnet_viewer.media.files import write_whole
from resnet_viewer.records.errors import Progress
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.requests import StudyPictures
from resnet_viewer.records.story_words import points_words, thousands
from resnet_viewer.records.study import StudyResult
from resnet_viewer.records.study_list import study_of
from resnet_viewer.records.test_set import TestSet

if TYPE_CHECKING:
    from resnet_viewer.core.studies.running import Elsewhere


def state_of(arguments: argparse.Namespace) -> NetworkState:
    """The network that the arguments name, with the gates that they set.

    Raises:
        UserError: something does not fit; the message says what.
    """
    from resnet_viewer.verbs import chosen

    opened = chosen.opened(arguments)
    return NetworkState(
        opened.spec, opened.preprocessing, chosen.wiring(arguments, opened), opened.class_names
    )


def test_set_of(arguments: argparse.Namespace) -> TestSet:
    """The pictures that the arguments name."""
    return TestSet.named(arguments.data, arguments.sample, arguments.sample_seed)


def device_of(arguments: argparse.Namespace) -> str:
    """Where the arguments want it to be computed; a cluster's machines have devices of their own."""
    from resnet_viewer.core.lab.device_habits import choose_device

    return arguments.device.removeprefix("auto") if arguments.ray else choose_device(arguments.device)


def elsewhere_of(arguments: argparse.Namespace) -> Elsewhere | None:
    """What measures points on the cluster that the arguments name; None where they name none."""
    if not arguments.ray:
        return None
    from resnet_viewer.core.studies.cluster import on_ray

    return on_ray(arguments.ray)


def write_files(result: StudyResult) -> None:
    """`points.csv`, and the figure as SVG, PDF and PNG.

    Raises:
        WriteError: one of them cannot be written.
    """
    from resnet_viewer.services.figures import study_figures

    for name, content in study_figures(StudyPictures((result,))):
        write_whole(result.order.folder / name, content)


def summary(result: StudyResult) -> str:
    """ "Blocks, one at a time: 54 points on 300 pictures in 62 s; of 16 200 passes kept activations saved 49 %"."""
    whole = result.passes + result.saved
    told = f"{study_of(result.order.study).title}: {points_words(result.points)}"
    if result.basis.pictures:
        told += f" on {thousands(result.basis.pictures)} pictures"
    told += f" in {result.seconds:.0f} s"
    if whole and not study_of(result.order.study).trains:
        told += (
            f"; of {thousands(round(whole))} passes kept activations saved {100 * result.saved / whole:.0f} %"
        )
    return f"{told}. All of it lies in {result.order.folder}."


class Screen:
    """A bar on stderr: pictures while they are read, then points."""

    def __init__(self, name: str = "") -> None:
        """`name` is what the points are called, where it is not the study's."""
        self._name = name
        self._bar = self._made("picture", "reading")
        self._reads = True

    def show(self, found: Progress | StudyResult) -> None:
        """How far it is."""
        if isinstance(found, StudyResult) and self._reads:
            self.close()
            self._bar, self._reads = self._made("point", self._name or found.order.study), False
            self._bar.initial = len(found.rows)
        self._bar.total = found.total if isinstance(found, Progress) else found.points
        self._bar.update(round(found.done - self._bar.n, 2))

    def close(self) -> None:
        """Take it away."""
        self._bar.close()

    @staticmethod
    def _made(unit: str, words: str) -> tqdm[object]:
        return tqdm(unit=unit, desc=words, leave=False, file=sys.stderr, disable=None, dynamic_ncols=True)
