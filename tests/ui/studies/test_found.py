"""What is said of results that are shown together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from resnet_viewer.figures.study import caption_of
from resnet_viewer.records.studies.responses import INFO
from resnet_viewer.ui.studies.found import conclusions, paragraphs
from resnet_viewer.ui.studies.scene import StudyScene
from tests.records.studies.test_responses import result_of


def test_what_results_say_together_comes_before_what_each_says_and_is_in_the_caption() -> None:
    named = [(name, result_of(f"cifar-{name}")) for name in ("plain-20", "resnet-8")]
    results = tuple(replace(each, order=replace(each.order, folder=Path(name))) for name, each in named)
    together = INFO.comparison(results)
    assert len(together) == 1
    assert together[0].startswith("Residual networks respond no less than plain ones here")
    scene = StudyScene(INFO, results, ticked=frozenset(result.order.folder for result in results))
    assert conclusions(scene)[0] == paragraphs(scene)[0].words == together[0]
    assert together[0] in caption_of(results)
    alone = replace(scene, ticked=frozenset({Path("resnet-8")}))
    assert not any("than plain ones here" in said for said in conclusions(alone))
