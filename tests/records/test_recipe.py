"""The learning rates of every recipe, by hand."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, replace

import pytest

from resnet_viewer.records.checking import ArgumentError, decoded_text
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.recipe import RECIPES, Recipe, ShortcutSchedule, recipe_for

RUN = Recipe("invented", rate=0.5, warm_up=0.2)


def test_the_rate_rises_to_its_peak_and_falls_to_almost_nothing() -> None:
    rates = [RUN.rate_at(step, 10) for step in range(10)]
    assert rates == pytest.approx([0.25, 0.5, 0.5, *(0.5 * n / 8 for n in range(7, 0, -1))])
    assert max(rates) == 0.5


@pytest.mark.parametrize("steps", [1, 2, 5, 7, 100, 4689])
@pytest.mark.parametrize("warm_up", [0.0, 0.1, 0.5, 1.0])
def test_the_rate_is_never_zero_negative_or_above_the_peak(steps: int, warm_up: float) -> None:
    run = replace(RUN, warm_up=warm_up)
    rates = [run.rate_at(step, steps) for step in range(steps)]
    assert all(0 < rate <= 0.5 for rate in rates)
    peak = rates.index(max(rates))
    assert rates[: peak + 1] == sorted(rates[: peak + 1])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)


def test_the_papers_rate_is_divided_at_half_and_at_three_quarters() -> None:
    paper = recipe_for("paper", 56)
    assert [paper.rate_at(step, 8) for step in range(8)] == pytest.approx(
        [0.1] * 4 + [0.01] * 2 + [0.001] * 2
    )
    assert (paper.weight_decay, paper.momentum, paper.batch, paper.decays_all) == (1e-4, 0.9, 128, True)


def test_the_paper_warms_deep_networks_up() -> None:
    deep = recipe_for("paper", 110)
    rates = [deep.rate_at(step, 64_000) for step in (0, 399, 400, 31_999, 32_000, 48_000)]
    assert rates == pytest.approx([0.01, 0.01, 0.1, 0.1, 0.01, 0.001])
    assert [deep.rate_at(step, 3_900) for step in (389, 390)] == pytest.approx([0.01, 0.1]), "a tenth at most"
    assert [deep.rate_at(step, 132) for step in (12, 13)] == pytest.approx([0.01, 0.1])
    assert "0.01 in the first 400 steps" in deep.words
    assert "steps (" not in recipe_for("paper", 56).words


def test_words_name_no_momentum_where_there_is_none() -> None:
    assert replace(RUN, momentum=0.0).words.startswith("SGD without momentum, rate 0.5, one cycle")
    assert "(Nesterov)" in RUN.words
    share = replace(RUN, schedule="steps", warm_up=0.1)
    assert "0.05 in the first 10 % of the steps" in share.words


def test_a_changed_recipe_does_not_keep_a_built_in_name() -> None:
    for depth in (20, 110):
        for name in RECIPES:
            assert recipe_for(name, depth).named.name == name
    changed = replace(RECIPES["quick"], rate=0.2).named
    assert changed.name == changed.named.name == "quick, changed"
    assert RUN.named == RUN
    idle = replace(RECIPES["adam"], momentum=0.5, warm_up=0.7)
    assert idle.named.name == "adam", "what does nothing changes nothing"
    assert {"momentum", "nesterov", "warm_up"}.isdisjoint(idle.in_use)


def test_adams_rate_stays() -> None:
    assert {RECIPES["adam"].rate_at(step, 9) for step in range(9)} == {1e-3}
    assert all(name == recipe.name for name, recipe in RECIPES.items())
    with pytest.raises(KeyError):
        recipe_for("cake", 20)


def test_words_say_what_weight_decay_spares() -> None:
    assert RECIPES["quick"].words.endswith("weight decay 0.0005, but not on biases and normalisations")
    assert RECIPES["paper"].words.endswith("weight decay 0.0001 on everything")
    assert RECIPES["adam"].words.endswith("weight decay 0")


def test_a_schedule_of_the_shortcuts_is_linear_between_its_epochs() -> None:
    fading = ShortcutSchedule(2, 10)
    strengths = [fading.strength(step, 11) for step in range(1, 133)]
    formula = [1 - (step / 11 - 2) / 8 for step in range(23, 111)]
    assert strengths == pytest.approx([1.0] * 22 + formula + [0.0] * 22)
    assert (strengths[21], strengths[109]) == (1.0, 0.0), "the last steps of epochs 2 and 10, bit for bit"
    rising = ShortcutSchedule(0, 0.5, 0.7, 0.1)
    assert [rising.strength(step, 4) for step in (0, 1, 2, 3)] == pytest.approx([0.7, 0.4, 0.1, 0.1])
    assert rising.strength(2, 4) == 0.1


@pytest.mark.parametrize(
    ("text", "wanted", "notation"),
    [
        ("2..10=1..0", ShortcutSchedule(2, 10, 1, 0), "2..10=1..0"),
        (" 0 .. 1.5 = 0.25 .. 1.0 ", ShortcutSchedule(0, 1.5, 0.25, 1), "0..1.5=0.25..1"),
        ("2...5=.5..1.", ShortcutSchedule(2, 5, 0.5, 1), "2..5=0.5..1"),
        ("1e-3..1e3=1e-7..1", ShortcutSchedule(0.001, 1000, 1e-7, 1), "0.001..1000=1e-07..1"),
    ],
)
def test_a_schedule_is_written_and_read(text: str, wanted: ShortcutSchedule, notation: str) -> None:
    found = ShortcutSchedule.written(text)
    assert found == wanted
    assert found.notation == notation
    assert ShortcutSchedule.written(notation) == found


@pytest.mark.parametrize(
    "text",
    ["", "..", "2..10", "2..10=1", "2..10=1..0..1", "10..2=1..0", "2..2=1..0", "2..10=1..1", "2..10=1..1.5",
     "2..10=1..-0.5", "-1..3=1..0", "nan..3=1..0", "0..inf=1..0", "0..1e400=1..0", "0..5e9=1..0", "a..b=c..d",
     "2..10=1..0x", "9" * 99_999, "٢..10=1..0"],
)  # fmt: skip
def test_what_is_no_schedule_is_refused_with_one_that_is(text: str) -> None:
    with pytest.raises(ArgumentError, match=r"schedule must be .*, as in 2\.\.10=1\.\.0, not "):
        ShortcutSchedule.written(text)


@pytest.mark.parametrize("survival", [0, -0.5, 1.01, math.nan, math.inf, True])
def test_a_survival_is_a_probability_above_zero(survival: float) -> None:
    with pytest.raises(ArgumentError, match="survival must be"):
        Recipe("own", survival=survival)


def test_a_recipe_cannot_cut_shortcuts_that_its_branches_need() -> None:
    for cut in (ShortcutSchedule(2, 10), ShortcutSchedule(2, 10, 0, 1)):
        with pytest.raises(UserError, match="schedule cannot cut them: with stochastic depth a block"):
            Recipe("own", survival=0.5, shortcuts=cut)
    Recipe("own", survival=0.5, shortcuts=ShortcutSchedule(2, 10, 1, 0.01))


def test_recipes_say_what_they_do_to_depth_and_plain_networks_take_none_of_it() -> None:
    quick = RECIPES["quick"]
    both = replace(quick, survival=0.5, shortcuts=ShortcutSchedule(2, 10, 0.25, 1)).named
    assert both.name == "quick, changed"
    assert both.words == (
        f"{quick.words}, stochastic depth, survival 0.5, shortcuts opened from 0.25 to 1 between epochs 2 and 10"
    )
    assert {"survival", "shortcuts"} <= both.in_use.keys()
    assert {"survival", "shortcuts"}.isdisjoint(quick.in_use)
    assert both.for_plain == quick
    assert quick.for_plain == quick
    faster = replace(both, rate=0.2)
    assert faster.for_plain == replace(quick, rate=0.2, name="quick, changed")
    assert replace(both, name="own").for_plain == replace(quick, name="own")
    assert replace(recipe_for("paper", 110), survival=0.5).named.for_plain == recipe_for("paper", 110)


def test_recipes_of_older_versions_are_read() -> None:
    text = json.dumps({"name": "old", "rate": 0.1})
    assert decoded_text(Recipe, text) == Recipe("old", rate=0.1)
    made = Recipe("own", survival=0.5, shortcuts=ShortcutSchedule(2, 10, 1, 0.5))
    assert decoded_text(Recipe, json.dumps(asdict(made))) == made
