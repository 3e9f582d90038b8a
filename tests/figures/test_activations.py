"""The activations of every block on paper and in a table: all numbers, and words that can be read."""

from __future__ import annotations

import numpy as np
import pytest

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.figures import activations
from resnet_viewer.figures.export import IncompleteReadingError
from resnet_viewer.figures.page import Paper
from resnet_viewer.records.distribution import PERCENTS, outputs
from resnet_viewer.records.figure_list import PRESETS
from resnet_viewer.records.probe import ProbeResult
from tests import fabricated
from tests.figures.layout import overlapping
from tests.figures.readings import pair, partial


def other(name: str) -> ProbeResult:
    scene = fabricated.scene(spec(name))
    assert scene.reference is not None
    return scene.reference


def test_the_table_holds_every_number_beside_its_name() -> None:
    now, reference = pair(cut=(3,))
    header, rows = activations.table(now, reference)
    assert [row[0] for row in rows] == list(outputs(fabricated.scene().blueprint))
    for row in rows:
        told = dict(zip(header, row, strict=True))
        for side, reading in (("now", now), ("reference", reference)):
            values = reading.activations[str(row[0])][0].astype(np.float64)
            found = [told[f"{side} {percent}%"] for percent in PERCENTS]
            assert found == pytest.approx(list(np.percentile(values, PERCENTS)), rel=1e-12)
            assert told[f"{side} zeros"] == np.mean(values == 0)
            assert (told[f"{side} infinite"], told[f"{side} nan"]) == (0, 0)
        assert told["values"] == values.size


def test_a_reference_of_other_layers_has_rows_of_its_own() -> None:
    now, _ = pair()
    theirs = other("cifar-resnet-32")
    header, rows = activations.table(now, theirs)
    assert len(rows) == 10 + 16
    mine, yours = header.index("now 50%"), header.index("reference 50%")
    assert all(row[yours] == "" and row[mine] != "" for row in rows[:10])
    assert all(row[mine] == "" and row[yours] != "" for row in rows[10:])


@pytest.mark.parametrize("size", [(preset.width, preset.height) for preset in PRESETS])
@pytest.mark.parametrize("reference", [None, "cifar-resnet-20", "cifar-resnet-110"])
def test_no_words_overlap_or_leave_the_page(size: tuple[float, float], reference: str | None) -> None:
    now, _ = pair(cut=(3, 4))
    theirs = None if reference is None else other(reference)
    assert not overlapping(activations.figure(now, theirs, paper=Paper(*size)))


def test_the_caption_says_what_was_measured_and_in_which_state() -> None:
    now, reference = pair(cut=(3,))
    said = activations.caption(now, reference)
    assert "5 to 95 %" in said
    assert "1 of 9 shortcuts cut (3)" in said
    assert "by relative depth" not in said
    assert "by relative depth" in activations.caption(now, other("cifar-resnet-32"))


def test_logits_alone_are_refused() -> None:
    now, _ = pair()
    for act in (activations.figure, activations.table):
        with pytest.raises(IncompleteReadingError):
            act(partial(now), None)
