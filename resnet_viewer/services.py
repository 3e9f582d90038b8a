"""What runs on the window's workers: each service is made on its thread and imports there what is slow to import."""

from __future__ import annotations

import atexit
import gc
import logging
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from resnet_viewer import paths
from resnet_viewer.records.build_options import USUAL, BuildOptions
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.ui.requests import (
    ARCHITECTURE_COLUMNS,
    Begin,
    Begun,
    CatalogEntry,
    ChooseNetwork,
    DescribeNetwork,
    DownloadWeights,
    FigureChoice,
    IdentifyWeights,
    KeepChoices,
    OpenedNetwork,
    OpenedPicture,
    ReadPicture,
    Rendered,
    RenderForClipboard,
    StepPicture,
    TakePixels,
    WriteFigure,
    WriteLayers,
    Written,
)

if TYPE_CHECKING:
    from resnet_viewer.core.opening import Opening
    from resnet_viewer.records.blueprint import Blueprint
    from resnet_viewer.records.scene import Scene
    from resnet_viewer.ui.controller import Packed

log = logging.getLogger(__name__)

FIRST_PICTURE = "cat.jpg"


def computing_threads() -> int:
    """One core less than there are: the window needs one to stay smooth."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 2
    return max(1, cores - 1)


def catalog_entries() -> tuple[CatalogEntry, ...]:
    """Every network for the menus, the bundled ones first; imports no torch."""
    from resnet_viewer.core import catalog
    from resnet_viewer.core.published_files import FILES

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
        gc.freeze()  # what torch's import made stays for good; looking it through again held the window up for 0.15 s
        atexit.register(gc.unfreeze)  # else what was frozen is reported as leaked at the end

    def answer(self, request: object) -> Iterator[ProbeResult | Packed]:
        """Yield the logits and then the full reading of now, then the reference's, as far as they are asked.

        When all are on their way to the screen, each full one comes again, packed.
        """
        from resnet_viewer.ui.controller import Packed, Pair

        assert isinstance(request, Pair)
        whole = []
        for question in (request.now, request.reference):
            if question is not None:
                for result in self._engine.answer(question):
                    yield result
                    if result.is_complete:
                        whole.append(result)
        while whole:
            yield Packed(whole.pop(0).packed())


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
            case ReadPicture(paths=found):
                yield _read(found)
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
                from resnet_viewer.core.opening import described

                yield _opened(described(spec))
            case KeepChoices():
                _keep(request)
            case WriteFigure(scene=scene, choice=choice, path=path):
                from resnet_viewer.media.files import write_whole

                write_whole(path, exported(scene, choice))
                yield Written(path)
            case WriteLayers(plan=plan, path=path):
                from resnet_viewer.media.files import write_whole

                write_whole(path, layers_csv(plan))
                yield Written(path)
            case RenderForClipboard(scene=scene, choice=choice):
                png = exported(scene, replace(choice, suffix="png"))
                yield Rendered(png, exported(scene, replace(choice, suffix="svg")))
            case _:
                raise TypeError(f"not a request for files: {type(request).__name__}")

    def _begin(self, request: Begin) -> Begun:
        refusals = []
        try:
            network = _open(request.network, request.weights, request.options)
        except UserError as refusal:
            refusals.append(str(refusal))
            network = _open("", None)
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
        from resnet_viewer.core import catalog, weights
        from resnet_viewer.core.opening import described

        spec = request.spec or catalog.spec(request.name)
        refs = [ref for ref in (spec.weights, *weights.available(spec)) if ref.source == "torchvision"]
        if not refs:
            raise UserError(f"torchvision has no weights for {spec.title}; open a weight file instead.")
        yield from weights.download(refs[0], spec)
        yield _opened(described(replace(spec, weights=refs[0])))


def is_replaced(waiting: object, newer: object) -> bool:
    """Opening something newer makes opening an older thing pointless; no figure is ever dropped."""
    kept = (WriteFigure, WriteLayers, RenderForClipboard, KeepChoices, Begin)
    return type(waiting) is type(newer) and not isinstance(waiting, kept)


def exported(scene: Scene, choice: FigureChoice) -> bytes:
    """A figure, or its numbers, of what the scene shows, as the bytes of a file.

    Raises:
        UserError: there is no full reading, or no network of a name that is a column.
    """
    if choice.figure == "architecture":
        return _architecture(scene, choice)
    from resnet_viewer.figures import export, state

    now, reference = scene.now, scene.reference
    if now is None or not now.is_complete:
        raise UserError("There is no full reading to export yet; wait until it is computed.")
    if reference is not None and not reference.is_complete:
        reference = None
    names = scene.session.setup.class_names
    quantity = scene.session.view.gradient_quantity
    described = state.describe(
        now, reference, class_names=names, quantity=quantity, torch_version=_torch_version()
    )
    if choice.suffix == "csv":
        header, rows, own = _table(scene, choice, reference)
        return export.csv_bytes(header, rows, metadata=described | own)
    return export.render(_figure(scene, choice, reference), choice.suffix, metadata=described, dpi=choice.dpi)


def layers_csv(plan: Blueprint) -> bytes:
    """A network's table of layers as CSV."""
    from resnet_viewer.figures import architecture, export

    return export.csv_bytes(*architecture.table([plan]), metadata=architecture.described([plan]))


def _architecture(scene: Scene, choice: FigureChoice) -> bytes:
    """The networks of the choice as columns; the one on the screen as it is built there."""
    from resnet_viewer.core import catalog
    from resnet_viewer.figures import architecture, export
    from resnet_viewer.records.laying_out import blueprint

    specs = catalog.listed(choice.columns or ARCHITECTURE_COLUMNS, most=architecture.MOST_COLUMNS)
    present = scene.blueprint
    plans = [present if spec.name == present.spec.name else blueprint(spec) for spec in specs]
    described = architecture.described(plans)
    if choice.suffix == "csv":
        return export.csv_bytes(*architecture.table(plans), metadata=described)
    return export.render(architecture.figure(plans), choice.suffix, metadata=described, dpi=choice.dpi)


def _table(
    scene: Scene, choice: FigureChoice, reference: ProbeResult | None
) -> tuple[tuple[str, ...], list[tuple[str, ...]], dict[str, str]]:
    """Header, rows, and the lines of the file's head that are this table's own."""
    from resnet_viewer.figures import feature_maps, gradcam, gradient_norms, predictions
    from resnet_viewer.records import captions

    now, view, names = scene.now, scene.session.view, scene.session.setup.class_names
    assert now is not None
    match choice.figure:
        case "gradient_norms":
            return *gradient_norms.table(now, reference, quantity=view.gradient_quantity), {}
        case "gradcam":
            block = view.cam_block or len(now.blocks)
            said = captions.cam_caption(now, reference, names, block=block)
            own = {"caption": said, "values": gradcam.VALUES}
            return *gradcam.table(now, reference, block=block), own
        case "feature_maps":
            what = f"Statistics of the feature maps of {scene.blueprint.describe(view.layer)}"
            said = captions.measured(what, now, reference)
            own = {"caption": said, "layer": view.layer, "values": feature_maps.VALUES}
            return *feature_maps.table(now, reference, layer=view.layer), own
        case "predictions":
            said = captions.measured("Softmax probabilities of all classes", now, reference)
            return *predictions.table(now, reference, class_names=names), {"caption": said}
        case "architecture":
            raise AssertionError("it shows no reading")


def _figure(scene: Scene, choice: FigureChoice, reference: ProbeResult | None):  # type: ignore[no-untyped-def]
    from resnet_viewer.figures import feature_maps, gradcam, gradient_norms, predictions

    now, view, names = scene.now, scene.session.view, scene.session.setup.class_names
    assert now is not None
    match choice.figure:
        case "gradient_norms":
            return gradient_norms.figure(
                now,
                reference,
                quantity=view.gradient_quantity,
                class_names=names,
                size=(choice.width, choice.height),
            )
        case "gradcam":
            return gradcam.figure(
                now,
                reference,
                block=view.cam_block,
                class_names=names,
                colours=view.cam_colours,
                opacity=view.cam_opacity,
                width=choice.width,
            )
        case "feature_maps":
            return feature_maps.figure(
                now,
                reference,
                layer=view.layer,
                scale=view.map_scale,
                order=view.map_order,
                colours=view.map_colours,
                signed_colours=view.map_signed_colours,
                width=choice.width,
            )
        case "predictions":
            return predictions.figure(
                now, reference, class_names=names, width=choice.width, height=choice.height
            )
        case "architecture":
            raise AssertionError("it shows no reading")


def _torch_version() -> str:
    from importlib import metadata

    return metadata.version("torch")


def _open(name: str, weights: str | None, options: BuildOptions = USUAL) -> OpenedNetwork:
    from resnet_viewer.core.opening import open_network

    return _opened(open_network(name or None, weights, options=options))


def _opened(opening: Opening) -> OpenedNetwork:
    return OpenedNetwork(
        opening.spec,
        opening.preprocessing,
        opening.class_names,
        opening.others,
        " ".join(opening.sentences),
        opening.is_assumed,
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


def _read(found: tuple[Path, ...]) -> OpenedPicture:
    """The first of them; a folder stands for its pictures. Several make an album."""
    from resnet_viewer.media import pictures

    album: list[Path] = []
    for path in found:
        album.extend(pictures.pictures_in(path) if path.is_dir() else (path.absolute(),))
    if not album:
        raise UserError(f"There is no picture in {found[0].name}; choose another folder.")
    has_album = len(album) > 1
    return OpenedPicture(pictures.read(album[0]), tuple(album) if has_album else ())


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
