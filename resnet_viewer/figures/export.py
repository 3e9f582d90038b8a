"""Figures and tables as the bytes of a file, made whole in memory and the same every time.

matplotlib keeps text as text in SVG and embeds TrueType in PDF. Its settings are global to the process:
they are changed inside `render` alone, behind a lock, and put back.
"""

from __future__ import annotations

import io
import json
import math
import threading
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, TypeAlias

import matplotlib
import numpy as np
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from resnet_viewer.figures.fonts import FAMILY, give_fonts
from resnet_viewer.figures.page import CaptionedFigure
from resnet_viewer.records.captions import plain
from resnet_viewer.records.csv_text import csv_text
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.probe import ProbeResult

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


class IncompleteReadingError(UserError):
    """A figure was asked of a reading that holds the logits alone."""


def require_complete(result: ProbeResult) -> None:
    """Refuse a reading that holds the logits alone.

    Raises:
        IncompleteReadingError: it does.
    """
    if not result.is_complete:
        raise IncompleteReadingError("The full reading is not there yet; wait for it, then export again.")


def complete_reference(now: ProbeResult, reference: ProbeResult | None) -> ProbeResult | None:
    """The reference, or None where it holds the logits alone; `now` must hold more, as `require_complete` says."""
    require_complete(now)
    return reference if reference is not None and reference.is_complete else None


def json_bytes(value: Mapping[str, object]) -> bytes:
    """An object as indented UTF-8 JSON. Numbers that JSON lacks become null, and "notes" names them,
    behind the notes that it may hold already.

    Raises:
        TypeError: a value is no mapping, sequence, array, number, text or None.
    """
    notes: list[str] = []
    strict = {plain(str(key)): _strict(part, str(key), notes) for key, part in value.items()}
    if notes:
        given = strict.get("notes")
        strict["notes"] = [*(given if isinstance(given, list) else []), *notes]
    return (json.dumps(strict, allow_nan=False, ensure_ascii=False, indent=1) + "\n").encode()


def _strict(value: object, path: str, notes: list[str]) -> Json:
    match value:
        case None | bool():
            return value
        case str():
            return plain(value)
        case int() | np.integer():
            return int(value)
        case float() | np.floating():
            if math.isfinite(value):
                return float(value)
            notes.append(f"{path} is null because it was {float(value)}")
            return None
        case np.ndarray():
            return _strict(value.tolist(), path, notes)
        case Mapping():
            return {plain(str(key)): _strict(part, f"{path}.{key}", notes) for key, part in value.items()}
        case list() | tuple():
            return [_strict(part, f"{path}[{index}]", notes) for index, part in enumerate(value)]
        case _:
            raise TypeError(f"{path} is of {type(value).__name__}, which JSON has no form for")


FigureKind = Literal["svg", "pdf", "png"]
KINDS: tuple[FigureKind, ...] = ("svg", "pdf", "png")

_SETTINGS: dict[Any, Any] = {  # matplotlib types the keys as literals
    "svg.fonttype": "none",
    "svg.hashsalt": "resnet-viewer",
    "svg.image_inline": True,
    "pdf.fonttype": 42,
    "pdf.compression": 6,
    "font.family": ["sans-serif"],
    "font.sans-serif": [FAMILY],
    "path.simplify": False,
    "savefig.bbox": None,
    "savefig.transparent": False,
    "savefig.facecolor": "white",
    "text.usetex": False,
}
_lock = threading.Lock()


class FigureKindError(UserError):
    """A file's suffix names no kind of figure that we write."""


def kind_of(path: Path) -> FigureKind:
    """The kind of figure that a file's suffix asks for.

    Raises:
        FigureKindError: it asks for another.

    Example:
        >>> kind_of(Path("gradients.SVG"))
        'svg'
    """
    suffix = path.suffix.lower().removeprefix(".")
    for kind in KINDS:
        if suffix == kind:
            return kind
    raise FigureKindError(
        f"A figure cannot be saved as {path.name!r}; choose a name that ends in .svg, .pdf or .png."
    )


def render(figure: Figure, kind: FigureKind, *, metadata: Mapping[str, str], dpi: float = 200.0) -> bytes:
    """The figure as the bytes of a file, identical for identical figures: no date goes in.

    `metadata` is the state, as `figures.state.describe` words it. The sentence under the figure (for one
    without, the state's "caption") becomes the description (SVG), the subject (PDF) or a text chunk (PNG), the
    figure's label the title. `dpi` is the resolution of PNGs and of pictures inside the other two.
    """
    buffer = io.BytesIO()
    with _settled():
        give_fonts(figure)
        figure.savefig(buffer, format=kind, dpi=dpi, metadata=_metadata(figure, kind, metadata))
    return buffer.getvalue()


def sheets(figures: Iterable[Figure], *, title: str, dpi: float = 200.0) -> bytes:
    """Figures as the pages of one PDF, of which each has its own size; no date goes in."""
    buffer = io.BytesIO()
    told = {"Title": plain(title), "Creator": "ResNet Viewer", "CreationDate": None}
    with _settled(), PdfPages(buffer, metadata=told) as pages:
        for figure in figures:
            give_fonts(figure)
            pages.savefig(figure, dpi=dpi)
    return buffer.getvalue()


@contextmanager
def _settled() -> Iterator[None]:
    """matplotlib's settings are ours, and no other thread's figure is drawn meanwhile."""
    with _lock, matplotlib.rc_context(_SETTINGS), warnings.catch_warnings():
        # what no installed font has is a box in PNG and PDF, and whole in SVG; `fonts.remark` says so
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def csv_bytes(
    header: Sequence[str], rows: Iterable[Sequence[object]], *, metadata: Mapping[str, str]
) -> bytes:
    """A table as UTF-8 CSV: first the state as comment lines that begin with "#", then header and rows."""
    state = "".join(f"# {plain(key)}: {plain(value)}\n" for key, value in metadata.items())
    return (state + csv_text(header, rows)).encode()


def _metadata(figure: Figure, kind: FigureKind, state: Mapping[str, str]) -> dict[str, Any]:
    """Under the keys that matplotlib lets each format have; its values are text, lists and None there."""
    title = plain(str(figure.get_label()) or state.get("title", "ResNet Viewer"))
    if isinstance(figure, CaptionedFigure):
        own_words = {
            "subtitle": figure.subtitle,
            "legend": figure.legend_words,
            "left out": ", ".join(figure.left_out),
        }
        state = {**state, **{key: words for key, words in own_words.items() if words}}
    lines = [f"{plain(key)}: {plain(value)}" for key, value in state.items() if key != "caption"]
    application = state.get("application", "ResNet Viewer")
    own = figure.caption if isinstance(figure, CaptionedFigure) else ""
    caption = plain(own or state.get("caption", title))
    match kind:
        case "svg":
            return {
                "Title": title,
                "Description": "\n".join((caption, *lines)),
                "Keywords": lines,
                "Creator": [application],
                "Date": None,
            }
        case "pdf":
            return {
                "Title": title,
                "Subject": caption,
                "Keywords": "; ".join(lines),
                "Creator": application,
                "CreationDate": None,
            }
        case "png":
            return {
                "Title": title,
                "Description": caption,
                "Software": application,
                **{
                    plain(key): plain(value)
                    for key, value in state.items()
                    if key not in ("title", "caption")
                },
            }
