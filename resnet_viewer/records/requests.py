"""What the window asks of its workers, and what they answer. No Qt here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from resnet_viewer.records.album import NO_ALBUM, Album
from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.confusion import PictureRule
from resnet_viewer.records.figure_list import AnimationChoice, FigureChoice
from resnet_viewer.records.lab import Confidences, DataRead, Numbers, Order
from resnet_viewer.records.network import USUAL, BuildOptions, NetworkSpec
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.preprocessing import OwnInput, Preprocessing
from resnet_viewer.records.probe import NetworkState, ProbeRequest
from resnet_viewer.records.question import Request
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.study import StudyResult
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.records.training import RunReport
from resnet_viewer.records.wiring import Wiring


@dataclass(frozen=True)
class ReadPicture(Request, newest_only=True):
    """Read the first of `paths`; a folder stands for the pictures in it. Answered by OpenedPicture.

    `wants_twelve_bits` as in `media.pictures.read`; `album` is the one that the picture is in, if it is known.
    """

    paths: tuple[Path, ...]
    wants_twelve_bits: bool = False
    album: Album = NO_ALBUM


@dataclass(frozen=True)
class ReadBatch(Request, newest_only=True):
    """Read all of `paths`, to be looked at together. Answered by OpenedPicture, which says what cannot be read.

    Those of the pictures `at_hand` that are among them are not read again. `album` is as in ReadPicture.
    """

    paths: tuple[Path, ...]
    at_hand: tuple[Picture, ...] = ()
    album: Album = NO_ALBUM


@dataclass(frozen=True)
class ReadFolder(Request, newest_only=True):
    """The pictures in a folder. Answered by FolderRead."""

    folder: Path


@dataclass(frozen=True)
class FolderRead:
    """The pictures in a folder."""

    folder: Path
    album: Album


@dataclass(frozen=True)
class MakeThumbnails(Request, newest_only=True):
    """Of low priority. Answered by a Thumbnail of each of `paths`, in that order."""

    paths: tuple[Path, ...]
    side: int
    """Of the longer side, in pixels."""


@dataclass(frozen=True, eq=False)
class Thumbnail:
    """A picture file, small."""

    path: Path
    pixels: NDArray[Any] | None = field(repr=False)
    """(h, w, 3), uint8; None where it cannot be read."""
    problem: str = ""
    """Why not, in a sentence."""


@dataclass(frozen=True)
class StepPicture(Request, newest_only=True):
    """Read the picture `step` places after `path` in `album`, or in its folder where the album is empty."""

    path: Path
    step: int
    album: Album = NO_ALBUM


@dataclass(frozen=True)
class OpenSetPicture(Request, newest_only=True):
    """A picture of a test set, by its name there. Answered by OpenedPicture."""

    test_set: TestSet
    name: str


@dataclass(frozen=True)
class TakePixels(Request, newest_only=True):
    """Make a picture of pixels: uint8, (H, W), (H, W, 3) or (H, W, 4)."""

    pixels: NDArray[Any] = field(compare=False, repr=False)
    name: str = "pasted picture"


@dataclass(frozen=True)
class OpenedPicture:
    """A picture, and the pictures that previous and next walk through (empty: those in its folder).

    `others` are a batch together with it; `refusals` say which pictures that were wished for cannot be.
    """

    picture: Picture
    album: Album = NO_ALBUM
    others: tuple[Picture, ...] = ()
    refusals: tuple[str, ...] = ()


@dataclass(frozen=True)
class CatalogEntry:
    """A network as the menus list it. `download` says what fetching its weights means; empty for none."""

    name: str
    title: str
    group: str
    is_bundled: bool = False
    download: str = ""


@dataclass(frozen=True)
class Begin(Request):
    """What the window starts with. Answered by Begun, whatever is missing.

    `network` may be empty (the weight file tells it, or it is the default); `weights` is a file, a name, "none", or
    None for the best at hand. `seed` is of untrained weights; `own` is kept for the weight file from then on.
    """

    network: str = ""
    weights: str | None = None
    paths: tuple[Path, ...] = ()
    seed: int = 0
    own: OwnInput = field(default_factory=OwnInput)
    options: BuildOptions = USUAL


@dataclass(frozen=True)
class ChooseNetwork(Request, newest_only=True):
    """A network by name, with the best weights at hand. Answered by OpenedNetwork."""

    name: str


@dataclass(frozen=True)
class OpenNetwork(Request):
    """A weight file, whichever network it is, or exactly this spec. Answered by OpenedNetwork."""

    wished: Path | NetworkSpec


@dataclass(frozen=True)
class OpenedNetwork:
    """A network with its weights named (not yet read), what its pictures go through, and its classes' names.

    `others` fit the same weight file. `notes` say what was chosen. `is_assumed` says that the preprocessing is the
    family's usual one, because the weights do not tell theirs; `names_are_assumed` the same of the class names.
    `shortcut_strength` is how far all shortcuts were open in the training that left the weights.
    """

    spec: NetworkSpec
    preprocessing: Preprocessing
    class_names: tuple[str, ...]
    others: tuple[NetworkSpec, ...] = ()
    notes: tuple[str, ...] = ()
    is_assumed: bool = False
    names_are_assumed: bool = False
    shortcut_strength: float = 1.0

    @property
    def state(self) -> NetworkState:
        """The network with its shortcuts as they were in training, so that it is the one that was trained."""
        wiring = Wiring.evenly(self.spec.block_count, self.shortcut_strength)
        return NetworkState(self.spec, self.preprocessing, wiring, self.class_names)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was chosen, how far shortcuts are open where they are not wholly, and what is still assumed."""
        notes = self.notes
        if (strength := self.shortcut_strength) < 1:
            how = "cut" if strength == 0 else f"open by {strength:.3g}"
            notes += (f"{self._source} comes from training with all shortcuts {how}, so they are here.",)
        assumed: dict[str, str] = {}
        if self.is_assumed:
            used = self.preprocessing
            assumed["preprocessing"] = (
                f"normalisation {used.normalisation}, resize {used.resize} and crop {used.crop}"
            )
        if self.names_are_assumed:
            assumed["class names"] = f"{self.spec.data}'s names"
        if not assumed:
            return notes
        return (
            *notes,
            f"{self._source} does not tell its {' and '.join(assumed)}: "
            f"{', and '.join(assumed.values())} are assumed.",
        )

    @property
    def _source(self) -> str:
        weights = self.spec.weights
        return weights.file_name if weights.source == "file" else weights.title

    @property
    def sentence(self) -> str:
        """The same in one sentence where all are about the weights, with their name once."""
        title = f"{self._source} "
        first, *more = self.sentences or ("",)
        for other in more:
            if first.startswith(title) and other.startswith(title):
                first = f"{first.removesuffix('.')}, and it {other.removeprefix(title)}"
            else:
                first = f"{first} {other}"
        return first


@dataclass(frozen=True)
class Begun:
    """The first network and picture; `refusals` are the sentences about what was asked for and could not be."""

    network: OpenedNetwork
    picture: OpenedPicture | None
    refusals: tuple[str, ...] = ()


@dataclass(frozen=True)
class DownloadWeights(Request):
    """torchvision's weights for this network, its default ones or those that `spec` names; then it is opened.

    Answered by Progress, then by OpenedNetwork.
    """

    name: str
    spec: NetworkSpec | None = None


@dataclass(frozen=True)
class FetchData(Request):
    """Have a data set of `records.data.NAMED` on this computer. Answered by Progress, then by this request."""

    name: str


@dataclass(frozen=True)
class KeepChoices(Request):
    """Remember for the weight file with that digest what it does not tell itself. Answered by nothing.

    What is None or empty stays as it was remembered before.
    """

    digest: str
    preprocessing: Preprocessing | None = None
    class_names: tuple[str, ...] = ()
    network: str = ""


NO_FILTERS = (
    "No filters are shown, so there are none to draw; choose Filters in the panel of the feature maps first."
)
NOT_MEASURED = "The test set is not measured yet; wait until its last picture is, or choose a test set."
NO_CHANNEL = "No channel is shown large, so there is none to draw; click a feature map first."


@dataclass(frozen=True, eq=False)
class RunPictures:
    """What figures of training runs are drawn from: reports and predictions by the runs' keys.

    The reports are made where they are needed: those of long runs take a while.
    """

    reports: Mapping[str, Callable[[], RunReport]]
    data: DataRead | None
    predicted: Mapping[str, Numbers]
    confidence: Mapping[str, Confidences] = field(default_factory=dict)
    rule: PictureRule = "sample"
    """By which test pictures are chosen."""
    time: float | None = None
    """The moment of "by-depth" in epochs; None is the newest."""
    story: tuple[str, ...] = ()
    """What the window says of the runs, paragraph by paragraph."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """Of the test pictures; empty where there are none."""
        return () if self.data is None else self.data.class_names


@dataclass(frozen=True, eq=False)
class StudyPictures:
    """What the figure of a study is drawn from: results of one study, laid over one another; at least one."""

    results: tuple[StudyResult, ...]

    @property
    def class_names(self) -> tuple[str, ...]:
        """Of the first result's network."""
        return self.results[0].order.state.class_names


FigureSource = Scene | RunPictures | StudyPictures
"""What a figure is drawn from."""


@dataclass(frozen=True, eq=False)
class WriteFigure(Request):
    """Write a figure or its table of what a scene shows, of training runs or of a study, to `path`. Answered by
    Written.
    """

    source: FigureSource
    choice: FigureChoice
    path: Path


@dataclass(frozen=True)
class WriteLayers(Request):
    """Write a network's table of layers to `path`, as CSV. Answered by Written."""

    plan: Blueprint
    path: Path


@dataclass(frozen=True, eq=False)
class CopyFigure(Request):
    """The figure as PNG and SVG. Answered by Rendered."""

    source: FigureSource
    choice: FigureChoice


@dataclass(frozen=True, eq=False)
class WriteWeights(Request):
    """Copy a run's weights to `path`, with a card that `report` makes where `source` has none. Answered by Written."""

    source: Path
    report: Callable[[], RunReport]
    path: Path
    is_live: bool = False
    """The run goes on."""


@dataclass(frozen=True)
class FindDevices(Request, newest_only=True):
    """What torch can compute on here. Answered by their names in a tuple, the best first."""


@dataclass(frozen=True, eq=False)
class WriteAllRunFigures(Request):
    """Write every figure of training runs and every table into a folder. Answered by Written, with the folder."""

    pictures: RunPictures
    folder: Path


@dataclass(frozen=True, eq=False)
class WriteStudyFiles(Request):
    """Write the figure of a study's results as every kind of file, their numbers, and what repeats them, into a folder.
    Answered by Written, with the folder."""

    pictures: StudyPictures
    folder: Path


@dataclass(frozen=True)
class ReadAlong(Request):
    """Full readings, one after the other. Of low priority. Answered by a ProbeResult each, which has kept the feature
    maps of `layers` alone."""

    questions: tuple[ProbeRequest, ...]
    layers: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class WriteAnimation(Request):
    """Write a figure of each scene, one after the other, as a moving picture to `path`. Of low priority.

    Answered by Progress for each picture, then by Written.
    """

    scenes: tuple[Scene, ...]
    choice: AnimationChoice
    path: Path


@dataclass(frozen=True)
class KeepOrder(Request):
    """Write into the order's folder what it was, so that its runs can go on another day. Answered by nothing."""

    order: Order


@dataclass(frozen=True)
class ReadOrder(Request, newest_only=True):
    """The training runs in a folder. Answered by the Order with which they go on."""

    folder: Path


@dataclass(frozen=True)
class Written:
    """A file is whole on the disk; `remark` is what one should know about it, in a sentence."""

    path: Path
    remark: str = ""


@dataclass(frozen=True)
class Rendered:
    """A figure's bytes, for the clipboard."""

    png: bytes = field(repr=False)
    svg: bytes = field(repr=False)
    remark: str = ""
    """What it had no room for."""


@dataclass(frozen=True)
class Pair(Request, newest_only=True):
    """What the probing worker is asked: the readings that are missing, answered in this order."""

    now: ProbeRequest | None
    reference: ProbeRequest | None


class PackReadings(Request):
    """Of low priority. Answered by each full reading since the last time, once more, packed: to keep, not to show."""
