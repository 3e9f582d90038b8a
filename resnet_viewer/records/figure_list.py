"""The figures that can be exported: one list, which menus, dialogs, settings, services and verbs read.

What draws each, by its name, is in `services.figures`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

PageName = Literal["inspect", "train", "studies"]
FigureName = Literal[
    "page", "gradient_norms", "gradcam", "feature_maps", "activations", "channel", "filters",
    "predictions", "test_set", "set_confusion", "architecture",
    "curves", "loss", "gradients", "by-depth", "pictures", "confusion",
    "study",
]  # fmt: skip
Suffix = Literal["svg", "pdf", "png", "csv"]
SUFFIXES: dict[Suffix, str] = {
    "svg": "SVG (vector, for the web and editing)",
    "pdf": "PDF (vector, for papers)",
    "png": "PNG (pixels)",
    "csv": "CSV (the numbers)",
}
"""Every figure comes as each of these; CSV is its table."""
Part = Literal["title", "subtitle", "caption"]
Needs = Literal["nothing", "reading", "channel", "filters", "measured", "steps", "record", "answers", "study"]
"""What must be there before a figure can be drawn: a full reading, a channel shown large, or filters; every picture of
the test set measured; of training runs a step, a gradient record, or the classes that one run gave to the test
pictures; a result of a study."""

_BY_CLASSES = "The height follows from the width; both grow with the number of classes."
_LINES = "Lines and text have no resolution in SVG and PDF."


@dataclass(frozen=True)
class Figure:
    """A figure of a page. The last three are empty, or say why that is no choice."""

    name: FigureName
    title: str
    page: PageName
    needs: Needs
    no_height: str = ""
    no_width: str = ""
    no_resolution: str = ""
    """In SVG and PDF."""


FIGURES: tuple[Figure, ...] = (
    Figure("page", "The whole page", "inspect", "reading"),
    Figure("gradient_norms", "Gradient norms", "inspect", "reading", no_resolution=_LINES),
    Figure(
        "gradcam",
        "Grad-CAM",
        "inspect",
        "reading",
        "The height follows from the width and the shape of the picture.",
    ),
    Figure(
        "feature_maps",
        "Feature maps",
        "inspect",
        "reading",
        "The height follows from the width and the number of channels.",
    ),
    Figure("activations", "Activations by block", "inspect", "reading", no_resolution=_LINES),
    Figure(
        "channel",
        "One channel",
        "inspect",
        "channel",
        "The height follows from the width and the shape of the map.",
    ),
    Figure(
        "filters",
        "Filters",
        "inspect",
        "filters",
        "The height follows from the width and the number of filters.",
    ),
    Figure("predictions", "Predictions", "inspect", "reading", no_resolution=_LINES),
    Figure("test_set", "Errors on the test set", "inspect", "measured", no_resolution=_LINES),
    Figure("set_confusion", "Confusion matrix", "inspect", "measured", _BY_CLASSES),
    Figure(
        "architecture",
        "Architecture",
        "inspect",
        "nothing",
        no_width="The size follows from the networks and their layers.",
    ),
    Figure("curves", "Errors", "train", "steps", no_resolution=_LINES),
    Figure("loss", "Loss", "train", "steps", no_resolution=_LINES),
    Figure(
        "gradients",
        "Gradient record",
        "train",
        "record",
        "The height follows from the width and the number of runs.",
    ),
    Figure("by-depth", "Gradient norm by depth", "train", "record", no_resolution=_LINES),
    Figure("pictures", "Test pictures", "train", "answers"),
    Figure(
        "confusion",
        "Confusion matrix",
        "train",
        "answers",
        _BY_CLASSES,
    ),
    Figure("study", "The study's figure", "studies", "study", no_resolution=_LINES),
)
_BY_NAME = {figure.name: figure for figure in FIGURES}
assert tuple(_BY_NAME) == get_args(FigureName)


def figure_of(name: FigureName) -> Figure:
    """The entry of that name."""
    return _BY_NAME[name]


def figures_of(page: PageName) -> tuple[Figure, ...]:
    """Those of a page, in the order of its menu."""
    return tuple(figure for figure in FIGURES if figure.page == page)


class Preset(NamedTuple):
    """A size in inches. Figures whose height follows from their width take the width alone."""

    name: str
    width: float
    height: float


PRESETS = (
    Preset("single column", 3.3, 3.0),
    Preset("double column", 7.0, 4.6),
    Preset("slide, 16:9", 6.4, 3.6),
)
"""A column of a paper, both columns, and a slide of half its usual size: put on one, letters are twice as large as on
paper. At 300 dpi it has 1920 × 1080 pixels."""
FIGURE_INCHES, FIGURE_DPI = (3.0, 40.0), (72, 1200)
"""The least and the most that a figure may have."""
ARCHITECTURE_COLUMNS = "vgg19, plain34, resnet34"
"""The networks of He et al. 2015, Figure 3, by their names with commas."""


@dataclass(frozen=True)
class FigureChoice:
    """Which figure is exported, and how; `width` and `height` are in inches."""

    figure: FigureName = "gradient_norms"
    suffix: Suffix = "svg"
    width: float = 7.6
    height: float = 5.0
    dpi: int = 200
    columns: str = ""
    """Of the architecture figure alone: names of networks with commas; empty for the three of the paper."""
    has_title: bool = True
    has_caption: bool = True

    @property
    def without(self) -> tuple[Part, ...]:
        """The parts that are not wished for, as `figures.page` names them."""
        return (
            *(() if self.has_title else ("title", "subtitle")),
            *(() if self.has_caption else ("caption",)),
        )


MovingKind = Literal["gif", "mp4"]
MOVING_KINDS: dict[MovingKind, str] = {"gif": "GIF", "mp4": "MP4 (needs ffmpeg)"}
Whose = Literal["selected", "stage", "cut", "all"]
"""Whose shortcuts an animation weakens: the selected block's, its stage's, those that are cut now, or all."""
MOVING: dict[FigureName, str] = {
    name: figure_of(name).title
    for name in ("gradient_norms", "gradcam", "feature_maps", "predictions", "page")
}
"""What can be animated."""
FRAMES, SECONDS = (3, 101), (0.5, 60.0)
"""The fewest and the most pictures of an animation, and how long it may take."""
LONGEST_FRAME = 1600
"""Pixels of the longer side of an animation's pictures, at most."""


@dataclass(frozen=True)
class AnimationChoice:
    """Shortcuts from whole to cut in pictures of one figure; `width` and `height` are in inches."""

    whose: Whose = "selected"
    figure: FigureName = "gradient_norms"
    kind: MovingKind = "gif"
    frames: int = 21
    seconds: float = 4.0
    goes_back: bool = True
    """And from cut to whole again."""
    width: float = 7.6
    height: float = 5.0

    @property
    def strengths(self) -> tuple[float, ...]:
        """Of the shortcuts, picture by picture, at even distances from 1 to 0; the way back is not among them."""
        return tuple(1.0 - place / (self.frames - 1) for place in range(self.frames))

    @property
    def picture(self) -> FigureChoice:
        """How each picture is drawn."""
        dpi = min(150, int(LONGEST_FRAME / max(self.width, self.height)))
        return FigureChoice(self.figure, "png", self.width, self.height, max(dpi, FIGURE_DPI[0]))


@dataclass(frozen=True)
class Drawn:
    """A figure or table as the bytes of a file; `remark` says what it had no room for."""

    content: bytes = field(repr=False)
    remark: str = ""
