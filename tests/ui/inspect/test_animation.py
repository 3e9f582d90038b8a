from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.errors import Progress
from resnet_viewer.records.figure_list import AnimationChoice, Whose
from resnet_viewer.records.requests import WriteAnimation, Written
from resnet_viewer.records.scene import Scene
from resnet_viewer.ui import dialogs
from resnet_viewer.ui.inspect.animation import AnimationDialog, _layers, blocks_of, states, whose_titles
from tests import fabricated
from tests.ui.windows import Desk, inspect_page


def at(layer: str, cut: tuple[int, ...] = (), network: str = "cifar-resnet-20") -> Scene:
    made = fabricated.scene(spec(network), cut=cut)
    return replace(made, session=made.session.with_view(replace(made.session.view, layer=layer)))


@pytest.mark.parametrize(
    ("whose", "blocks"),
    [("selected", (5,)), ("stage", (4, 5, 6)), ("cut", (2, 8)), ("all", tuple(range(1, 10)))],
)
def test_whose_shortcuts_are_meant(whose: Whose, blocks: tuple[int, ...]) -> None:
    assert blocks_of(at("layer2.1.conv1", cut=(2, 8)), whose) == blocks


def test_only_what_there_is_can_be_chosen() -> None:
    assert whose_titles(at("layer2.1")) == {
        "selected": "of the selected block (5)",
        "stage": "of its stage (4-6)",
        "all": "all (1-9)",
    }
    assert list(whose_titles(at("stem", cut=(3,)))) == ["cut", "all"]
    assert whose_titles(at("stem", network="cifar-plain-20")) == {}


def test_its_states_go_from_whole_to_cut_and_leave_all_else_alone() -> None:
    scene = at("layer2.1", cut=(2,))
    found = [made.session.setup.wiring for made in states(scene, AnimationChoice("stage", frames=5))]
    assert [wiring.shortcuts[4] for wiring in found] == [1.0, 0.75, 0.5, 0.25, 0.0]
    assert {wiring.shortcuts[3:6] for wiring in found} == {(s,) * 3 for s in (1.0, 0.75, 0.5, 0.25, 0.0)}
    assert {(wiring.shortcuts[:3], wiring.shortcuts[6:]) for wiring in found} == {
        ((1.0, 0.0, 1.0), (1.0,) * 3)
    }


def test_its_pictures_are_at_most_as_large_as_is_said() -> None:
    for width, height in ((3.0, 3.0), (7.6, 5.0), (13.0, 40.0)):
        choice = AnimationChoice(width=width, height=height).picture
        assert max(width, height) * choice.dpi <= 1600 or choice.dpi == 72


def test_the_dialog_gives_back_what_it_was_given(qtbot: QtBot) -> None:
    choice = AnimationChoice("all", "gradcam", "mp4", 11, 2.5, goes_back=False, width=6.0, height=4.0)
    dialog = AnimationDialog(choice, {"selected": "one", "all": "all"}, ("gif", "mp4"))
    qtbot.addWidget(dialog)
    assert dialog.answer == choice
    assert "steps of 0.1;" in dialog.sentence
    assert not dialog.height_field.isEnabled()
    without = AnimationDialog(choice, {"selected": "one"}, ("gif",))
    qtbot.addWidget(without)
    assert (without.answer.whose, without.answer.kind) == ("selected", "gif")


@pytest.fixture
def drawn(desk: Desk) -> list[WriteAnimation]:
    """What the files worker is asked to draw; it answers with progress and the file."""
    asked: list[WriteAnimation] = []
    usual = desk.files.answer

    def answer(request: object) -> Iterator[object]:
        if isinstance(request, WriteAnimation):
            asked.append(request)
            yield Progress(1, len(request.scenes))
            yield Written(request.path)
        else:
            yield from usual(request)

    desk.files.answer = answer  # type: ignore[method-assign]
    return asked


def test_each_state_is_read_then_all_are_drawn(desk: Desk, drawn: list[WriteAnimation]) -> None:
    animation = inspect_page(desk.window).animation
    scene, told = inspect_page(desk.window).controller.scene, []
    animation.said.connect(told.append)
    animation.make(scene, AnimationChoice("all", frames=3), Path("/out/a.gif"))
    assert animation.is_at_work
    desk.qtbot.waitUntil(lambda: bool(told))
    assert told == [f"Saved {Path('/out/a.gif')}."]
    assert not animation.is_at_work
    (request,) = drawn
    assert [made.session.setup.wiring.shortcuts[0] for made in request.scenes] == [1.0, 0.5, 0.0]
    for made in request.scenes:
        assert made.now is not None
        assert made.now.request == made.session.now_question()
        assert made.now.activations == {}
        assert made.reference is scene.reference


def test_the_maps_of_the_layer_are_kept_where_they_are_drawn(desk: Desk, drawn: list[WriteAnimation]) -> None:
    animation = inspect_page(desk.window).animation
    scene = inspect_page(desk.window).controller.scene
    animation.make(scene, AnimationChoice("all", "feature_maps", frames=3), Path("/out/a.gif"))
    desk.qtbot.waitUntil(lambda: not animation.is_at_work)
    layer = scene.session.view.layer
    assert [set(made.now.activations) for made in drawn[0].scenes if made.now] == [{layer}] * 3


def test_escape_ends_it_and_nothing_is_written(desk: Desk, drawn: list[WriteAnimation]) -> None:
    animation, window = inspect_page(desk.window).animation, desk.window
    told: list[str] = []
    animation.said.connect(told.append)
    animation.make(inspect_page(window).controller.scene, AnimationChoice("all"), Path("/out/a.gif"))
    assert not window.progress.isHidden()
    window.escape()
    assert told == ["a.gif is not made."]
    assert window.progress.isHidden()
    assert not animation.is_at_work
    desk.qtbot.waitUntil(lambda: not desk.workers.probing.is_busy)
    assert drawn == []


def test_what_cannot_be_animated_is_one_sentence(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    animation = inspect_page(desk.window).animation
    refused: list[Any] = []
    animation.failed.connect(refused.append)
    monkeypatch.setattr(dialogs.SaveAs, "ask", lambda *_: pytest.fail("no file is asked for"))
    scene = inspect_page(desk.window).controller.scene
    assert animation._refusal(replace(scene, now=None), {}).startswith("There is no full reading to animate")
    assert "has no shortcuts to weaken" in animation._refusal(scene, {})
    animation.make(scene, AnimationChoice("all"), Path("/out/a.gif"))
    animation.ask()
    assert refused[-1].sentence == "a.gif is still being made; wait for it, or cancel it with Esc."


def test_a_whole_page_keeps_the_maps_of_every_block_unless_they_are_too_large() -> None:
    small, large = at("stem"), at("stem", network="resnet50")
    page = AnimationChoice(figure="page", frames=21)
    assert _layers(small, page) == ("stem", *(block.name for block in small.blueprint.blocks))
    assert _layers(large, page) == ("stem",)
    assert _layers(small, AnimationChoice(figure="feature_maps")) == ("stem",)
    assert _layers(small, AnimationChoice(figure="gradcam")) == ()
