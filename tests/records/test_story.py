"""What the story says beside depth and gradients: what was trained, how far, and how it ended."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resnet_viewer.records.recipe import RECIPES
from resnet_viewer.records.story import EMPTY, story
from resnet_viewer.records.story_groups import StoryRun, verdict
from resnet_viewer.records.story_words import counted, joined, percent, sentence, thousands
from tests.records.story_runs import four, question, text, told


def test_without_runs_it_says_what_it_will_say() -> None:
    assert story([]) == (EMPTY,)


def test_it_begins_with_the_question_and_what_is_trained_to_answer_it() -> None:
    assert question(four(1, 1, 50, 1), pictures=1437) == (
        "Does depth help, with shortcuts and without? Four networks, the same 1 437 training pictures of Digits, one "
        "recipe (quick), seed 0, 3 epochs."
    )


@pytest.mark.parametrize(
    ("names", "asked"),
    [
        (("cifar-plain-20", "cifar-plain-56"), "Does depth help?"),
        (("cifar-resnet-20", "cifar-resnet-56"), "Does depth help?"),
        (("cifar-plain-20", "cifar-resnet-20"), "What do shortcuts change?"),
        (("cifar-resnet-20",), "How well does ResNet-20 learn?"),
        (("cifar-resnet-20", "cifar-resnet-20-nobn"), "How do the networks compare?"),
        (("cifar-plain-20", "cifar-resnet-56"), "How do the networks compare?"),
        (("cifar-plain-20", "cifar-resnet-20-preact"), "How do the networks compare?"),
        (("cifar-resnet-20-b", "cifar-resnet-56-c"), "How do the networks compare?"),
    ],
)
def test_the_question_is_what_the_networks_differ_in(names: tuple[str, ...], asked: str) -> None:
    assert question([told(name, 9, 5, 1) for name in names]).startswith(f"{asked} ")
    seeds = [told(name, 9, 5, 1, seed=seed) for name in names for seed in (0, 1)]
    assert question(seeds).startswith(f"{asked} ")


def test_how_far_the_runs_have_come_is_told_of_them_not_of_the_epochs() -> None:
    def last(*runs: tuple[float, ...]) -> str:
        names = ("cifar-plain-20", "cifar-resnet-20", "cifar-plain-56")
        return question([told(name, *errors) for name, errors in zip(names, runs, strict=False)])

    assert last((), ()).endswith("No epoch is finished yet.")
    assert last((9,), (9,)).endswith("So far each has done 1 of its 3 epochs.")
    assert last((9,), (9, 8, 7), ()).endswith("So far they have done 0 to 3 of their 3 epochs.")
    assert last((9, 8)).endswith("So far it has done 2 of its 3 epochs.")
    longer = [told("cifar-plain-20", 9, 8, epochs=4), told("cifar-resnet-20", 9)]
    assert question(longer).endswith("So far they have done 1 to 2 epochs.")


def test_seeds_recipes_and_folders_are_told_as_they_are() -> None:
    runs = [*four(1, 1, 50, 1), *four(1, 1, 50, 1, seed=4)]
    assert question(runs).endswith(
        "Eight runs of four networks, on Digits, one recipe (quick), seeds 0 and 4, 3 epochs."
    )
    other = told("cifar-resnet-20", 5, 2, 1, run={"recipe": RECIPES["adam"], "data": "my flowers"})
    assert "two recipes (quick and adam)" in question([told("cifar-plain-20", 5, 2, 1), other])
    assert "on Digits and my flowers" in question([told("cifar-plain-20", 5, 2, 1), other])
    edited = told("cifar-resnet-20", 5, 2, 1, run={"recipe": replace(RECIPES["quick"], rate=0.2)})
    assert "two recipes by the name of quick" in question([told("cifar-plain-20", 5, 2, 1), edited])


def test_runs_that_broke_are_told_and_not_compared() -> None:
    broken = told("cifar-plain-56", 88, state="failed", sentence="The disk is full.")
    said = text([*four(1, 1, 50, 1)[:2], broken])
    assert "\nPlain-56 failed at epoch 1.0 of 3. The disk is full.\n" in said
    assert "more than" not in said
    assert "ended before their time: Plain-56" in said
    assert "failed" not in text(four(1, 1, 50, 1))
    whole = replace(broken, sentence="Plain-56 could not go on: the disk is full.")
    assert text([whole]) == "Plain-56 could not go on: the disk is full."
    diverged = text([*four(1, 1, 50, 1)[:2], replace(broken, state="diverged")])
    assert "\nPlain-56 diverged at epoch 1.0 of 3: its loss is not a finite number.\n" in diverged
    assert "more than" not in diverged


def test_what_happened_to_several_runs_is_told_once() -> None:
    def all_of(state: str, sentence: str) -> str:
        runs = [told(n, 88, state=state, sentence=sentence) for n in ("cifar-plain-20", "cifar-resnet-20")]
        late = told("cifar-plain-56", 88, 70, state=state, sentence=sentence)
        return text([*runs, late]).splitlines()[-1 if state != "stopped" else -2]

    assert all_of("failed", "The disk is full.") == (
        "Plain-20 and ResNet-20 failed at epoch 1.0 of 3, Plain-56 at epoch 2.0 of 3. The disk is full."
    )
    assert all_of("diverged", "") == (
        "Plain-20 and ResNet-20 diverged at epoch 1.0 of 3, Plain-56 at epoch 2.0 of 3: their losses are not finite "
        "numbers."
    )
    assert all_of("stopped", "") == (
        "Plain-20 and ResNet-20 were stopped at epoch 1.0 of 3, Plain-56 at epoch 2.0 of 3."
    )
    names = ("Plain-20", "Plain-56")
    runs = [
        told(f"cifar-{name.lower()}", 88, state="failed", sentence=f"No memory for {name}: take less.")
        for name in names
    ]
    assert text(runs).startswith(
        "Plain-20 and Plain-56 failed at epoch 1.0 of 3. No memory for Plain-20 and Plain-56: take less."
    )
    folders = [
        told(name, state="failed", sentence=f"Cannot write in the folder /runs/today/{name}: choose another.")
        for name in ("cifar-plain-20", "cifar-plain-56")
    ]
    assert (
        "Plain-20 and Plain-56 failed before the first step. Cannot write in the folder /runs/today: choose another."
    ) in text(folders).splitlines()
    unbegun = told("cifar-plain-20", state="stopped", sentence="Plain-20 had not begun.")
    assert text([unbegun]).startswith("Plain-20 was stopped before the first step.")


def test_many_runs_are_counted() -> None:
    def stopped(count: int, *errors: float, seed: int = 0, name: str = "cifar-resnet-8") -> list[StoryRun]:
        return [told(name, *errors, state="stopped", seed=seed + i) for i in range(count)]

    assert "All twelve runs were stopped at epoch 1.0 of 3." in text(stopped(12, 88)).splitlines()
    done = [told("cifar-resnet-20", 9, 5, 1, seed=seed) for seed in range(4)]
    said = text([*stopped(4, 88), *stopped(4, 88, name="cifar-plain-8"), *done])
    assert "Eight of the twelve runs were stopped at epoch 1.0 of 3." in said.splitlines()
    assert "ended before their time: eight of the twelve runs." in said
    assert ("All seven runs were stopped, five at epoch 1.0 of 3, two at epoch 2.0 of 3.") in text(
        [*stopped(5, 88), *stopped(2, 88, 70, seed=9)]
    ).splitlines()
    assert "All three runs" not in text(stopped(3, 88)), "few are named"


def test_runs_of_one_title_are_told_apart_by_their_recipe() -> None:
    norms = {"record_times": np.array([0.5]), "norms": np.array([[1.0, 2.0]])}
    runs = [
        told("cifar-plain-20", 9, 5, 1, run={"recipe": RECIPES[name]}, **norms) for name in ("quick", "adam")
    ]
    assert "the layers of Plain-20 (quick) span" in text(runs)


def test_words() -> None:
    assert (counted(1, "seed"), counted(4, "network"), counted(13, "run")) == (
        "one seed",
        "four networks",
        "13 runs",
    )
    assert (thousands(1437), thousands(1437.254, 2)) == ("1\u00a0437", "1\u00a0437.25")
    assert (joined([]), joined(["a"]), joined(["a", "b", "c"])) == ("", "a", "a, b and c")
    assert percent(51.96, 52.04) == "52.0\u00a0%"
    assert sentence("so it is") == "So it is."
    assert [verdict(*pair) for pair in ((2.0, 1.0), (1.9, 1.0), (1.0, 2.0))] == ["more", "alike", "less"]
