"""Letters that our own font lacks, such as Chinese ones: which installed fonts have them, and which no font has."""

from __future__ import annotations

import logging
from functools import lru_cache

from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.text import Text

FAMILY = "DejaVu Sans"
"""Travels with matplotlib, and has Latin, Greek, Cyrillic, Arabic and Hebrew letters."""
_PREFERRED = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "Microsoft YaHei", "SimHei", "PingFang SC",
    "Hiragino Sans GB", "Hiragino Sans", "Yu Gothic", "Malgun Gothic", "Apple SD Gothic Neo", "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei", "Nirmala UI", "Noto Sans Devanagari", "Leelawadee UI", "Noto Sans Thai",
    "Arial Unicode MS", "Segoe UI", "Unifont",
)  # fmt: skip
"""Looked into before all others: plain faces, of the systems that bring them."""
_log = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def own_letters() -> frozenset[int]:
    """Code points that our own font has."""
    return frozenset(font_manager.get_font(font_manager.findfont(FAMILY)).get_charmap())


def lacking(text: str) -> str:
    """The visible letters of a text that our own font lacks, each once."""
    if text.isascii():
        return ""
    own = own_letters()
    return "".join(sorted({c for c in text if ord(c) not in own and c.isprintable()}))


@lru_cache(maxsize=64)
def fallback(letters: str) -> tuple[tuple[str, ...], str]:
    """Installed families that have them, as few as need be, and those letters that none has.

    Opens fonts until all are found: a few milliseconds each, and only for letters that our own font lacks.
    """
    rank = {name: place for place, name in enumerate(_PREFERRED)}
    upright = (entry for entry in font_manager.fontManager.ttflist if entry.style == "normal")
    found: list[str] = []
    left = set(letters)
    for entry in sorted(
        upright, key=lambda entry: (rank.get(entry.name, len(rank)), entry.name, entry.fname)
    ):
        if not left:
            break
        if entry.name in (*found, FAMILY) or "lastresort" in entry.name.lower().replace(" ", ""):
            continue  # a "last resort" has a box for every letter
        try:
            there = font_manager.get_font(entry.fname).get_charmap()
        except (OSError, RuntimeError):  # removed since matplotlib listed it, or damaged
            continue
        if has := {letter for letter in left if ord(letter) in there}:
            found.append(entry.name)
            left -= has
    missing = "".join(sorted(left))
    if missing:
        _log.info("no installed font has %s", missing)
    return tuple(found), missing


def remark(text: str) -> str:
    """That some letters of a text are drawn as boxes, in a sentence; "" where all are drawn."""
    missing = fallback(lacking(text))[1]
    if not missing:
        return ""
    some = missing if len(missing) <= 12 else f"{missing[:12]}…"
    return f"No font on this computer has {some}: they are boxes in PNG and PDF, and whole in SVG and CSV."


def give_fonts(figure: Figure) -> None:
    """Let every text of a figure that our own font cannot write use others beside it."""
    for axes in figure.axes:
        axes.get_xticklabels()  # ticks have no texts until they are asked for
        axes.get_yticklabels()
    texts = [text for text in figure.findobj(Text) if isinstance(text, Text)]
    letters = lacking("".join(text.get_text() for text in texts))
    if not letters:
        return
    families = [FAMILY, *fallback(letters)[0]]
    for text in texts:
        if lacking(text.get_text()):
            text.set_fontfamily(families)
