"""A scene's figures and tables as the bytes of files, for the window."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from resnet_viewer.records.errors import UserError
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.requests import (
    ARCHITECTURE_COLUMNS,
    NO_CHANNEL,
    RUN_FIGURES,
    Drawn,
    FigureChoice,
    RunPictures,
)

if TYPE_CHECKING:
    from resnet_viewer.figures.export import FigureKind
    from resnet_viewer.figures.run_files import Answers
    from resnet_viewer.records.blueprint import Blueprint
    from resnet_viewer.records.scene import Scene
    from resnet_viewer.records.training import RunReport


def run_figure(pictures: RunPictures, choice: FigureChoice, *, time: float | None) -> Drawn:
    """One figure or its table, as the bytes of a file.

    Raises:
        UserError: the runs have nothing for it yet.
    """
    from resnet_viewer.figures import export, run_files
    from resnet_viewer.figures.page import left_out_words

    name = next(name for name in RUN_FIGURES if name == choice.figure)
    reports, test = _reports(pictures), _answers(pictures)
    made = run_files.figures(
        reports,
        test=test,
        names=(name,),
        time=time,
        size=(choice.width, choice.height),
        without=choice.without,
    )
    for _, figure, table in made:
        described = run_files.describe(list(reports.values())) | {"caption": figure.caption}
        if choice.suffix == "csv":
            return Drawn(export.csv_bytes(*table, metadata=described))
        content = export.render(figure, choice.suffix, metadata=described, dpi=choice.dpi)
        return Drawn(content, left_out_words(figure))
    raise UserError(f"{RUN_FIGURES[name]}: there is nothing to draw yet; wait for the end of an epoch.")


def all_run_figures(pictures: RunPictures, *, time: float | None) -> Iterator[tuple[str, bytes]]:
    """File name and content of everything that there is."""
    from resnet_viewer.figures import run_files

    test = _answers(pictures)
    kinds: tuple[FigureKind, ...] = ("svg", "pdf", "png")
    yield from run_files.drawn(
        _reports(pictures), test=test, kinds=kinds, names=tuple(RUN_FIGURES), time=time
    )


def _reports(pictures: RunPictures) -> dict[str, RunReport]:
    return {key: report() for key, report in pictures.reports.items()}


def _answers(pictures: RunPictures) -> Answers | None:
    from resnet_viewer.figures.run_files import Answers

    data = pictures.data
    if data is None:
        return None
    return Answers(
        data.test_pictures,
        data.test_labels,
        data.class_names,
        pictures.predicted,
        pictures.confidence,
        pictures.rule,
    )


def exported(scene: Scene, choice: FigureChoice) -> Drawn:
    """A figure, or its numbers, of what the scene shows, as the bytes of a file.

    Raises:
        UserError: there is no full reading, or no network of a name that is a column.
    """
    if choice.figure == "architecture":
        return _architecture(scene, choice)
    from resnet_viewer.figures import export, page, state

    now, reference = scene.now, scene.reference
    if now is None or not now.is_complete:
        raise UserError("There is no full reading to export yet; wait until it is computed.")
    if reference is not None and not reference.is_complete:
        reference = None
    view = scene.session.view
    names = scene.session.setup.class_names
    quantity = view.gradient_quantity
    described = state.describe(
        now, reference, class_names=names, quantity=quantity, torch_version=_torch_version()
    )
    if choice.figure == "channel":
        if view.channel is None:
            raise UserError(NO_CHANNEL)
        described |= {"layer": view.layer, "channel": str(view.channel)}
    if choice.suffix == "csv":
        header, rows, own = _table(scene, choice, reference)
        return Drawn(export.csv_bytes(header, rows, metadata=described | own))
    figure = _figure(scene, choice, reference)
    content = export.render(figure, choice.suffix, metadata=described, dpi=choice.dpi)
    return Drawn(content, page.left_out_words(figure))


def layers_csv(plan: Blueprint) -> bytes:
    """A network's table of layers as CSV."""
    from resnet_viewer.figures import architecture, export

    return export.csv_bytes(*architecture.table([plan]), metadata=architecture.described([plan]))


def _architecture(scene: Scene, choice: FigureChoice) -> Drawn:
    """The networks of the choice as columns; the one on the screen as it is built there."""
    from resnet_viewer.core.weights import catalog
    from resnet_viewer.figures import architecture, export
    from resnet_viewer.records.laying_out import blueprint

    specs = catalog.listed(choice.columns or ARCHITECTURE_COLUMNS, most=architecture.MOST_COLUMNS)
    present = scene.blueprint
    plans = [present if spec.name == present.spec.name else blueprint(spec) for spec in specs]
    described = architecture.described(plans)
    if choice.suffix == "csv":
        return Drawn(export.csv_bytes(*architecture.table(plans), metadata=described))
    figure = architecture.figure(plans, without=choice.without)
    return Drawn(export.render(figure, choice.suffix, metadata=described, dpi=choice.dpi))


def _table(
    scene: Scene, choice: FigureChoice, reference: ProbeResult | None
) -> tuple[tuple[str, ...], list[tuple[str, ...]], dict[str, str]]:
    """Header, rows, and the lines of the file's head that are this table's own."""
    from resnet_viewer.figures import channel, feature_maps, gradcam, gradient_norms, predictions
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
        case "channel":
            layer, number = view.layer, view.channel or 0
            said = channel.caption(now, reference, layer=layer, channel=number)
            own = {"caption": said, "values": channel.VALUES}
            return *channel.table(now, reference, layer=layer, channel=number), own
        case "predictions":
            said = captions.predictions_caption(now, reference)
            if now.probabilities.size:
                said = captions.measured("Softmax probabilities of all classes", now, reference)
            return *predictions.table(now, reference, class_names=names), {"caption": said}
        case _:
            raise AssertionError("it shows no reading")


def _figure(scene: Scene, choice: FigureChoice, reference: ProbeResult | None):  # type: ignore[no-untyped-def]
    from resnet_viewer.figures import channel, feature_maps, gradcam, gradient_norms, predictions

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
                without=choice.without,
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
                without=choice.without,
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
                without=choice.without,
            )
        case "channel":
            return channel.figure(
                now,
                reference,
                layer=view.layer,
                channel=view.channel or 0,
                colours=view.map_colours,
                signed_colours=view.map_signed_colours,
                width=choice.width,
                without=choice.without,
            )
        case "predictions":
            return predictions.figure(
                now,
                reference,
                class_names=names,
                width=choice.width,
                height=choice.height,
                without=choice.without,
            )
        case _:
            raise AssertionError("it shows no reading")


def _torch_version() -> str:
    from importlib import metadata

    return metadata.version("torch")
