"""The words on the screen: two sentences each, of the glossary, and the same in the Help."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from resnet_viewer.records.explained import WORDS, page

ROOT = Path(__file__).parent.parent.parent


def test_each_word_has_two_sentences() -> None:
    for word, found in WORDS.items():
        for part in (found.first, found.second):
            assert part.endswith("."), word
            assert not re.search(r"[a-zé)]\. [A-Z]", part.replace("et al. ", "")), (
                f"{word}: more than one sentence"
            )
            assert len(part) < 200, f"{word}: nobody reads that much where it stands"


def test_the_help_says_the_same() -> None:
    document = ROOT / "docs" / "words.md"
    if not document.exists():
        pytest.skip("an installed program keeps its pages elsewhere")
    written = " ".join(document.read_text(encoding="utf-8").split())
    assert written == " ".join(page().split()), "docs/words.md is another text than records.explained.page()"
