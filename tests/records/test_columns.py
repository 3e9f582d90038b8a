"""Reports kept as numbers are the reports that went in, as often as they are asked for."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest

from resnet_viewer.records.columns import GradientColumns, Rows, StepColumns
from resnet_viewer.records.training import GradientRecord, StepReport

STEPS = tuple(
    StepReport(*divmod(at, 70), 70, 2.0 - at / 200, 50.0, None, 2.0, float(at), 0.1) for at in range(200)
)
RECORDS = tuple(GradientRecord(10 * i, (0.5, i / 3), (1e-300, math.inf), (0.25,)) for i in range(100))


@pytest.mark.parametrize(("kind", "reports"), [(StepColumns, STEPS), (GradientColumns, RECORDS)])
def test_what_went_in_comes_out(
    kind: type[StepColumns | GradientColumns], reports: tuple[StepReport | GradientRecord, ...]
) -> None:
    columns = kind(reports)  # type: ignore[arg-type]
    assert columns == reports
    assert reports == columns
    assert (len(columns), columns[0], columns[-1]) == (len(reports), reports[0], reports[-1])
    assert columns[3:7] == reports[3:7]
    assert [type(value) for value in vars(columns[5]).values()] == [
        type(value) for value in vars(reports[5]).values()
    ]
    assert pickle.loads(pickle.dumps(columns)) == reports
    assert columns != reports[1:]
    assert not kind()
    assert columns.values.nbytes < 100 * len(reports)
    with pytest.raises(IndexError):
        columns[len(reports)]


def test_what_is_frozen_stays_as_it_was_and_nothing_is_copied() -> None:
    columns = StepColumns(STEPS[:100])
    frozen = columns.frozen()
    assert np.shares_memory(frozen.values, columns.values)
    for step in STEPS[100:]:
        columns.append(step)
    assert frozen == STEPS[:100]
    assert columns == STEPS
    frozen.append(STEPS[0])
    assert columns == STEPS, "what is frozen grows apart"


def test_records_know_what_they_hold_after_they_were_frozen() -> None:
    assert GradientColumns(RECORDS).frozen()[7] == RECORDS[7]


def test_columns_are_put_together_again_from_what_a_checkpoint_keeps() -> None:
    steps, records = StepColumns(STEPS), GradientColumns(RECORDS)
    assert StepColumns.together(np.arange(200.0), steps.numbers, 70) == STEPS
    assert GradientColumns.together(records.values[:, 0], *records.parts) == RECORDS
    assert StepColumns.together(np.arange(0.0), StepColumns().numbers, 70) == ()
    assert GradientColumns.together([], *GradientColumns().parts) == ()
    without_blocks = tuple(GradientRecord(i, (1.0,), (2.0,)) for i in range(3))
    records = GradientColumns(without_blocks)
    assert GradientColumns.together(records.values[:, 0], *records.parts) == without_blocks


def test_rows_that_were_cut_leave_older_views_alone() -> None:
    rows = Rows(1)
    for number in range(100):
        rows.append((number,))
    before = rows.values
    rows.cut(10)
    rows.append((-1,))
    assert before[:, 0].tolist() == list(range(100))
    assert rows.values[-2:, 0].tolist() == [9, -1]
    with pytest.raises(ValueError, match="read-only"):
        before[0] = 1
