"""What runs on the window's workers: each service is made on its thread and imports there what is slow to import."""

from __future__ import annotations

import logging
import time
from collections.abc import Generator, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from resnet_viewer import paths
from resnet_viewer.media.files import write_whole
from resnet_viewer.records.album import NO_ALBUM, Album
from resnet_viewer.records.errors import Progress, UserError
from resnet_viewer.records.figure_list import Suffix
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.preprocessing import OwnInput
from resnet_viewer.records.requests import (
    Begin,
    Begun,
    CatalogEntry,
    ChooseNetwork,
    CopyFigure,
    DownloadWeights,
    FetchData,
    FindDevices,
    FolderRead,
    KeepChoices,
    KeepOrder,
    MakeThumbnails,
    OpenedNetwork,
    OpenedPicture,
    OpenNetwork,
    OpenSetPicture,
    ReadBatch,
    ReadFolder,
    ReadOrder,
    ReadPicture,
    Rendered,
    StepPicture,
    TakePixels,
    Thumbnail,
    WriteAllRunFigures,
    WriteAnimation,
    WriteFigure,
    WriteLayers,
    WriteStudyFiles,
    WriteWeights,
    Written,
)
from resnet_viewer.records.story_words import counted
from resnet_viewer.records.study import KeptStudies, RemoveStudy, StudyResult
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.services.figures import all_run_figures, all_study_files, drawn, frames, layers_csv
from resnet_viewer.services.order_files import read_order, write_order

if TYPE_CHECKING:
    from resnet_viewer.core.data.test_sets import Drawn

log = logging.getLogger(__name__)
_COPIED: tuple[Suffix, Suffix] = ("png", "svg")
"""Kinds of pictures that go to the clipboard together."""

FIRST_PICTURE = "cat.jpg"
_TOLD = 3
"""So many pictures that cannot be read are named."""
_TICK = 3 * 10**9
"""Nanoseconds, at least those between which no file system tells two changes apart."""


def catalog_entries() -> tuple[CatalogEntry, ...]:
    """Every network for the menus, the bundled ones first; imports no torch."""
    from resnet_viewer.core.weights import catalog
    from resnet_viewer.core.weights.published import FILES

    entries = []
    for name in catalog.names():
        spec = catalog.spec(name)
        download = f"{FILES[name][0].megabytes} MB" if name in FILES else ""
        entries.append(
            CatalogEntry(name, f"{spec.title} · {spec.data}", spec.data, catalog.has_bundled(spec), download)
        )
    return tuple(entries)


def sample_pictures() -> tuple[Path, ...]:
    """The pictures that travel with the program, the one of the first start first; decodes none."""
    first = paths.asset("pictures", FIRST_PICTURE)
    return first, *sorted(path for path in first.parent.glob("*.jpg") if path != first)


class FilesService:
    """Reads pictures and weight files, draws and writes figures."""

    def __init__(self) -> None:
        self._folder = Folder()
        self._drawn: tuple[TestSet, Drawn] | None = None
        """The test set of which a picture was opened last."""

    def answer(self, request: object) -> Generator[object]:
        """One reply for each request.

        Raises:
            UserError: it cannot be read or written; the sentence says why.
        """
        match request:
            case Begin():
                yield self._begin(request)
            case ReadPicture():
                yield self._read(request.paths, request.wants_twelve_bits, request.album)
            case ReadBatch():
                yield _read_batch(request)
            case ReadFolder(folder=folder):
                yield FolderRead(folder, self._folder.album(folder))
            case MakeThumbnails():
                yield from _thumbnails(request)
            case StepPicture():
                yield self._step(request)
            case OpenSetPicture(test_set=test_set, name=name):
                yield self._set_picture(test_set, name)
            case TakePixels(pixels=pixels, name=name):
                from resnet_viewer.media import pictures

                yield OpenedPicture(pictures.from_array(pixels, name))
            case ChooseNetwork(name=name):
                yield _open(name)
            case OpenNetwork(wished=Path() as path):
                yield _open(None, str(path))
            case OpenNetwork(wished=NetworkSpec() as spec):
                from resnet_viewer.core.weights.opened import described

                yield described(spec)
            case KeepChoices():
                _keep(request)
            case KeepOrder(order=order):
                write_order(order)
            case ReadOrder(folder=folder):
                yield read_order(folder)
            case WriteFigure(source=source, choice=choice, path=path):
                made = drawn(source, choice)
                write_whole(path, made.content)
                yield Written(path, f"{made.remark} {_remark(choice.suffix, source.class_names)}".strip())
            case WriteLayers(plan=plan, path=path):
                write_whole(path, layers_csv(plan))
                yield Written(path)
            case WriteAllRunFigures(pictures=pictures_of_runs, folder=folder):
                for name, content in all_run_figures(pictures_of_runs):
                    write_whole(folder / name, content)
                yield Written(folder, _remark("png", pictures_of_runs.class_names))
            case KeptStudies(folder=folder):
                yield from _studies(folder)
            case RemoveStudy(folder=folder):
                from resnet_viewer.core.studies.files import remove_study

                remove_study(folder)
                yield request
            case WriteStudyFiles(pictures=pictures_of_studies, folder=folder):
                for name, content in all_study_files(pictures_of_studies):
                    write_whole(folder / name, content)
                yield Written(folder)
            case WriteWeights(source=source, report=report, path=path, is_live=is_live):
                from resnet_viewer.services.run_weights import write_weights

                write_weights(source, report(), path, is_live=is_live)
                yield Written(path)
            case WriteAnimation():
                yield from _animate(request)
            case FindDevices():
                from resnet_viewer.core.lab.device_habits import available_devices

                yield available_devices()
            case CopyFigure(source=source, choice=choice):
                png, svg = (drawn(source, replace(choice, suffix=kind)) for kind in _COPIED)
                yield Rendered(png.content, svg.content, svg.remark)
            case _:
                raise TypeError(f"not a request for files: {type(request).__name__}")

    def _set_picture(self, test_set: TestSet, name: str) -> OpenedPicture:
        """A test set is drawn once for all its pictures."""
        from resnet_viewer.core.data.test_sets import draw

        if self._drawn is None or self._drawn[0] != test_set:
            steps = draw(test_set)
            try:
                while True:
                    next(steps)
            except StopIteration as ended:
                self._drawn = test_set, ended.value
        drawn = self._drawn[1]
        if name not in drawn.names:
            raise UserError(f"There is no {name} in the test set any more; choose the test set again.")
        return OpenedPicture(drawn.read(drawn.names.index(name)))

    def _begin(self, request: Begin) -> Begun:
        network, refusals = _begin_network(request)
        first = paths.asset("pictures", FIRST_PICTURE)
        try:
            picture: OpenedPicture | None = self._read(request.paths or (first,))
        except UserError as refusal:
            refusals.append(str(refusal))
            picture = self._read((first,)) if first.is_file() else None
        return Begun(network, picture, tuple(refusals))

    def _read(
        self, found: tuple[Path, ...], wants_twelve_bits: bool = False, known: Album = NO_ALBUM
    ) -> OpenedPicture:
        """The first of them that can be read; a folder stands for its pictures. Several make an album, if none is
        `known`."""
        from resnet_viewer.media import pictures

        together: list[Path] = []
        for path in found:  # a file is called what it was called by whoever asks
            together.extend(self._folder.album(path.absolute()).paths if path.is_dir() else (path,))
        if not together:
            raise UserError(f"There is no picture in {found[0].name}; choose another folder.")
        if not known.paths and len(found) > 1:
            known = Album(tuple(map(Path.absolute, together)))
        elif not known.paths and found[0].is_dir():
            known = self._folder.album(found[0].absolute())
        refusals: list[str] = []
        for path in together:
            try:
                picture = pictures.read(path, wants_twelve_bits=wants_twelve_bits)
            except UserError as refusal:
                refusals.append(str(refusal))
            else:
                return OpenedPicture(picture, known, refusals=_few(refusals))
        raise UserError(" ".join(_few(refusals)))

    def _step(self, request: StepPicture) -> OpenedPicture:
        """The neighbour in the album or the folder, round and round; what cannot be read is stepped over."""
        from resnet_viewer.media import pictures

        album = request.album if request.album.paths else self._folder.album(request.path.parent)
        if not (walked := album.paths):
            raise UserError(f"The folder {request.path.parent} has no pictures any more; open another one.")
        place = album.places.get(request.path, -1)
        refusal: UserError | None = None
        way = 1 if request.step > 0 else -1
        for step in range(len(walked)):
            try:
                picture = pictures.read(walked[(place + request.step + way * step) % len(walked)])
            except UserError as error:
                log.info("stepped over: %s", error)
                refusal = error
            else:
                return OpenedPicture(picture, request.album)
        raise refusal or UserError("There is no other picture to step to; open another folder.")


class Folder:
    """Lists a folder's pictures, and knows the last one's until it changes: to look through 100 000 names takes a
    second.
    """

    def __init__(self) -> None:
        self._listed: tuple[Path, int, Album] | None = None

    def album(self, folder: Path) -> Album:
        """What `media.pictures.pictures_in` finds.

        Raises:
            UserError: the folder is missing, is none, or may not be read.
        """
        from resnet_viewer.media import pictures

        try:
            changed = folder.stat().st_mtime_ns
        except OSError:
            changed = -1  # which is said below
        if self._listed is not None and self._listed[:2] == (folder, changed):
            return self._listed[2]
        now = time.time_ns()
        found = Album(pictures.pictures_in(folder))
        _ = found.places  # made here, where that holds nobody up
        # One that has just changed may change again within the same tick of its clock.
        self._listed = (folder, changed, found) if now - changed > _TICK else None
        return found


class DownloadService:
    """Fetches torchvision's weights and data sets, on a thread of its own."""

    def answer(self, request: object) -> Generator[object]:
        """Yield Progress, then the network with its weights, or the request for data.

        Raises:
            UserError: they did not arrive.
        """
        if isinstance(request, FetchData):
            from resnet_viewer.core.data.named_data import fetched

            yield from fetched(request.name)
            yield request
            return
        assert isinstance(request, DownloadWeights)
        from resnet_viewer.core.weights import catalog, sources
        from resnet_viewer.core.weights.opened import described

        spec = request.spec or catalog.spec(request.name)
        refs = [ref for ref in (spec.weights, *sources.available(spec)) if ref.source == "torchvision"]
        if not refs:
            raise UserError(f"torchvision has no weights for {spec.title}; open a weight file instead.")
        yield from sources.download(refs[0], spec)
        yield described(replace(spec, weights=refs[0]))


def _animate(request: WriteAnimation) -> Generator[Progress | Written]:
    from resnet_viewer.media.moving import moving

    choice, made = request.choice, []
    for picture in frames(request.scenes, choice.picture):
        made.append(picture)
        yield Progress(len(made), len(request.scenes))
    whole = [*made, *made[-2:0:-1]] if choice.goes_back else made
    write_whole(request.path, moving(whole, choice.kind, choice.seconds))
    yield Written(request.path)


def _studies(folder: Path) -> Generator[StudyResult | None]:
    """The study that a folder is, or those in the folders in it."""
    from resnet_viewer.core.studies.files import STUDY, kept_studies, read_study

    if (folder / STUDY).is_file():
        yield read_study(folder)
    else:
        yield from kept_studies(folder)


def _remark(suffix: Suffix, class_names: Iterable[str]) -> str:
    """What one should know about a figure with these names."""
    if suffix not in ("png", "pdf"):
        return ""
    from resnet_viewer.figures import fonts

    return fonts.remark("".join(class_names))


def _open(name: str | None = None, weights: str | None = None) -> OpenedNetwork:
    from resnet_viewer.core.weights.opened import open_network

    return open_network(name, weights)


def _begin_network(request: Begin) -> tuple[OpenedNetwork, list[str]]:
    """The network that was asked for, with the input that was asked for, as far as they can be had; and why not."""
    from resnet_viewer.core.weights.opened import adjusted, open_network

    try:
        opened = open_network(
            request.network or None, request.weights, seed=request.seed, options=request.options
        )
    except UserError as refusal:
        return _open(), [str(refusal)]
    refusals = []
    try:
        opened = adjusted(opened, request.own)
        _keep_own(request.own, opened)
    except UserError as refusal:
        refusals.append(str(refusal))
    return opened, refusals


def _keep_own(own: OwnInput, opened: OpenedNetwork) -> None:
    """As if the input had been changed in the window; what is not said stays as it was remembered before."""
    digest = opened.spec.weights.digest
    if digest and own != OwnInput():
        preprocessing = opened.preprocessing if own.has_preprocessing else None
        names = opened.class_names if own.classes is not None else ()
        _keep(KeepChoices(digest, preprocessing, names))


def _keep(request: KeepChoices) -> None:
    from resnet_viewer.core.weights.cards import Card, remember, remembered

    chosen = Card(request.network, request.preprocessing, request.class_names)
    remember(request.digest, remembered(request.digest).with_choices(chosen))


def _read_batch(request: ReadBatch) -> OpenedPicture:
    """All that can be read; what cannot is named."""
    from resnet_viewer.media import pictures

    known = {picture.path: picture for picture in request.at_hand}
    found, refusals = [], []
    for path in request.paths:
        try:
            found.append(known.get(path) or pictures.read(path))
        except UserError as refusal:
            refusals.append(str(refusal))
    if not found:
        raise UserError(refusals[0] if refusals else "No picture was chosen; choose two or more.")
    return OpenedPicture(found[0], request.album, tuple(found[1:]), _few(refusals))


def _few(refusals: list[str]) -> tuple[str, ...]:
    """The first of these sentences, and how many more there are."""
    more = len(refusals) - _TOLD
    rest = (f"Nor can {counted(more, 'other picture')} be read.",) if more > 0 else ()
    return (*refusals[:_TOLD], *rest)


def _thumbnails(request: MakeThumbnails) -> Generator[Thumbnail]:
    from resnet_viewer.media import pictures

    for path in request.paths:
        try:
            yield Thumbnail(path, pictures.thumbnail(path, request.side))
        except UserError as refusal:
            yield Thumbnail(path, None, str(refusal))
