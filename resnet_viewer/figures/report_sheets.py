"""A report as sheets of A4: a title page, each study with its figure and what was found, the citations at the end."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import Any

from resnet_viewer.charts.palette import FONT, MUTED, TEXT
from resnet_viewer.figures import export, report, study
from resnet_viewer.figures.page import CaptionedFigure, Paper, Spot, text_width, wrapped, write
from resnet_viewer.figures.report import Chapter
from resnet_viewer.records.captions import plain
from resnet_viewer.records.report import Report

WIDTH, HEIGHT, MARGIN = 8.27, 11.69, 0.75
"""Inches: A4 upright."""
_INNER = WIDTH - 2 * MARGIN
_LINE = 1.5 / 72
"""Inches for each point of a line."""
_BODY, _HEADING, _TITLE, _CODE = FONT + 1, 14.0, 24.0, FONT - 0.5
_MONOSPACED = "DejaVu Sans Mono"
_CODE_LETTER = 0.602 * _CODE / 72
"""Inches of a letter of it."""
_LEAST_FIGURE = 3.2
"""Inches."""
_MOST_PANELS = 8
"""Of a study on one sheet."""
_FOOT = 0.42
"""Inches of the line at the foot, from below."""
_FACT = 1.2
"""Inches of a fact's name."""


class _Writer:
    """Writes from the top of a sheet down, and goes on with another one where there is no room left."""

    def __init__(self) -> None:
        self.sheets: list[CaptionedFigure] = []
        self.y = 0.0
        """What is left above the lower margin's edge, in inches from below."""

    def begin(self) -> None:
        """Another sheet."""
        self.sheets.append(CaptionedFigure(figsize=(WIDTH, HEIGHT), facecolor="white"))
        self.y = HEIGHT - MARGIN

    @property
    def left(self) -> float:
        """Inches that have room."""
        return self.y - MARGIN

    def room(self, inches: float) -> None:
        """Have so many."""
        if self.left < inches:
            self.begin()

    def text(
        self, words: str, size: float = _BODY, *, colour: str = TEXT, bold: bool = False, after: float = 0.06
    ) -> None:
        """A paragraph."""
        for line in wrapped(plain(words), _INNER, size, bold=bold):
            self._line(line, size, colour=colour, bold=bold)
        self.y -= after

    def heading(self, words: str, size: float = _BODY + 1) -> None:
        """With something below it."""
        self.room(size * _LINE + 0.6)
        self.y -= 0.08
        self.text(words, size, bold=True, after=0.03)

    def points(self, told: Sequence[str]) -> None:
        """Sentences, each by itself."""
        for words in told:
            for number, line in enumerate(wrapped(plain(words), _INNER - 0.18, _BODY)):
                if number == 0:
                    self.room(_BODY * _LINE)
                    self._write(MARGIN + 0.02, self.y - _BODY * _LINE + 0.04, "•", _BODY, MUTED)
                self._line(line, _BODY, indent=0.18)
            self.y -= 0.04

    def code(self, text: str) -> None:
        """Letters of one width, broken where a line is too long."""
        most = int(_INNER / _CODE_LETTER)
        for line in text.split("\n"):
            line = plain(line)
            for start in range(0, max(len(line), 1), most):
                self._line(line[start : start + most], _CODE, fontfamily=_MONOSPACED)
        self.y -= 0.06

    def facts(self, told: Sequence[tuple[str, str]]) -> None:
        """Names, and beside each its words."""
        for name, words in told:
            lines = wrapped(words, _INNER - _FACT, _BODY)
            self.room(len(lines) * _BODY * _LINE)
            self._write(MARGIN, self.y - _BODY * _LINE + 0.04, name, _BODY, MUTED)
            for line in lines:
                self._line(line, _BODY, indent=_FACT)
            self.y -= 0.03

    def _line(self, line: str, size: float, *, indent: float = 0.0, **style: Any) -> None:
        self.room(size * _LINE)
        self.y -= size * _LINE
        self._write(MARGIN + indent, self.y + 0.04, line, size, **style)

    def _write(self, x: float, y: float, line: str, size: float, colour: Any = TEXT, **style: Any) -> None:
        place = x / WIDTH, y / HEIGHT
        write(
            self.sheets[-1], *place, plain(line), size=size, colour=colour, ha="left", va="baseline", **style
        )


def sheets(found: Report) -> Iterator[bytes | None]:
    """The PDF's bytes at the end; None after each study's figure, which takes a while."""
    made = yield from laid_out(found)
    yield None
    yield export.sheets(made, title=report.title(found))


def laid_out(found: Report) -> Generator[None, None, list[CaptionedFigure]]:
    """The sheets; yields after each study."""
    writer = _Writer()
    places: list[int] = []
    for chapter in report.chapters(found):
        places.append(len(writer.sheets))
        _write_chapter(writer, chapter)
        yield
    places.append(len(writer.sheets))
    _write_end(writer, found)
    first = _Writer()
    _write_title(first, found, places)
    made = [*first.sheets, *writer.sheets]
    told = plain(f"{report.title(found)} · {report.day(found)}")
    for number, sheet in enumerate(made, 1):
        for x, align, words in (
            (MARGIN, "left", told),
            (WIDTH - MARGIN, "right", f"{number} of {len(made)}"),
        ):
            place = x / WIDTH, _FOOT / HEIGHT
            write(sheet, *place, words, size=FONT - 1, colour=MUTED, ha=align, va="baseline")
    return made


def _write_chapter(writer: _Writer, chapter: Chapter) -> None:
    writer.begin()
    info = chapter.info
    writer.text(info.title, _HEADING, bold=True, after=0.02)
    writer.text(info.question, _BODY + 1, colour=MUTED)
    width = _INNER + 0.36
    for first in range(0, len(chapter.panels), _MOST_PANELS):
        panels = chapter.panels[first : first + _MOST_PANELS]
        writer.room(HEIGHT - 2 * MARGIN if first else _LEAST_FIGURE)
        height = min(chapter.height(width, panels), writer.left)
        paper = Paper(width, height, spot=Spot(writer.sheets[-1], MARGIN - 0.18, writer.y))
        study.figure(panels, "", "", "", paper, first=first)
        writer.y -= height + 0.1
    caption = [*((info.explains,) if info.explains else ()), *chapter.measured]
    writer.text(" ".join(caption), _BODY, colour=MUTED)
    writer.heading("What was found")
    writer.points(chapter.found)
    if info.papers:
        writer.heading("Where it comes from")
        writer.points([f"{paper.cited}." for paper in info.papers])
    if chapter.command:
        writer.heading("How to make it")
        writer.code(chapter.command)


def _write_end(writer: _Writer, found: Report) -> None:
    writer.begin()
    if missing := report.reasons(found):
        writer.text("Not in this report", _HEADING, bold=True)
        writer.points([f"{title}: {why}" for title, why in missing])
        writer.y -= 0.15
    writer.text("Citations", _HEADING, bold=True)
    entries = report.bibtex(found)
    writer.points([f"{words}." for words, _ in entries])
    writer.heading("As BibTeX")
    for _, entry in entries:
        writer.room((entry.count("\n") + 1) * _CODE * _LINE)
        writer.code(entry)
    writer.heading("How it was made")
    writer.text(f"Made on {report.day(found)} with {report.versions(found)}.")
    if found.order.command:
        writer.code(found.order.command)


def _write_title(writer: _Writer, found: Report, places: Sequence[int]) -> None:
    """`places` are the first sheets, from 0, of each study and of the end, behind those of the title."""
    writer.begin()
    writer.y -= 0.5
    writer.text(report.title(found), _TITLE, bold=True, after=0.08)
    writer.text(f"{report.day(found)} · {report.versions(found)}", colour=MUTED, after=0.25)
    high = report.strip_figure(found.order.state, _INNER + 0.36)[1]
    report.strip_figure(found.order.state, _INNER + 0.36, Spot(writer.sheets[-1], MARGIN - 0.18, writer.y))
    writer.y -= high + 0.2
    writer.facts(report.facts(found))
    writer.heading("Contents", _HEADING)
    names = [chapter.info.title for chapter in report.chapters(found)]
    names.append("Not in this report, citations" if found.left_out else "Citations")
    own = len(
        writer.sheets
    )  # a title that takes another sheet would be counted wrongly: it has a dozen lines
    entries = [(name, place + own + 1) for name, place in zip(names, places, strict=True)]
    for name, number in entries:
        writer.room(_BODY * _LINE)
        writer.y -= _BODY * _LINE
        writer._write(MARGIN, writer.y + 0.04, name, _BODY)
        writer._write(
            WIDTH - MARGIN - text_width(str(number), _BODY), writer.y + 0.04, str(number), _BODY, MUTED
        )
        writer.y -= 0.04
