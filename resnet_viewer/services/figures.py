"""Figures and tables as the bytes of files: what draws each entry of `records.figure_list`."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from resnet_viewer.records.errors import UserError
from resnet_viewer.records.figure_list import (
    ARCHITECTURE_COLUMNS,
    SUFFIXES,
    Drawn,
    FigureChoice,
    FigureName,
    figure_of,
)
from resnet_viewer.records.requests import (
    NO_CHANNEL,
    NO_FILTERS,
    NOT_MEASURED,
    FigureSource,
    RunPictures,
    StudyPictures,
)
from resnet_viewer.records.scene import Scene

if TYPE_CHECKING:
    from matplotlib.figure import Figure as MatplotlibFigure

    from resnet_viewer.figures.run_files import Answers
    from resnet_viewer.records.blueprint import Blueprint
    from resnet_viewer.records.filters import LayerWeights
    from resnet_viewer.records.probe import ProbeResult
    from resnet_viewer.records.training import RunReport

Table = tuple[Sequence[str], Sequence[Sequence[object]], dict[str, str]]
"""Header, rows, and the lines of the file's head that are this table's own."""


def drawn(source: FigureSource, choice: FigureChoice) -> Drawn:
    """A figure, or its numbers, of what a scene shows, of training runs or of a study, as the bytes of a file.

    Raises:
        UserError: there is no full reading, no network of a name that is a column, or the runs have nothing for it.
    """
    if isinstance(source, StudyPictures):
        return _of_studies(source, choice)
    if isinstance(source, RunPictures):
        return _of_runs(source, choice)
    if choice.figure == "architecture":
        return _architecture(source, choice)
    if figure_of(choice.figure).needs == "measured":
        return _of_test_set(source, choice)
    return _of_scene(source, choice)


def _of_runs(pictures: RunPictures, choice: FigureChoice) -> Drawn:
    from resnet_viewer.figures import export, run_files
    from resnet_viewer.figures.page import Paper, left_out_words

    reports = _reports(pictures)
    paper = Paper(choice.width, choice.height, choice.without)
    made = run_files.figures(choice.figure, reports, test=_answers(pictures), time=pictures.time, paper=paper)
    for _, figure, table in made:
        described = run_files.describe(list(reports.values()), story=pictures.story)
        described["caption"] = figure.caption
        if choice.suffix == "csv":
            return Drawn(export.csv_bytes(*table, metadata=described))
        content = export.render(figure, choice.suffix, metadata=described, dpi=choice.dpi)
        return Drawn(content, left_out_words(figure))
    title = figure_of(choice.figure).title
    raise UserError(f"{title}: there is nothing to draw yet; wait for the end of an epoch.")


def _of_studies(pictures: StudyPictures, choice: FigureChoice) -> Drawn:
    from resnet_viewer.charts.study_panel import panels_of
    from resnet_viewer.figures import export, state, study
    from resnet_viewer.figures.page import Paper, left_out_words

    results = pictures.results
    described = state.describe_studies(results) | {"caption": study.caption_of(results)}
    if choice.suffix == "csv":
        return Drawn(export.csv_bytes(*study.table(*results), metadata=described))
    paper = Paper(choice.width, choice.height, choice.without)
    words = study.title_of(results), study.subtitle_of(results), study.caption_of(results)
    figure = study.figure(panels_of(results), *words, paper)
    content = export.render(figure, choice.suffix, metadata=described, dpi=choice.dpi)
    return Drawn(content, left_out_words(figure))


def study_figures(pictures: StudyPictures) -> Iterator[tuple[str, bytes]]:
    """File name and content of the figure of a study's results as every kind of file, and of their numbers.

    It is as high as its panels and words need.
    """
    from resnet_viewer.charts.study_panel import panels_of
    from resnet_viewer.figures import study

    results = pictures.results
    words = study.title_of(results), study.subtitle_of(results), study.caption_of(results)
    paper = study.usual_paper(panels_of(results), *words)
    for suffix in SUFFIXES:
        name = "points" if suffix == "csv" else results[0].order.study
        choice = FigureChoice("study", suffix, paper.width, paper.height)
        yield f"{name}.{suffix}", _of_studies(pictures, choice).content


def all_study_files(pictures: StudyPictures) -> Iterator[tuple[str, bytes]]:
    """The same, and what repeats each result."""
    from resnet_viewer.core.studies.files import POINTS, STUDY

    yield from study_figures(pictures)
    for number, result in enumerate(pictures.results, 1):
        for kept in (STUDY, POINTS):
            stem, _, end = kept.partition(".")
            source = result.order.folder / kept
            if source.is_file():
                yield kept if number == 1 else f"{stem}-{number}.{end}", source.read_bytes()


def all_run_figures(pictures: RunPictures) -> Iterator[tuple[str, bytes]]:
    """File name and content of everything that there is."""
    from resnet_viewer.figures import run_files

    reports, test = _reports(pictures), _answers(pictures)
    yield from run_files.drawn(reports, test=test, time=pictures.time, story=pictures.story)


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


def _of_test_set(scene: Scene, choice: FigureChoice) -> Drawn:
    """The errors, whose numbers are those of every picture, or the confusion matrix."""
    from resnet_viewer.charts.set_table import SetRows
    from resnet_viewer.figures import confusion, export, page, state, test_set

    if (reading := scene.measured) is None:
        raise UserError(NOT_MEASURED)
    paper = page.Paper(choice.width, choice.height, choice.without)
    if choice.figure == "test_set":
        figure, table = test_set.figure(reading, paper), test_set.table(reading)
    else:
        chart, _ = SetRows(reading).matrix
        title, words = test_set.title(reading), test_set.state_words(reading)
        figure, table = confusion.figure(chart, title, words, paper), confusion.table(chart)
    described = state.describe_measured(reading) | {"caption": figure.caption}
    if choice.suffix == "csv":
        return Drawn(export.csv_bytes(*table, metadata=described))
    content = export.render(figure, choice.suffix, metadata=described, dpi=choice.dpi)
    return Drawn(content, page.left_out_words(figure))


def frames(scenes: Sequence[Scene], choice: FigureChoice) -> Iterator[bytes]:
    """The figure of each scene of one network as PNG, where it can with one scale for all.

    A sheet that has to be larger than was wished is as large for all of them, as far as the last one tells.

    Raises:
        UserError: as `drawn`.
    """
    readings = [scene.now for scene in scenes if scene.now is not None]
    last = _of_scene(scenes[-1], choice, readings).content
    width, height = (pixels / choice.dpi for pixels in struct.unpack(">II", last[16:24]))
    for scene in scenes[:-1]:
        yield _of_scene(scene, replace(choice, width=width, height=height), readings).content
    yield last


def _of_scene(scene: Scene, choice: FigureChoice, others: Sequence[ProbeResult] = ()) -> Drawn:
    """`others` are readings of the same network that are drawn beside this one, at other times."""
    from importlib.metadata import version

    from resnet_viewer.figures import export, page, state
    from resnet_viewer.records.insight import words_of

    now, reference, view = scene.now, scene.reference, scene.session.view
    if now is None or not now.is_complete:
        raise UserError("There is no full reading to export yet; wait until it is computed.")
    if reference is not None and not reference.is_complete:
        reference = None
    described = state.describe(
        now,
        reference,
        class_names=scene.session.setup.class_names,
        quantity=view.gradient_quantity,
        torch_version=version("torch"),
        words=words_of(scene),
    )
    if choice.figure == "channel":
        if view.channel is None:
            raise UserError(NO_CHANNEL)
        described |= {"layer": view.layer, "channel": str(view.channel)}
    if choice.figure == "filters" and shown_weights(scene) is None:
        raise UserError(NO_FILTERS)
    draw, tabulate = _of_reading(scene, choice, now, reference, others)[choice.figure]
    if choice.suffix == "csv":
        header, rows, own = tabulate()
        return Drawn(export.csv_bytes(header, rows, metadata=described | own))
    figure = draw()
    content = export.render(figure, choice.suffix, metadata=described, dpi=choice.dpi)
    return Drawn(content, page.left_out_words(figure))


def shown_weights(scene: Scene) -> LayerWeights | None:
    """What was found of the filters beside the layer that is shown."""
    from resnet_viewer.records.filters import LayerWeights, weights_question

    found = scene.findings.get(weights_question(scene.blueprint, scene.session.view.layer))
    return found if isinstance(found, LayerWeights) else None


def _why_no_map(scene: Scene) -> str:
    """Why what the chosen method finds of now and the reference cannot be drawn, in a sentence; empty where it can.
    Where it does not apply to the reference now is drawn alone.
    """
    from resnet_viewer.records.method import refusal

    asked, (now, reference) = scene.explain_question, scene.explained
    if asked is not None and (said := refusal(asked.now)):
        return said
    waits = asked is not None and asked.reference is not None and not refusal(asked.reference)
    for found, is_awaited in ((now, True), (reference, waits)):
        if is_awaited and (found is None or not found.is_complete):
            return f"{scene.session.view.method.info.title} is not computed yet; wait until it is, or choose Grad-CAM."
    return ""


def _of_reading(
    scene: Scene,
    choice: FigureChoice,
    now: ProbeResult,
    reference: ProbeResult | None,
    others: Sequence[ProbeResult],
) -> dict[FigureName, tuple[Callable[[], MatplotlibFigure], Callable[[], Table]]]:
    """By a figure's name what draws it, and what makes its table."""
    from resnet_viewer.figures import (
        activations,
        batch,
        channel,
        composed,
        feature_maps,
        filters,
        gradcam,
        gradient_norms,
        method,
        page,
        predictions,
    )  # fmt: skip
    from resnet_viewer.records import captions
    from resnet_viewer.records.insight import insights

    view, names, layer = scene.session.view, scene.session.setup.class_names, scene.session.view.layer
    kernels = shown_weights(scene)
    paper, number = page.Paper(choice.width, choice.height, choice.without), view.channel or 0

    explained, theirs = scene.explained
    is_method = not view.method.is_grad_cam and not others  # an animation's pictures have readings alone
    if is_method and choice.figure in ("gradcam", "page") and (said := _why_no_map(scene)):
        raise UserError(said)

    def cams() -> Table:
        if is_method:
            assert explained is not None
            return *method.table(explained, theirs), dict(method.described(explained, theirs, names))
        block = view.cam_block or len(now.blocks)
        said = captions.cam_caption(now, reference, names, block=block)
        if now.batch_size > 1:
            said = captions.batch_cam_caption(now, reference, names, block=block)
        tabled = batch.table(partial(gradcam.table, block=block), now, reference)
        return *tabled, {"caption": said, "values": gradcam.VALUES}

    def statistics() -> Table:
        what = f"Statistics of the feature maps of {scene.blueprint.describe(layer)}"
        own = {"caption": captions.measured(what, now, reference, is_of_batch=True), "layer": layer}
        tabled = batch.table(partial(feature_maps.table, layer=layer), now, reference)
        return *tabled, own | {"values": feature_maps.VALUES}

    def one_channel() -> Table:
        said = channel.caption(now, reference, layer=layer, channel=number)
        own = {"caption": said, "values": channel.VALUES}
        return *channel.table(now, reference, layer=layer, channel=number), own

    def weights(sheet: page.Paper) -> MatplotlibFigure:
        assert kernels is not None
        return filters.figure(kernels, scene.blueprint, view, sheet)

    def all_weights() -> Table:
        assert kernels is not None
        own = {"caption": filters.caption(scene.blueprint, view), "layer": kernels.request.layer}
        return *filters.table(kernels), own | {"values": filters.VALUES}

    def probabilities() -> Table:
        said = captions.predictions_caption(now, reference)
        if now.probabilities.size:
            said = captions.measured("Softmax probabilities of all classes", now, reference, is_of_batch=True)
        tabled = batch.table(partial(predictions.table, class_names=names), now, reference)
        return *tabled, {"caption": said}

    def norms(sheet: page.Paper) -> MatplotlibFigure:
        quantity = view.gradient_quantity
        return gradient_norms.figure(
            now, reference, quantity=quantity, class_names=names, paper=sheet, others=others
        )

    def cam(
        sheet: page.Paper,
        *,
        rows: gradcam.StripRows = "several",
        beside: ProbeResult | None = reference,
    ) -> MatplotlibFigure:
        if is_method:
            assert explained is not None
            other = None if beside is None else theirs
            return method.figure(explained, other, view, class_names=names, paper=sheet)
        if now.batch_size > 1 and rows == "several":
            return batch.grid(now, beside, view, class_names=names, paper=sheet)
        return gradcam.figure(now, beside, view, class_names=names, paper=sheet, strip_rows=rows)

    def maps(sheet: page.Paper, *, beside: ProbeResult | None = reference) -> MatplotlibFigure:
        return feature_maps.figure(now, beside, view, sheet)

    def one_map(sheet: page.Paper, *, beside: ProbeResult | None = reference) -> MatplotlibFigure:
        return channel.figure(now, beside, view, sheet)

    def classes(sheet: page.Paper) -> MatplotlibFigure:
        return predictions.figure(now, reference, class_names=names, paper=sheet)

    def whole(sheet: page.Paper) -> MatplotlibFigure:
        panel, said = composed.Panel, [found.words for found in insights(scene)]
        told = [composed.text_panel("What you see", said)] if said else []
        known = sum(block.name in now.activations for block in scene.blueprint.blocks)
        blocks = [panel(overview, 2.2)] if known > 1 else []  # an animation may have kept one layer alone
        # as on the screen, one of each where now is the reference; an animation's pictures are laid out alike
        is_one = reference is not None and captions.is_same(now, reference) and not others
        beside = None if is_one else reference
        pictures = partial(cam, rows="none", beside=beside), partial(cam, rows="one", beside=beside)
        tiles = partial(maps if view.channel is None else one_map, beside=beside)
        columns = (
            composed.Column(0.42, (panel(pictures[0], richer=pictures[1]),)),
            composed.Column(0.29, (panel(tiles), *blocks)),
            composed.Column(0.29, (panel(classes, 2.2), *told)),
        )
        picture = captions.plain(now.picture.name)
        words = composed.Words(
            f"{captions.network_title(now)} · {picture}",
            caption=captions.caption(now, reference, names, quantity=view.gradient_quantity),
        )
        return composed.figure(columns, panel(norms, 3.0), words, sheet)

    def overview(sheet: page.Paper) -> MatplotlibFigure:
        return activations.figure(now, reference, wished=view.activation_scale, paper=sheet)

    def distributions() -> Table:
        own = {"caption": activations.caption(now, reference), "values": activations.VALUES}
        return *activations.table(now, reference), own

    def norms_table() -> Table:
        return *gradient_norms.table(now, reference, quantity=view.gradient_quantity), {}

    return {
        "page": (lambda: whole(paper), norms_table),
        "gradient_norms": (lambda: norms(paper), norms_table),
        "gradcam": (lambda: cam(paper), cams),
        "feature_maps": (lambda: maps(paper), statistics),
        "activations": (lambda: overview(paper), distributions),
        "channel": (lambda: one_map(paper), one_channel),
        "filters": (lambda: weights(paper), all_weights),
        "predictions": (lambda: classes(paper), probabilities),
    }
