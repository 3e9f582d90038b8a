"""Renews `docs/gallery.md`: runs the commands of every entry, draws their results, writes what they say.

`python -m benchmarks.gallery --work FOLDER`: what is measured in FOLDER already is taken, and what is missing is
measured with one thread; `--only NAME,…` measures no others. An entry none of whose commands has ended yet is left out
of the page. Every number in the page is a sentence of the study's own.
"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from resnet_viewer.charts.study_panel import panels_of
from resnet_viewer.cli import main as run
from resnet_viewer.core.studies.files import STUDY, read_study
from resnet_viewer.figures import export, state, study
from resnet_viewer.figures.page import Paper
from resnet_viewer.media.files import write_whole
from resnet_viewer.records.study import StudyResult
from resnet_viewer.records.study_list import study_of

ROOT = Path(__file__).parent.parent
PAGE, FIGURES = ROOT / "docs" / "gallery.md", ROOT / "docs" / "gallery"
MOST_BYTES = 300_000
"""Of a figure; one that would be larger is a PNG."""


@dataclass(frozen=True)
class Entry:
    """A figure of the gallery: one study of some networks, laid over one another."""

    name: str
    study: str
    paper: str
    """What the paper says, in our own words."""
    networks: tuple[str, ...] = ()
    """What stands behind --network, and options; none for a study that trains its own."""
    options: str = ""
    """Of every command."""
    note: str = ""
    """What is other than in the paper, or reduced."""

    def commands(self, work: Path | None = None) -> list[list[str]]:
        """As they are typed, into folders of `work`."""
        made = []
        if not self.networks:
            return [
                [
                    "resnet-viewer",
                    "study",
                    self.study,
                    "--out",
                    self.name if work is None else str(work / self.name),
                ]
            ]
        for network in self.networks:
            name, *own = shlex.split(network)
            short = name.removeprefix("cifar-") + ("-untrained" if "none" in own else "")
            out = f"{self.name}-{short}"
            words = [
                "resnet-viewer",
                "study",
                self.study,
                "--network",
                name,
                *own,
                *shlex.split(self.options),
            ]
            made.append([*words, "--out", out if work is None else str(work / out)])
        return made


BUNDLED = tuple(f"cifar-{kind}-{depth}" for depth in (20, 56) for kind in ("resnet", "plain"))
UNTRAINED = tuple(
    f"cifar-{name} --weights none" for name in ("plain-8", "plain-20", "plain-56", "resnet-20", "resnet-56")
)
CIFAR = "--data cifar10/test"
ENTRIES = (
    Entry(
        "blocks",
        "blocks",
        "Dropping one residual branch of a ResNet-110 within a stage hardly changes its error; leaving out a layer of "
        "VGG brings it to guessing. The error rises smoothly with the branches dropped, and with the blocks swapped.",
        ("cifar-resnet-56", "cifar-resnet-20", "cifar-plain-20"),
        "--sample 100",
        "One hundred pictures in place of the usual three hundred.",
    ),
    Entry(
        "paths",
        "paths",
        "Almost all of the gradient of a ResNet-110 comes through paths of 5 to 17 blocks, far shorter than most paths "
        "are, because the gradient falls exponentially with the length of a path.",
        ("cifar-resnet-20", "cifar-resnet-56"),
    ),
    Entry(
        "strength",
        "strength",
        "",
        ("cifar-resnet-20", "cifar-resnet-56"),
        "--sample 100",
        "One hundred pictures in place of the usual three hundred.",
    ),
    Entry("subnetworks", "subnetworks", "", ("cifar-resnet-20",)),
    Entry(
        "responses",
        "responses",
        "Layers of residual networks respond less than those of plain ones, and the less the deeper the network is: so "
        "the residual functions are closer to zero than others.",
        BUNDLED,
        note="The bundled networks were trained shortly.",
    ),
    Entry(
        "shattering",
        "shattering",
        "Before training, gradients of deep plain networks look like white noise along a line of inputs, those of "
        "shallow ones like brown noise; with shortcuts they lie between, even when the network is deep.",
        UNTRAINED,
    ),
    Entry(
        "propagation",
        "propagation",
        "With batch normalisation the variance on the shortcut grows linearly with depth while each branch stays as it "
        "is, so that branches are scaled down by it; without normalisation it grows exponentially.",
        ("cifar-resnet-110",),
        note="A freshly drawn ResNet-110, with and without normalisation; noise in place of pictures.",
    ),
    Entry(
        "refinement",
        "refinement",
        "What a block adds points against the loss gradient, in later blocks the more so; early blocks change the "
        "representation much, late ones refine it a little.",
        ("cifar-resnet-20", "cifar-resnet-56"),
    ),
    Entry(
        "landscape",
        "landscape",
        "Without shortcuts the loss of a deep network becomes chaotic around its minimum, with them it stays smooth.",
        ("cifar-resnet-56", "cifar-plain-56"),
        f"{CIFAR} --sample 100",
        "One hundred test pictures of CIFAR-10, with their true classes.",
    ),
    Entry(
        "trust",
        "trust",
        "Deletion and insertion tell maps from random ones without anybody's eye (Petsiuk); some maps hardly change "
        "when the weights that they are to explain are drawn anew (Adebayo); infidelity and sensitivity measure how "
        "well a map tells the score's changes, and how still it stands (Yeh).",
        ("cifar-resnet-20",),
        CIFAR,
        "Grad-CAM of test pictures of CIFAR-10.",
    ),
    Entry(
        "merges",
        "merges",
        "A shortcut that is left alone trains best: scaled, gated, through a convolution or dropped out it errs more "
        "(Table 1). Of the orders in a block full pre-activation is best, more so in deeper networks (Table 2).",
    ),
    Entry(
        "aids",
        "aids",
        "Plain networks err more when they are deeper, also on what they train on (He 2015); highway networks can be "
        "trained at any depth (Srivastava); leaving out blocks at random while training helps deep residual networks "
        "(Huang).",
    ),
)
UNMEASURED = (
    "Nothing yet: it trains for about an hour on two idle cores, and this page was not renewed with it."
)


def measure(entry: Entry, work: Path) -> None:
    """Run its commands, as far as they have not ended."""
    for words in entry.commands(work):
        folder = Path(words[-1])
        if (folder / STUDY).exists() and read_study(folder).is_complete:
            continue
        print(shlex.join(words), flush=True)
        status = run([*words[1:], "--threads", "1", "--device", "cpu", "--resume"])
        if status:
            raise SystemExit(status)


def results_of(entry: Entry, work: Path) -> list[StudyResult]:
    """Those that have ended, without the folders of the machine that measured them."""
    folders = [Path(words[-1]) for words in entry.commands(work)]
    found = [read_study(folder) for folder in folders if (folder / STUDY).exists()]
    return [_without_place(result) for result in found if result.is_complete]


def _without_place(result: StudyResult) -> StudyResult:
    order = result.order
    test_set = order.test_set
    if test_set is not None and test_set.folder is not None:
        test_set = replace(test_set, folder=Path("cifar10") / "test")
    return replace(result, order=replace(order, test_set=test_set, folder=Path(order.folder.name)))


def draw(entry: Entry, results: Sequence[StudyResult]) -> str:
    """Write its figure; the file's name."""
    panels = panels_of(results)
    title = study.title_of(results)
    paper: Paper = study.usual_paper(panels, title, "", "")
    figure = study.figure(panels, title, "", "", paper)
    described = state.describe_studies(results)
    content, name = export.render(figure, "svg", metadata=described), f"{entry.name}.svg"
    if len(content) > MOST_BYTES:
        content, name = export.render(figure, "png", metadata=described, dpi=130.0), f"{entry.name}.png"
    for suffix in ("svg", "png"):
        (FIGURES / f"{entry.name}.{suffix}").unlink(missing_ok=True)
    write_whole(FIGURES / name, content, makes_folder=True)
    return name


def section(entry: Entry, results: Sequence[StudyResult]) -> str:
    """An entry of the page; its figure is drawn."""
    info = study_of(entry.study)
    origin = f"After {info.origin}." if info.papers else "Our own; no paper has it."
    commands = "\n".join(shlex.join(words) for words in entry.commands())
    saying = "**What the papers say.**" if len(info.papers) > 1 else "**What the paper says.**"
    head = [f"## {info.title}", f"*{info.question}* {origin} {info.explains}".strip()]
    middle = [f"```\n{commands}\n```", *((f"{saying} {entry.paper}",) if entry.paper else ())]
    if not results:
        return "\n\n".join([*head, *middle, f"**What we found.** {UNMEASURED}"])
    panels = "; ".join(panel.title for panel in panels_of(results) if panel.title)
    said = [f"- {study.sentence(words)}" for words in (info.comparison(results) if len(results) > 1 else ())]
    for result in results:
        name = [f"- *{result.order.state.network.title}*"] if len(results) > 1 else []
        indent = "  " * len(name)
        said += [*name, *(f"{indent}- {study.sentence(words)}" for words in info.conclusion(result))]
    words = " · ".join(study.measured_words(results[0])[1:])
    measured = f"Measured on {study.sentence(words)}" if words else ""
    found = " ".join(filter(None, ("**What we found.**", measured, entry.note)))
    picture = f"![{info.title}: {panels}](gallery/{draw(entry, results)})"
    return "\n\n".join([*head, picture, *middle, found, "\n".join(said)])


HEAD = """# Gallery

Every study on the networks that travel with the program: ResNet-20 and -56, Plain-20 and -56, trained shortly on
CIFAR-10. Each entry has its commands, the figure, what the paper says, and what was found, in the study's own words:
where these networks do not agree with the paper, they say so. Where several networks share a figure, tick their results
in the window's *Studies* tab. Where nothing else is said pictures are crops of the bundled ones, so true classes are
not known, and *error* is the disagreement with the intact network. How a study is run, and what it measures, is told in
[Studies](studies.md).

In a checkout `benchmarks/gallery.py` renews this page."""


def main() -> None:
    """Measure, draw, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="where results are kept")
    parser.add_argument(
        "--only", default="", help="entries that are measured, with commas; none: all of them"
    )
    parser.add_argument("--measure-only", action="store_true", help="leave page and figures as they are")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    wanted = set(filter(None, arguments.only.split(","))) or {entry.name for entry in ENTRIES}
    sections = [HEAD]
    for entry in ENTRIES:
        if entry.name in wanted:
            measure(entry, arguments.work)
        if not arguments.measure_only and (
            (results := results_of(entry, arguments.work)) or not entry.networks
        ):
            sections.append(section(entry, results))
    if not arguments.measure_only:
        write_whole(PAGE, ("\n\n".join(sections) + "\n").encode())


if __name__ == "__main__":
    main()
