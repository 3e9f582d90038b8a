"""Letters that the figures' own font lacks: other installed fonts write them, or a sentence says that none can."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from matplotlib import font_manager
from matplotlib.figure import Figure

from resnet_viewer.figures import fonts
from resnet_viewer.figures.export import render
from resnet_viewer.figures.page import text_width

MATHEMATICS = "STIXGeneral"
"""Travels with matplotlib."""
SCRIPT = "\U0001d4d0"
"""A bold script A, which STIX has and DejaVu Sans lacks."""
CAT = "\u732b"
"""Chinese for cat."""


@pytest.fixture
def bundled_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As on a computer that has no fonts but matplotlib's own."""
    own = [e for e in font_manager.fontManager.ttflist if "mpl-data" in Path(e.fname).parts]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", own)
    fonts.fallback.cache_clear()
    yield
    fonts.fallback.cache_clear()


def test_what_our_font_has_needs_no_other() -> None:
    assert fonts.lacking("Kätzchen, кошка, γάτα") == ""
    assert fonts.lacking(f"a {CAT} b {CAT}\n") == CAT
    assert fonts.remark("Kätzchen") == ""


def test_an_installed_font_that_has_the_letters_is_found(bundled_only: None) -> None:
    assert fonts.fallback(SCRIPT) == ((MATHEMATICS,), "")
    assert fonts.fallback(SCRIPT + CAT) == ((MATHEMATICS,), CAT)
    assert fonts.remark(f"cat{CAT}") == (
        f"No font on this computer has {CAT}: they are boxes in PNG and PDF, and whole in SVG and CSV."
    )


def test_a_font_that_is_gone_or_damaged_is_passed_over(
    bundled_only: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.ttf"
    damaged.write_bytes(b"no font")
    entries = [
        font_manager.FontEntry(str(path), "AAA", "normal", "normal", "normal", "normal", "scalable")
        for path in (damaged, tmp_path / "gone.ttf")
    ]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", entries + font_manager.fontManager.ttflist)
    assert fonts.fallback(SCRIPT) == ((MATHEMATICS,), "")


def test_only_the_texts_that_need_it_get_another_font(bundled_only: None) -> None:
    figure = Figure()
    axes = figure.add_subplot()
    axes.set_xticks([0.0], [SCRIPT], fontfamily=fonts.FAMILY)
    plain = figure.text(0, 0, "cat", fontfamily=fonts.FAMILY)
    data = render(figure, "svg", metadata={})
    assert axes.get_xticklabels()[0].get_fontfamily() == [fonts.FAMILY, MATHEMATICS]
    assert plain.get_fontfamily() == [fonts.FAMILY]
    assert MATHEMATICS.encode() in data


def test_a_letter_is_drawn_and_no_box(bundled_only: None) -> None:
    def drawn(letter: str) -> bytes:
        figure = Figure(figsize=(1, 1))
        figure.text(0.3, 0.3, letter, fontsize=30, fontfamily=fonts.FAMILY)
        return render(figure, "png", metadata={})

    box = drawn("\u732b")
    assert drawn("\u72d7") == box, "no font here has Chinese letters"
    assert drawn(SCRIPT) != box


def test_letters_of_another_font_count_as_one_em() -> None:
    assert text_width(CAT * 3, 72.0) == pytest.approx(3.0, abs=0.1)
