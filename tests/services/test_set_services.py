"""Pictures of a test set, fetched data, and figures of what was measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from resnet_viewer.core.data import named_data
from resnet_viewer.core.data.test_sets import Drawn, draw
from resnet_viewer.records.errors import Progress, UserError
from resnet_viewer.records.figure_list import FigureChoice, FigureName, Suffix
from resnet_viewer.records.requests import FetchData, OpenedPicture, OpenSetPicture
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.services.figures import drawn
from resnet_viewer.services.files import DownloadService, FilesService
from tests import fabricated


def run(chosen: TestSet) -> list[Drawn]:
    """The set, drawn."""
    found: list[Drawn] = []

    def steps() -> Iterator[None]:
        found.append((yield from draw(chosen)))

    for _ in steps():
        pass
    return found


def test_a_picture_of_a_set_without_files_is_read_by_its_name() -> None:
    chosen, service = TestSet("digits", sample=5), FilesService()
    [wanted] = run(chosen)
    for place in (3, 0):
        [opened] = service.answer(OpenSetPicture(chosen, wanted.names[place]))
        assert isinstance(opened, OpenedPicture)
        assert opened.picture.name == wanted.names[place]
        assert np.array_equal(opened.picture.pixels, wanted.read(place).pixels)
    with pytest.raises(UserError, match="no test picture 0 in the test set"):
        list(service.answer(OpenSetPicture(chosen, "test picture 0")))


def test_data_are_fetched_with_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetched(name: str) -> Iterator[Progress]:
        assert name == "cifar10"
        yield Progress(1, 2)

    monkeypatch.setattr(named_data, "fetched", fetched)
    assert list(DownloadService().answer(FetchData("cifar10"))) == [Progress(1, 2), FetchData("cifar10")]


@pytest.mark.parametrize("figure", ["test_set", "set_confusion"])
@pytest.mark.parametrize("suffix", ["csv", "svg"])
def test_what_was_measured_is_drawn_and_tabulated(figure: FigureName, suffix: Suffix) -> None:
    scene = fabricated.scene(cut=(3,))
    question = scene.session.measure_question()
    assert question is not None
    with pytest.raises(UserError, match="not measured yet"):
        drawn(scene, FigureChoice(figure, suffix))
    partial = fabricated.set_reading([0, 1], [0, 4], [0, 1], seen=1, question=question)
    with pytest.raises(UserError, match="not measured yet"):
        drawn(replace(scene, findings=MappingProxyType({question: partial})), FigureChoice(figure, suffix))
    whole = fabricated.set_reading([0, 1], [0, 4], [0, 1], question=question)
    found = drawn(replace(scene, findings=MappingProxyType({question: whole})), FigureChoice(figure, suffix))
    text = found.content.decode()
    assert "crops of the bundled pictures" in text
    assert "shortcuts cut" in text
    if suffix == "csv" and figure == "test_set":
        assert "0001.png,/invented/0001.png,automobile,deer" in text
