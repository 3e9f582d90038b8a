"""Points that were damaged in a file: what is read is drawn and told without a fault, and no sentence says "nan"."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from resnet_viewer.charts.study_panel import panels_of
from resnet_viewer.figures.study import caption_of, table
from resnet_viewer.records.studies.landscape import LandscapeOptions
from resnet_viewer.records.study import Row, StudyResult, Value
from resnet_viewer.records.study_list import STUDIES, study_of
from tests.charts.studies.test_trust import shown
from tests.records.studies import (
    test_aids,
    test_blocks,
    test_landscape,
    test_merges,
    test_paths,
    test_propagation,
    test_refinement,
    test_responses,
    test_shattering,
    test_strength,
    test_subnetworks,
    test_trust,
)

TIMES = 80
REFUSED = (LookupError, TypeError, ValueError, ArithmeticError, AssertionError)
"""What a conclusion may raise: a file with such points is refused in a sentence."""


def _shattering() -> StudyResult:
    result = test_shattering.result_of(0.5)
    return replace(result, rows=({**result.rows[0], **test_shattering.line()}, *result.rows[1:]))


def _landscape(**options: object) -> StudyResult:
    return test_landscape.result_of(options=LandscapeOptions(**options))  # type: ignore[arg-type]  # options of it


RESULTS: Mapping[str, Callable[[], StudyResult]] = {
    "aids": lambda: test_aids.result_of(test_aids.as_the_papers),
    "blocks": lambda: test_blocks.result_of("cifar-resnet-20"),
    "landscape": lambda: _landscape(places="5"),
    "landscape, line": lambda: _landscape(shape="line"),
    "landscape, run": lambda: _landscape(run="/runs/one"),
    "merges": lambda: test_merges.result_of(test_merges.as_the_paper),
    "paths": lambda: test_paths.result_of(test_paths.state_of("cifar-resnet-20"), 0.5),
    "propagation": lambda: test_propagation.result_of(test_propagation.state_of("cifar-resnet-20")),
    "refinement": test_refinement.result_of,
    "responses": lambda: test_responses.result_of("cifar-resnet-20"),
    "shattering": _shattering,
    "strength": lambda: test_strength.result_of(test_strength.falling),
    "subnetworks": lambda: test_subnetworks.result_of(test_subnetworks.needing),
    "trust": lambda: shown(test_trust.result_of()),
}
OTHERS: tuple[Value, ...] = (
    *(None, True, False, "", "nan", "rubbish", 0, -1, 10**6, 10**30, 1.5, -1e300, 1e300, 1e-320),
    *((), (1.0,), (-1.0,) * 3, (math.nan,) * 4, (1e308,) * 20, tuple(map(float, range(300)))),
)
"""What a file may hold in place of any value: of what is not finite it has null alone, which is nan in a tuple."""


def damaged(rows: tuple[Row, ...], chance: random.Random) -> tuple[Row, ...]:
    """Some values of one row, or of all rows, are missing, others, or of other lengths."""
    found = [dict(row) for row in rows]
    for _ in range(chance.choice((1, 1, 1, 3, 10))):
        row = chance.choice(found)
        name = chance.choice([name for name in row if name != "point"] or ["nothing"])
        hit = found if chance.random() < 0.3 else [row]
        other, kept = chance.choice(OTHERS), row.get(name)
        match chance.choice(("lose", "replace", "replace", "swap", "cut", "change", "forget")):
            case "lose" if len(found) > 1:
                found.remove(row)
            case "forget":
                for each in hit:
                    each.pop(name, None)
            case "swap":
                row[name] = chance.choice(found).get(name)
            case "cut" if isinstance(kept, tuple):
                row[name] = kept[:-1] if chance.random() < 0.5 else (*kept, 1.0)
            case "change" if isinstance(kept, tuple) and kept:
                place = chance.randrange(len(kept))
                row[name] = (
                    *kept[:place],
                    chance.choice((1e308, -1e308, math.nan, 1e-320)),
                    *kept[place + 1 :],
                )
            case _:
                for each in hit:
                    each[name] = other
    return tuple(found)


def test_every_study_is_damaged() -> None:
    assert {RESULTS[name]().order.study for name in RESULTS} == {study.name for study in STUDIES}


@pytest.mark.parametrize("name", RESULTS)
def test_damaged_points_are_refused_or_drawn(name: str) -> None:
    whole = RESULTS[name]()
    rows = tuple({"point": f"point {number}", **row} for number, row in enumerate(whole.rows))
    whole = replace(whole, rows=rows)
    info, drawn = study_of(whole.order.study), 0
    for time in range(TIMES):
        result = replace(whole, rows=damaged(rows, random.Random(f"{name} {time}")))
        try:
            said = info.conclusion(result)
        except REFUSED:
            continue
        drawn += 1
        assert not re.search(r"\bnan\b", " ".join(said)), f"{name} {time}"
        caption_of([result])
        info.comparison([result, whole])
        panels_of([result])
        panels_of([result, whole])
        table(result)
    assert drawn > TIMES / 10
