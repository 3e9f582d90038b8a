"""What runs on the window's workers: each service is made on its thread and imports there what is slow to import."""

from __future__ import annotations

import atexit
import gc
import logging
import os
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from resnet_viewer import paths
from resnet_viewer.records.build_options import USUAL, BuildOptions
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.lab import DataRead, Message, Order, in_pieces
from resnet_viewer.records.own_input import OwnInput
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.requests import (
    Begin,
    Begun,
    CatalogEntry,
    ChooseNetwork,
    DescribeNetwork,
    DownloadWeights,
    FindDevices,
    FoundDevices,
    FoundOrder,
    IdentifyWeights,
    KeepChoices,
    KeepOrder,
    OpenedNetwork,
    OpenedPicture,
    ReadOrder,
    ReadPicture,
    Rendered,
    RenderForClipboard,
    RenderRunForClipboard,
    StepPicture,
    Suffix,
    TakePixels,
    WriteAllRunFigures,
    WriteFigure,
    WriteLayers,
    WriteRunFigure,
    WriteWeights,
    Written,
)
from resnet_viewer.services.figures import exported, layers_csv

if TYPE_CHECKING:
    from resnet_viewer.core.weights.opening import Opening
    from resnet_viewer.ui.inspect.controller import Packed

log = logging.getLogger(__name__)
_COPIED: tuple[Suffix, Suffix] = ("png", "svg")
"""Kinds of pictures that go to the clipboard together."""

FIRST_PICTURE = "cat.jpg"
_LOOSE = 32
"""So many readings wait for a rest to be packed; who toggles on and on without one has the others packed at once."""


SAVING_SECONDS = 15.0
"""How long training that is to end may take to save its runs: two dozen long ones take five seconds, measured."""


def computing_threads() -> int:
    """One core less than there are: the window needs one to stay smooth."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 2
    return max(1, cores - 1)


def catalog_entries() -> tuple[CatalogEntry, ...]:
    """Every network for the menus, the bundled ones first; imports no torch."""
    from resnet_viewer.core.weights import catalog
    from resnet_viewer.core.weights.published import FILES

    entries = []
    for name in catalog.names():
        spec = catalog.spec(name)
        is_bundled = paths.asset("weights", f"{name}.safetensors").is_file()
        download = f"{FILES[name][0].megabytes} MB" if name in FILES else ""
        entries.append(CatalogEntry(name, f"{spec.title} · {spec.data}", spec.data, is_bundled, download))
    return tuple(entries)


class ProbeService:
    """Answers a Pair with the engine's readings, now first. The only owner of live networks."""

    def __init__(self, device: str) -> None:
        import torch

        from resnet_viewer.core.engine import ProbeEngine

        torch.set_num_threads(computing_threads())
        self._engine = ProbeEngine(device=device)
        self._loose: deque[ProbeResult] = deque()
        gc.freeze()  # what torch's import made stays for good; looking it through again held the window up for 0.15 s
        atexit.register(gc.unfreeze)  # else what was frozen is reported as leaked at the end

    def answer(self, request: object) -> Iterator[ProbeResult | Packed]:
        """Yield the logits and then the full reading of now, then the reference's, as far as they are asked."""
        from resnet_viewer.ui.inspect.controller import Packed, Pair

        assert isinstance(request, Pair)
        for question in (request.now, request.reference):
            if question is not None:
                for result in self._engine.answer(question):
                    yield result
                    if result.is_complete:
                        self._loose.append(result)
        while len(self._loose) > _LOOSE:
            yield Packed(self._loose.popleft().packed())

    def rest(self) -> Iterator[Packed]:
        """Every full reading that was answered, once more, packed.

        Not sooner: beside the painting of the same reading it made both take twice as long (measured).
        """
        from resnet_viewer.ui.inspect.controller import Packed

        while self._loose:
            yield Packed(self._loose.popleft().packed())


class FilesService:
    """Reads pictures and weight files, draws and writes figures."""

    def answer(self, request: object) -> Iterator[object]:
        """One reply for each request.

        Raises:
            UserError: it cannot be read or written; the sentence says why.
        """
        match request:
            case Begin():
                yield self._begin(request)
            case ReadPicture():
                yield _read(request.paths, request.wants_twelve_bits, request.album)
            case StepPicture():
                yield _step(request)
            case TakePixels(pixels=pixels, name=name):
                from resnet_viewer.media import pictures

                yield OpenedPicture(pictures.from_array(pixels, name))
            case ChooseNetwork(name=name, weights=weights):
                yield _open(name, weights)
            case IdentifyWeights(path=path):
                yield _open("", str(path))
            case DescribeNetwork(spec=spec):
                from resnet_viewer.core.weights.opening import described

                yield _opened(described(spec))
            case KeepChoices():
                _keep(request)
            case KeepOrder(order=order):
                from resnet_viewer.services.order_files import write_order

                write_order(order)
            case ReadOrder(folder=folder):
                from resnet_viewer.services.order_files import read_order

                yield FoundOrder(read_order(folder))
            case WriteFigure(scene=scene, choice=choice, path=path):
                from resnet_viewer.media.files import write_whole

                made = exported(scene, choice)
                write_whole(path, made.content)
                names = scene.session.setup.class_names
                yield Written(path, f"{made.remark} {_remark(choice.suffix, names)}".strip())
            case WriteLayers(plan=plan, path=path):
                from resnet_viewer.media.files import write_whole

                write_whole(path, layers_csv(plan))
                yield Written(path)
            case WriteRunFigure() | WriteAllRunFigures():
                yield _write_runs(request)
            case WriteWeights(source=source, report=report, path=path, is_live=is_live):
                from resnet_viewer.services.run_weights import write_weights

                write_weights(source, report(), path, is_live=is_live)
                yield Written(path)
            case FindDevices():
                from resnet_viewer.core.lab.device_habits import available_devices

                yield FoundDevices(available_devices())
            case RenderRunForClipboard(pictures=drawn, choice=choice, time=time):
                from resnet_viewer.services.figures import run_figure

                png, svg = (run_figure(drawn, replace(choice, suffix=kind), time=time) for kind in _COPIED)
                yield Rendered(png.content, svg.content, svg.remark)
            case RenderForClipboard(scene=scene, choice=choice):
                png, svg = (exported(scene, replace(choice, suffix=kind)) for kind in _COPIED)
                yield Rendered(png.content, svg.content, svg.remark)
            case _:
                raise TypeError(f"not a request for files: {type(request).__name__}")

    def _begin(self, request: Begin) -> Begun:
        network, refusals = _begin_network(request)
        first = paths.asset("pictures", FIRST_PICTURE)
        try:
            picture: OpenedPicture | None = _read(request.paths or (first,))
        except UserError as refusal:
            refusals.append(str(refusal))
            picture = _read((first,)) if first.is_file() else None
        return Begun(network, picture, tuple(refusals))


class DownloadService:
    """Fetches torchvision's weights."""

    def answer(self, request: object) -> Iterator[object]:
        """Yield Progress, then the network with its weights.

        Raises:
            UserError: they did not arrive.
        """
        assert isinstance(request, DownloadWeights)
        from resnet_viewer.core.weights import catalog
        from resnet_viewer.core.weights import sources as weights
        from resnet_viewer.core.weights.opening import described

        spec = request.spec or catalog.spec(request.name)
        refs = [ref for ref in (spec.weights, *weights.available(spec)) if ref.source == "torchvision"]
        if not refs:
            raise UserError(f"torchvision has no weights for {spec.title}; open a weight file instead.")
        yield from weights.download(refs[0], spec)
        yield _opened(described(replace(spec, weights=refs[0])))


class LabService:
    """Trains, in a process of its own."""

    def __init__(self) -> None:
        from resnet_viewer.core.lab.lab import Lab

        self._lab = Lab()

    def answer(self, request: object) -> Iterator[object]:
        """Everything that the lab reports until its runs have ended, in pieces that do not hold a window up.

        Raises:
            UserError: the data cannot be read, or there is no such device.
        """
        from resnet_viewer.media.lending import lent

        assert isinstance(request, Order)
        with closing(self._lab.answer(request)) as work:  # type: ignore[type-var]
            for report in work:
                if isinstance(report, DataRead):
                    with lent(report, paths.cache_dir() / "pictures") as data:
                        yield data
                else:
                    yield from in_pieces(report)

    def tell(self, message: object) -> None:
        """To the runs at work."""
        assert isinstance(message, Message)
        self._lab.tell(message)


def is_replaced(waiting: object, newer: object) -> bool:
    """Opening something newer makes opening an older thing pointless; no figure is ever dropped."""
    kept = (
        WriteFigure, WriteLayers, WriteRunFigure, WriteAllRunFigures, WriteWeights, RenderForClipboard,
        RenderRunForClipboard, KeepChoices, KeepOrder, Begin,
    )  # fmt: skip
    return type(waiting) is type(newer) and not isinstance(waiting, kept)


def _write_runs(request: WriteRunFigure | WriteAllRunFigures) -> Written:
    from resnet_viewer.media.files import write_whole
    from resnet_viewer.services import figures as run_exports

    data = request.pictures.data
    names = () if data is None else data.class_names
    if isinstance(request, WriteAllRunFigures):
        for name, content in run_exports.all_run_figures(request.pictures, time=request.time):
            write_whole(request.folder / name, content)
        return Written(request.folder, _remark("png", names))
    made = run_exports.run_figure(request.pictures, request.choice, time=request.time)
    write_whole(request.path, made.content)
    return Written(request.path, f"{made.remark} {_remark(request.choice.suffix, names)}".strip())


def _remark(suffix: Suffix, class_names: Iterable[str]) -> str:
    """What one should know about a figure with these names."""
    if suffix not in ("png", "pdf"):
        return ""
    from resnet_viewer.figures import fonts

    return fonts.remark("".join(class_names))


def _open(name: str, weights: str | None, options: BuildOptions = USUAL) -> OpenedNetwork:
    from resnet_viewer.core.weights.opening import open_network

    return _opened(open_network(name or None, weights, options=options))


def _begin_network(request: Begin) -> tuple[OpenedNetwork, list[str]]:
    """The network that was asked for, with the input that was asked for, as far as they can be had; and why not."""
    from resnet_viewer.core.weights.opening import adjusted, open_network

    try:
        opening = open_network(
            request.network or None, request.weights, seed=request.seed, options=request.options
        )
    except UserError as refusal:
        return _open("", None), [str(refusal)]
    refusals = []
    try:
        opening = adjusted(opening, request.own)
        _keep_own(request.own, opening)
    except UserError as refusal:
        refusals.append(str(refusal))
    return _opened(opening), refusals


def _keep_own(own: OwnInput, opening: Opening) -> None:
    """As if the input had been changed in the window; what is not said stays as it was remembered before."""
    digest = opening.spec.weights.digest
    if digest and own != OwnInput():
        preprocessing = opening.preprocessing if own.has_preprocessing else None
        names = opening.class_names if own.classes is not None else ()
        _keep(KeepChoices(digest, preprocessing, names))


def _opened(opening: Opening) -> OpenedNetwork:
    return OpenedNetwork(
        opening.spec,
        opening.preprocessing,
        opening.class_names,
        opening.others,
        opening.sentence,
        opening.is_assumed,
        opening.shortcut_strength,
    )


def _keep(request: KeepChoices) -> None:
    from resnet_viewer.media.file_choices import FileChoices, remember, remembered

    known = remembered(request.digest)
    kept = FileChoices(
        request.preprocessing or known.preprocessing,
        request.class_names or known.class_names,
        request.network or known.network,
    )
    remember(request.digest, kept)


def _read(
    found: tuple[Path, ...], wants_twelve_bits: bool = False, known: tuple[Path, ...] = ()
) -> OpenedPicture:
    """The first of them; a folder stands for its pictures. Several make an album, if none is `known`."""
    from resnet_viewer.media import pictures

    album: list[Path] = []
    for path in found:
        album.extend(pictures.pictures_in(path) if path.is_dir() else (path,))
    if not album:
        raise UserError(f"There is no picture in {found[0].name}; choose another folder.")
    whole = tuple(path.absolute() for path in album) if len(album) > 1 else ()
    return OpenedPicture(pictures.read(album[0], wants_twelve_bits=wants_twelve_bits), known or whole)


def _step(request: StepPicture) -> OpenedPicture:
    """The neighbour in the album or the folder, round and round; what cannot be read is stepped over."""
    from resnet_viewer.media import pictures

    album = request.album or pictures.pictures_in(request.path.parent)
    if not album:
        raise UserError(f"The folder {request.path.parent} has no pictures any more; open another one.")
    place = album.index(request.path) if request.path in album else -1
    refusal: UserError | None = None
    for step in range(1, len(album) + 1):
        try:
            picture = pictures.read(album[(place + request.step * step) % len(album)])
        except UserError as error:
            log.info("stepped over: %s", error)
            refusal = error
        else:
            return OpenedPicture(picture, request.album)
    raise refusal or UserError("There is no other picture to step to; open another folder.")
