"""Plans become runs that fit their data; what does not fit is refused in one sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from resnet_viewer.records.data import Augmentation
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.recipe import RECIPES, WARM_UP_STEPS, ShortcutSchedule
from resnet_viewer.records.run_plan import Course, RunPlan
from resnet_viewer.services.run_plans import runs_of
from tests import fabricated
from tests.core.data.idx_written import FASHION_BEGINS, write_idx

DEEP = replace(RECIPES["quick"], survival=0.5).named
FADING = replace(RECIPES["quick"], shortcuts=ShortcutSchedule(2, 10)).named


def test_the_first_plan_is_four_runs_on_digits() -> None:
    runs = runs_of(RunPlan())
    assert [key for key, _ in runs] == [
        "cifar-plain-20",
        "cifar-resnet-20",
        "cifar-plain-56",
        "cifar-resnet-56",
    ]
    spec = runs[0][1]
    assert (spec.network.input_size, spec.network.channels, spec.network.classes) == (8, 1, 10)
    assert (spec.epochs, spec.recipe, spec.data, spec.augment) == (12, RECIPES["quick"], "digits", "none")
    assert spec.record_every == 0, "the lab chooses, when it knows how many steps there are"


def test_seeds_are_named_in_the_keys() -> None:
    plan = RunPlan(depths="20", is_plain=False, course=Course(seed=3, seeds=2))
    assert [(key, run.network.seed) for key, run in runs_of(plan)] == [
        ("cifar-resnet-20-seed-3", 3),
        ("cifar-resnet-20-seed-4", 4),
    ]


def test_a_run_has_the_same_key_alone_and_among_other_seeds() -> None:
    one, several = (
        dict(runs_of(RunPlan(depths="20", course=Course(seeds=seeds), is_plain=False))) for seeds in (1, 2)
    )
    assert list(one) == ["cifar-resnet-20"]
    assert list(several) == ["cifar-resnet-20", "cifar-resnet-20-seed-1"]
    assert several["cifar-resnet-20"] == one["cifar-resnet-20"]


def test_endings_and_names() -> None:
    plan = RunPlan(
        data="cifar10", depths="20", endings=("-c", "-nobn"), networks="cifar-resnet-44, teaching-keras"
    )
    assert [key for key, _ in runs_of(plan)] == [
        "teaching-keras",
        "cifar-plain-20-nobn",
        "cifar-resnet-20-c-nobn",
        "cifar-resnet-44",
    ]


def test_a_plain_network_beside_one_with_multipliers_is_not_normalised_either() -> None:
    for ending in ("-skipinit", "-fixup"):
        plan = RunPlan(depths="20", endings=("-b", "-nobn", ending))
        assert [key for key, _ in runs_of(plan)] == ["cifar-plain-20-nobn", f"cifar-resnet-20-b{ending}"]


def test_very_deep_networks_are_warmed_up_by_the_papers_recipe_only() -> None:
    plan = RunPlan(depths="110", is_plain=False, course=Course(RECIPES["paper"]))
    assert runs_of(plan)[0][1].recipe.warm_up_steps == WARM_UP_STEPS
    changed = replace(plan, course=Course(replace(RECIPES["paper"], rate=0.2)))
    assert runs_of(changed)[0][1].recipe.warm_up_steps == 0


def test_the_plan_says_how_pictures_are_augmented(tmp_path: Path) -> None:
    def augment(data: str, **wanted: Augmentation) -> str:
        (_, run), *_ = runs_of(RunPlan(data=data, course=Course(**wanted)))
        return run.augment

    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.png").touch()
    assert [augment(data) for data in ("digits", "cifar10", str(tmp_path))] == [
        "none",
        "crop+flip",
        "crop+flip",
    ]
    assert [augment(data, augment="crop") for data in ("digits", str(tmp_path))] == ["crop", "crop"]
    assert augment("fashion-mnist", augment="crop+flip") == "crop+flip"
    (_, run), *_ = runs_of(RunPlan(data=str(tmp_path)))
    assert (run.mean, run.std) == ((), ()), "its own, once it is read"


@pytest.mark.parametrize(
    ("plan", "match"),
    [
        (RunPlan(depths="21"), r"6n \+ 2, not 21; the nearest are 20 or 26"),
        (RunPlan(depths="20, 10000"), "A network of 10000 layers is too deep; take depths up to 1202"),
        pytest.param(
            RunPlan(depths="9" * 5000), "too deep; take depths up to 1202", id="thousands of digits"
        ),
        (RunPlan(depths="twenty"), "'twenty' is no depth"),
        (RunPlan(depths=""), "No network is chosen"),
        (RunPlan(is_plain=False, is_residual=False), "No network is chosen"),
        (RunPlan(networks="resnet19"), "no network called resnet19"),
        (RunPlan(networks="resnet18"), "folder of pictures"),
        (RunPlan(course=Course(seeds=20)), "80 runs"),
        (RunPlan(course=Course(augment="crop+flip")), "A mirrored digit is none"),
        (RunPlan(data="/no/such/folder"), "There is no folder"),
        (RunPlan(is_residual=False, course=Course(DEEP)), "Plain-20 has no shortcuts that carry on"),
        (RunPlan(is_residual=False, course=Course(FADING)), "Plain-20 has no shortcuts to open or close"),
        (
            RunPlan(course=Course(FADING, epochs=2)),
            "ResNet-20 are to change after epoch 2, and its last epoch is 2",
        ),
    ],
)
def test_what_does_not_fit_is_one_sentence(plan: RunPlan, match: str) -> None:
    with pytest.raises(UserError, match=match):
        runs_of(plan)


def test_plain_networks_take_nothing_of_a_recipe_that_needs_shortcuts() -> None:
    for recipe in (DEEP, FADING):
        made = {
            run.network.title: run.recipe for _, run in runs_of(RunPlan(depths="20", course=Course(recipe)))
        }
        assert made == {"Plain-20": RECIPES["quick"], "ResNet-20": recipe}


def test_a_folder_gives_its_classes(tmp_path: Path) -> None:
    from PIL import Image

    for part in ("train", "test"):
        for name in ("a", "b", "c"):
            (tmp_path / part / name).mkdir(parents=True)
            Image.fromarray(fabricated.picture().pixels).save(tmp_path / part / name / "1.png")
    plan = RunPlan(data=str(tmp_path), depths="20", networks="resnet18")
    runs = dict(runs_of(plan))
    assert runs["cifar-plain-20"].network.classes == runs["resnet18"].network.classes == 3
    assert runs["cifar-plain-20"].data == tmp_path.name
    (tmp_path / "test").rename(tmp_path / "validation")
    with pytest.raises(UserError, match="holds no folder called test"):
        runs_of(plan)
    classes_alone = replace(plan, data=str(tmp_path / "train"))
    assert dict(runs_of(classes_alone))["resnet18"].network.classes == 3


def test_a_folder_with_the_files_of_a_published_set_is_that_set(tmp_path: Path) -> None:
    folder = write_idx(tmp_path / "clothes", FASHION_BEGINS)
    _, run = runs_of(replace(RunPlan(), data=str(folder)))[0]
    assert (run.network.channels, run.network.input_size, run.network.classes) == (1, 28, 10)
    assert (run.mean, run.data, run.augment) == ((0.2860,), "clothes", "none")
