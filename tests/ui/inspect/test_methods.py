"""Attribution methods in the window: asked after every change, stopped, refused, and drawn over the picture."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from PySide6.QtWidgets import QMenu

from resnet_viewer.records.errors import UserError
from resnet_viewer.records.figure_list import FigureChoice
from resnet_viewer.records.limits import Limits
from resnet_viewer.records.method import (
    GRAD_CAM,
    METHODS,
    ExplainPair,
    IntegratedGradientsOptions,
    LrpOptions,
    MethodChoice,
    MethodInfo,
    NoiseTunnelOptions,
    OcclusionOptions,
    method_of,
)
from resnet_viewer.records.studies.trust import TrustOptions
from resnet_viewer.records.target import BlockTarget
from resnet_viewer.services.figures import drawn
from resnet_viewer.ui.inspect.gradcam import PicturePanel
from resnet_viewer.ui.inspect.methods import Explaining, MethodDialog
from resnet_viewer.ui.inspect.page import InspectPage
from tests import fabricated
from tests.ui.windows import Desk, inspect_page


def page_of(desk: Desk) -> InspectPage:
    return inspect_page(desk.window)


def panel_of(desk: Desk) -> PicturePanel:
    return page_of(desk).panels.picture


def choose(desk: Desk, choice: MethodChoice) -> Explaining:
    page = page_of(desk)
    page.editor.look(replace(page.controller.scene.session.view, method=choice))
    return page.explaining


def settle(desk: Desk) -> None:
    desk.wait_fresh()
    page = page_of(desk)
    desk.qtbot.waitUntil(lambda: page.controller.scene.explain_question is not None)
    desk.qtbot.waitUntil(lambda: page.explaining._wanted == page.controller.scene.explain_question)
    desk.qtbot.waitUntil(lambda: not page.explaining.is_at_work and page.turns.is_at_rest)


def entries(explaining: Explaining) -> dict[str, str]:
    menu = QMenu()
    explaining.fill(menu)
    return dict(action.text().partition("\t")[::2] for action in menu.actions() if not action.isSeparator())


def test_grad_cam_asks_for_nothing(desk: Desk) -> None:
    assert page_of(desk).controller.scene.session.view.method == GRAD_CAM
    assert not desk.prober.explained
    assert not page_of(desk).explaining.is_at_work


def test_a_method_is_asked_about_now_and_the_reference_after_every_change(desk: Desk) -> None:
    choose(desk, MethodChoice("saliency"))
    settle(desk)
    panel = panel_of(desk)
    assert panel.method_button.accessibleName() == "Method: Saliency"
    assert [type(asked) for asked in desk.prober.explained] == [ExplainPair]
    first = desk.prober.explained[0]
    assert isinstance(first, ExplainPair)
    assert first.reference is None, "now is the reference"
    assert panel.labels[0].startswith("now = reference, untrained · maximum ")
    page_of(desk).editor.toggle_shortcut(3)
    settle(desk)
    last = desk.prober.explained[-1]
    assert isinstance(last, ExplainPair)
    assert last.now.state.wiring.cut == (3,)
    assert last.reference is None, "the reference's was known"
    assert [words.split(",")[0] for words in panel.labels] == ["now", "reference"]
    count = len(desk.prober.explained)
    page_of(desk).store.undo()
    settle(desk)
    assert len(desk.prober.explained) == count, "both were known"


def test_a_toggle_comes_before_a_method_at_work_which_begins_anew(desk: Desk) -> None:
    desk.prober.is_explaining_held = True
    explaining = choose(desk, MethodChoice("occlusion"))
    desk.qtbot.waitUntil(lambda: explaining.is_at_work and bool(desk.prober.explained))
    page_of(desk).editor.toggle_shortcut(3)
    desk.wait_fresh()
    assert page_of(desk).controller.scene.now.request.state.wiring.cut == (3,)  # type: ignore[union-attr]
    desk.prober.is_explaining_held = False
    settle(desk)
    now, reference = page_of(desk).controller.scene.explained
    assert now is not None
    assert reference is not None
    assert (now.is_complete, now.request.state.wiring.cut) == (True, (3,))
    assert (reference.is_complete, reference.request.state.wiring.cut) == (True, ())


def test_work_is_stopped_and_started_again(desk: Desk) -> None:
    desk.prober.is_explaining_held = True
    explaining = choose(desk, MethodChoice("integrated_gradients"))
    panel = panel_of(desk)
    desk.qtbot.waitUntil(lambda: not panel.stop_button.isHidden() and bool(desk.prober.explained))
    assert "Stop Integrated gradients" in entries(explaining)
    panel.stop_button.click()
    assert explaining.is_stopped
    assert panel.stop_button.isHidden()
    assert "Stopped" in panel.method_note.text()
    desk.prober.is_explaining_held = False
    assert "Start Integrated gradients again" in entries(explaining)
    explaining.start_again()
    settle(desk)
    assert page_of(desk).controller.scene.explained[0] is not None
    assert panel.method_note.text() == ""


def test_a_failure_is_a_sentence_on_the_panel(desk: Desk) -> None:
    desk.prober.no_method = "There is too little memory for this method; choose fewer samples."
    explaining = choose(desk, MethodChoice("gradient_shap"))
    desk.qtbot.waitUntil(lambda: explaining.problem != "")
    assert panel_of(desk).method_note.text() == desk.prober.no_method
    choose(desk, GRAD_CAM)
    desk.qtbot.waitUntil(lambda: panel_of(desk).method_note.text() == "")
    assert panel_of(desk).method_button.accessibleName() == "Method: Grad-CAM"


def test_what_does_not_apply_is_said_before_anything_is_asked(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "resnet_viewer.ui.inspect.methods.refusal", lambda _: "LIME needs scikit-learn; install it."
    )
    explaining = choose(desk, MethodChoice("lime"))
    desk.qtbot.waitUntil(lambda: explaining.problem != "")
    assert not desk.prober.explained
    assert panel_of(desk).method_note.text() == "LIME needs scikit-learn; install it."


def test_the_menu_tells_every_methods_cost(desk: Desk) -> None:
    found = entries(page_of(desk).explaining)
    assert {info.title for info in METHODS} <= {*found}
    assert found["Integrated gradients"] == "52 forward and 50 backward passes"
    assert found["Saliency"] == "1 forward and 1 backward pass"
    assert found["Grad-CAM"] == "with every reading"
    explaining = choose(desk, MethodChoice("occlusion"))
    settle(desk)
    assert "Options of Occlusion…" in entries(explaining)
    explaining.choose(method_of("grad_cam"))
    assert page_of(desk).controller.scene.session.view.method == GRAD_CAM


def test_signed_maps_have_diverging_colours_and_a_scale(desk: Desk) -> None:
    choose(desk, MethodChoice("input_x_gradient"))
    settle(desk)
    panel = panel_of(desk)
    assert not panel.method_scale.isHidden()
    low, high = panel.method_scale.scale.ends
    assert low == f"-{high}" or low == f"−{high}"
    page = page_of(desk)
    page.editor.look(replace(page.controller.scene.session.view, picture_shows="original"))
    desk.qtbot.waitUntil(lambda: panel.method_scale.isHidden())


def test_options_are_asked_with_their_cost(desk: Desk) -> None:
    scene = page_of(desk).controller.scene
    dialog = MethodDialog(MethodChoice("integrated_gradients"), scene.now)
    desk.qtbot.addWidget(dialog)
    assert "52 forward and 50 backward passes" in dialog.sentence
    dialog.options_form.show_options(IntegratedGradientsOptions(n_steps=10))
    assert "12 forward and 10 backward passes" in dialog.sentence
    assert dialog.answer == MethodChoice("integrated_gradients", IntegratedGradientsOptions(n_steps=10))


def test_a_noise_tunnel_has_the_options_of_what_it_goes_over(desk: Desk) -> None:
    scene = page_of(desk).controller.scene
    dialog = MethodDialog(MethodChoice("noise_tunnel"), scene.now)
    desk.qtbot.addWidget(dialog)
    dialog.options_form.show_options(NoiseTunnelOptions(over="occlusion"))
    assert isinstance(dialog.over_form.options, OcclusionOptions)
    dialog.over_form.show_options(OcclusionOptions(sliding_window_shapes=16, strides=16))
    answer = dialog.answer
    assert answer.over == OcclusionOptions(sliding_window_shapes=16, strides=16)
    choose(desk, answer)
    settle(desk)
    now, _ = page_of(desk).controller.scene.explained
    assert now is not None
    assert now.request.over == answer.over
    assert panel_of(desk).method_button.text().endswith("▾")


def test_the_exported_picture_shows_the_method(desk: Desk) -> None:
    choose(desk, MethodChoice("saliency"))
    settle(desk)
    scene = page_of(desk).controller.scene
    table = drawn(scene, FigureChoice("gradcam", "csv")).content.decode()
    assert "# method: saliency" in table
    assert b"Saliency" in drawn(scene, FigureChoice("gradcam", "svg")).content
    bare = replace(scene, findings={})
    with pytest.raises(UserError, match="Saliency is not computed yet"):
        drawn(bare, FigureChoice("gradcam", "svg"))


def test_the_work_of_a_method_ends_when_another_is_chosen(desk: Desk) -> None:
    desk.prober.is_explaining_held = True
    explaining = choose(desk, MethodChoice("occlusion"))
    desk.qtbot.waitUntil(lambda: desk.prober.is_explaining and explaining.is_at_work)
    choose(desk, GRAD_CAM)
    desk.qtbot.waitUntil(lambda: not desk.prober.is_explaining)
    assert not explaining.is_at_work
    choose(desk, MethodChoice("occlusion"))
    desk.qtbot.waitUntil(lambda: desk.prober.is_explaining)
    desk.prober.is_explaining_held = False
    settle(desk)
    assert page_of(desk).controller.scene.explained[0] is not None


def test_a_change_that_is_taken_back_at_once_has_the_work_begun_again(desk: Desk) -> None:
    desk.prober.is_explaining_held = True
    explaining = choose(desk, MethodChoice("occlusion"))
    desk.qtbot.waitUntil(lambda: desk.prober.is_explaining)
    page_of(desk).editor.toggle_shortcut(3)
    page_of(desk).store.undo()
    desk.qtbot.waitUntil(lambda: len(desk.prober.explained) == 2)
    assert explaining.is_at_work
    desk.prober.is_explaining_held = False
    settle(desk)
    now, _ = page_of(desk).controller.scene.explained
    assert now is not None
    assert now.is_complete


def test_a_method_that_the_next_network_refuses_shows_nothing_of_the_last_one(desk: Desk) -> None:
    page, panel = page_of(desk), panel_of(desk)
    explaining = choose(desk, MethodChoice("lrp"))
    settle(desk)
    assert not panel.method_scale.isHidden()
    page.loader.choose_network("cifar-resnet-20-highway")
    desk.qtbot.waitUntil(lambda: "gated block" in explaining.problem)
    desk.wait_fresh()
    desk.qtbot.waitUntil(lambda: panel.method_scale.isHidden())
    assert "has no rule" in panel.method_note.text()
    assert panel._shown
    assert all(shown.layers.heat is None for shown in panel._shown)
    assert not panel.labels[0].split("·")[1].strip().startswith(("maximum", "−"))
    page.store.undo()
    settle(desk)
    assert not panel.method_scale.isHidden()


def test_where_one_side_refuses_the_other_is_at_work_and_can_be_stopped(desk: Desk) -> None:
    page, panel = page_of(desk), panel_of(desk)
    choose(desk, MethodChoice("lrp"))
    settle(desk)
    page.loader.compare_network("cifar-resnet-20-highway")
    desk.wait_fresh()
    desk.qtbot.waitUntil(lambda: "gated block" in page.explaining.problem)
    desk.prober.is_explaining_held = True
    page.editor.toggle_shortcut(3)
    desk.qtbot.waitUntil(lambda: desk.prober.is_explaining and page.explaining.is_at_work)
    assert not panel.stop_button.isHidden()
    page.editor.toggle_shortcut(3)
    page.editor.toggle_shortcut(3)
    desk.qtbot.waitUntil(lambda: desk.prober.is_explaining and page.explaining.is_at_work)
    desk.prober.is_explaining_held = False
    desk.qtbot.waitUntil(lambda: page.controller.scene.explained[0] is not None)
    desk.qtbot.waitUntil(lambda: not page.explaining.is_at_work)
    assert "gated block" in panel.method_note.text()


def test_a_stop_leaves_nothing_of_an_older_wish(desk: Desk) -> None:
    page, panel = page_of(desk), panel_of(desk)
    choose(desk, MethodChoice("saliency"))
    settle(desk)
    desk.prober.is_explaining_held = True
    page.editor.toggle_shortcut(3)
    desk.qtbot.waitUntil(lambda: desk.prober.is_explaining and page.explaining.is_at_work)
    panel.stop_button.click()
    desk.qtbot.waitUntil(lambda: page.turns.is_at_rest)
    now = panel._shown[0]
    assert now.whose == "now"
    assert now.layers.heat is None
    assert "0 of 1 passes" in panel.labels[0]


def test_contours_and_limits_of_grad_cam_are_not_said_of_another_methods_map(desk: Desk) -> None:
    page, panel = page_of(desk), panel_of(desk)
    view = page.controller.scene.session.view
    page.editor.look(replace(view, cam_style="contours", cam_limits=Limits(by_hand=(0.0, 0.5))))
    desk.wait_fresh()
    assert "contours" in panel.accessibleDescription()
    assert panel.controls.style_choice.isEnabled()
    choose(desk, MethodChoice("saliency"))
    settle(desk)
    assert panel._shown[0].layers.heat is not None
    assert "contours" not in panel.accessibleDescription()
    assert "by hand" not in panel.accessibleDescription()
    assert not panel.controls.style_choice.isEnabled()
    assert "Only Grad-CAM" in panel.controls.style_choice.toolTip()


def test_a_network_without_a_classifier_has_the_mean_of_a_block_explained(desk: Desk) -> None:
    page, panel = page_of(desk), panel_of(desk)
    page.editor.set_target(BlockTarget(2, 3))
    choose(desk, MethodChoice("integrated_gradients"))
    settle(desk)
    now, _ = page.controller.scene.explained
    assert now is not None
    assert now.request.question.target == BlockTarget(2, 3)
    assert now.is_complete
    assert not panel.method_scale.isHidden()


@pytest.mark.parametrize(
    "info", [info for info in METHODS if fields(info.options)], ids=lambda info: info.name
)
def test_usual_options_can_be_taken_as_they_stand_in_the_dialog(desk: Desk, info: MethodInfo) -> None:
    dialog = MethodDialog(MethodChoice(info.name), page_of(desk).controller.scene.now)
    desk.qtbot.addWidget(dialog)
    assert dialog.answer.options == info.options()
    assert "for each state" in dialog.sentence


def test_a_number_far_below_one_is_taken_as_it_is_written(desk: Desk) -> None:
    choice = MethodChoice("lrp", LrpOptions(epsilon=2.5e-12))
    dialog = MethodDialog(choice, page_of(desk).controller.scene.now)
    desk.qtbot.addWidget(dialog)
    assert dialog.answer == choice


def test_a_reference_that_is_not_computed_yet_is_not_left_out_of_a_figure(desk: Desk) -> None:
    page = page_of(desk)
    page.editor.toggle_shortcut(3)
    choose(desk, MethodChoice("saliency"))
    settle(desk)
    scene = page.controller.scene
    asked = scene.explain_question
    assert asked is not None
    assert asked.reference is not None
    begun = {asked.reference: fabricated.explanation(asked.reference, done=0)}
    for theirs in ({}, begun):
        findings = {asked.now: scene.findings[asked.now], **theirs}
        for suffix in ("svg", "csv"):
            with pytest.raises(UserError, match="Saliency is not computed yet"):
                drawn(replace(scene, findings=findings), FigureChoice("gradcam", suffix))


def test_a_method_that_is_refused_is_not_waited_for_by_an_export(desk: Desk) -> None:
    page = page_of(desk)
    choose(desk, MethodChoice("lrp"))
    page.loader.choose_network("cifar-resnet-20-highway")
    desk.qtbot.waitUntil(lambda: "gated block" in page.explaining.problem)
    with pytest.raises(UserError, match="no rule for the product in a gated block"):
        drawn(page.controller.scene, FigureChoice("gradcam", "svg"))


def test_the_menu_leads_to_the_study_of_the_chosen_method_and_block(desk: Desk) -> None:
    page, wished = page_of(desk), []
    page.explaining.study_wished.connect(lambda name, chosen: wished.append((name, chosen)))
    page.editor.select_cam_block(2)
    assert "Is this map to be trusted? (Studies)" in entries(page.explaining)
    page.explaining.ask_whether_to_trust()
    assert wished == [("trust", {"method": "grad_cam", "block": 2})]
    choose(desk, MethodChoice("saliency"))
    settle(desk)
    page.explaining.ask_whether_to_trust()
    assert wished[-1] == ("trust", {"method": "saliency", "block": 0}), "it looks at no block"
    for _, chosen in wished:
        TrustOptions(**chosen)
