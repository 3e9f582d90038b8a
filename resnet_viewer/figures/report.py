"""What a report says of a network and of each study, for its page and its sheets alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property

from resnet_viewer.charts.study_panel import Panel, panels_of
from resnet_viewer.charts.wiring_layout import UNKNOWN, lay_out
from resnet_viewer.figures import architecture, study
from resnet_viewer.figures.page import MARGIN, CaptionedFigure, Page, Paper, Spot, page
from resnet_viewer.figures.state import weights_digest
from resnet_viewer.figures.wiring_strip import draw_strip, strip_height
from resnet_viewer.records import captions
from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.pace import duration
from resnet_viewer.records.papers import Paper as Cited
from resnet_viewer.records.papers import own_bibtex
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.report import Report
from resnet_viewer.records.story_words import points_words, thousands
from resnet_viewer.records.study import StudyInfo, StudyResult, option_words
from resnet_viewer.records.study_command import command_of
from resnet_viewer.records.study_list import study_of


@dataclass(frozen=True, eq=False)
class Chapter:
    """A study in a report."""

    result: StudyResult

    @property
    def info(self) -> StudyInfo:
        """Of the study."""
        return study_of(self.result.order.study)

    @cached_property
    def panels(self) -> tuple[Panel, ...]:
        """What its figure is drawn of."""
        return panels_of((self.result,))

    @cached_property
    def found(self) -> tuple[str, ...]:
        """What the numbers say, in sentences."""
        return tuple(study.sentence(said) for said in self.info.conclusion(self.result))

    @cached_property
    def measured(self) -> tuple[str, ...]:
        """On what, with which options, and what it took, in sentences."""
        result, options = self.result, self.result.order.options
        said = [study.sentence(" · ".join(study.measured_words(result)))]
        if chosen := [captions.plain(option_words(options, field)) for field in fields(options)]:
            said.append(study.sentence(f"Options: {', '.join(chosen)}"))
        said.append(f"{points_words(len(result.rows))} in {duration(max(1.0, result.seconds))}.")
        return tuple(said)

    @property
    def command(self) -> str:
        """What makes the figure; "" where no command says it."""
        return command_of(self.result.order)

    @property
    def alternative(self) -> str:
        """What the figure shows, for who cannot see it."""
        told = "; ".join(panel.title for panel in self.panels if panel.title)
        words = f"Figure: {self.info.title} of {self.result.order.state.network.title}"
        return study.sentence(captions.plain(f"{words}: {told}" if told else words))

    def height(self, width: float, panels: Sequence[Panel] | None = None) -> float:
        """Inches that its figure, or one of some panels alone, needs, so many inches wide."""
        return study.usual_paper(self.panels if panels is None else panels, "", "", "", width).height

    def figure(self, width: float) -> CaptionedFigure | None:
        """Its panels without words around them; None of no panel."""
        if not self.panels:
            return None
        return study.figure(self.panels, "", "", "", Paper(width, self.height(width)))


def chapters(report: Report) -> tuple[Chapter, ...]:
    """Of every study that found something."""
    return tuple(Chapter(result) for result in report.results)


def title(report: Report) -> str:
    """ "ResNet-56: a report"."""
    return f"{report.order.state.network.title}: a report"


def facts(report: Report) -> tuple[tuple[str, str], ...]:
    """What the network is, a name and words each."""
    state, plan = report.order.state, plan_of(report)
    network, preprocessing = state.network, state.preprocessing
    test_set = report.order.test_set
    told = {
        "Network": f"{network.title} ({network.name})",
        "Weights": "; ".join(
            filter(None, (captions.weights_words(network), captions.training_words(network)))
        ),
        "SHA-256": weights_digest(network.weights),
        "Wiring": captions.wiring_words(network, state.wiring),
        "Input": f"{'×'.join(map(str, plan.input_shape))}, resized to {preprocessing.resize} pixels, normalised as "
        f"{preprocessing.normalisation}",
        "Classes": str(network.classes) if network.has_classifier else "none, as it has no classifier",
        "Layers": f"{len(plan.layers)} with weights, in {len(plan.blocks)} blocks",
        "Parameters": thousands(plan.parameters),
        "Work": f"{architecture.macs_words(plan.macs)} a picture",
        "Pictures": _pictures(report) if test_set is not None else "",
        "Error": report.error,
    }
    return tuple((name, captions.plain(words)) for name, words in told.items() if words)


def _pictures(report: Report) -> str:
    test_set = report.order.test_set
    assert test_set is not None
    seen = next((result.basis for result in report.results if result.basis.pictures), None)
    if seen is None:
        return test_set.title
    total = f" of {thousands(seen.total)}" if seen.total > seen.pictures else ""
    return f"{test_set.title}: {thousands(seen.pictures)}{total}, drawn by seed {test_set.seed}"


def plan_of(report: Report) -> Blueprint:
    """The network's layers."""
    state = report.order.state
    return blueprint(state.network, state.preprocessing.crop)


def strip_alternative(state: NetworkState) -> str:
    """What the wiring strip shows."""
    words = captions.wiring_words(state.network, state.wiring)
    return captions.plain(
        f"Wiring strip of {state.network.title}: {state.wiring.block_count} blocks, {words}."
    )


def strip_figure(
    state: NetworkState, width: float, spot: Spot | None = None
) -> tuple[CaptionedFigure, float]:
    """The wiring strip, so many inches wide, and how high it is."""
    layout = lay_out(blueprint(state.network, state.preprocessing.crop))
    high = strip_height(layout)
    sheet: Page = page(
        Paper(width, 2 * MARGIN + high + 0.1, spot=spot), "", "", "", content=high, is_as_high_as_needed=True
    )
    inner = width - 2 * MARGIN
    axes = sheet.axes(MARGIN, sheet.top - high, inner, high)
    axes.set_label("strip")
    draw_strip(axes, layout, state.wiring, UNKNOWN, width=inner)
    return sheet.figure, sheet.height


def reasons(report: Report) -> tuple[tuple[str, str], ...]:
    """What is missing: title of the study, and why, in a sentence."""
    return tuple((study_of(each.study).title, captions.plain(each.why)) for each in report.left_out)


def day(report: Report) -> str:
    """ "30 November 2026", in English wherever it is made."""
    return f"{report.made.day} {_MONTHS[report.made.month - 1]} {report.made.year}"


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def versions(report: Report) -> str:
    """ "ResNet Viewer 0.1.0, torch 2.9.1, …"."""
    return ", ".join(f"{name} {version}" for name, version in report.versions)


def bibtex(report: Report) -> tuple[tuple[str, str], ...]:
    """What is cited, in words, and its entry in BibTeX; this program last."""
    version = dict(report.versions).get(PROGRAM, "")
    own = "ResNet Viewer, which measured and drew this"
    return (*((cited_words(paper), paper.bibtex) for paper in report.papers), (own, own_bibtex(version)))


PROGRAM = "ResNet Viewer"


def cited_words(paper: Cited) -> str:
    """ "Veit, Wilber and Belongie 2016: Residual Networks …, NeurIPS, arXiv 1605.06431"."""
    return f"{paper.cited}{f', arXiv {paper.arxiv}' if paper.arxiv else ''}"


def layers(report: Report) -> tuple[Sequence[str], list[Sequence[str]]]:
    """Header and rows of every layer with weights."""
    header, rows = architecture.table([plan_of(report)])
    return header[1:], [[captions.plain(str(cell)) for cell in row[1:]] for row in rows]
