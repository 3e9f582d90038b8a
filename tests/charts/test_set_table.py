"""The rows of a test set's table: which are shown, in which order, in which words, and how they are counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from resnet_viewer.charts.set_table import RowChoice, SetRows
from tests.fabricated import set_reading

LABELS = [3, 3, 4, 8, 8, 0]
NOW = [3, 4, 4, 4, 8, 8]
REFERENCE = [3, 3, 5, 8, 8, 0]
ROWS = SetRows(set_reading(LABELS, NOW, REFERENCE))
"""Number 0 and 4 stay right, 1, 3 and 5 break, 2 is mended."""


def shown(rows: SetRows = ROWS, **choice: object) -> list[int]:
    found: list[int] = rows.order(replace(RowChoice(), **choice)).tolist()  # type: ignore[arg-type]
    return found


def test_pictures_are_chosen_by_what_became_of_them() -> None:
    assert shown() == [0, 1, 2, 3, 4, 5]
    assert shown(shown="wrong") == [1, 3, 5]
    assert shown(shown="changed") == [1, 2, 3, 5]
    assert shown(shown="broken") == [1, 3, 5]
    assert shown(shown="mended") == [2]
    assert shown(of_class=8) == [3, 4]
    assert shown(pair=(8, 4)) == [3]
    assert shown(of_class=8, shown="wrong") == [3]


def test_rows_are_searched_by_names_and_classes() -> None:
    assert shown(words="ship") == [3, 4, 5]
    assert shown(words="SHIP deer") == [3]
    assert shown(words="0002") == [2]
    assert shown(words="nothing") == []


def test_columns_sort_by_names_and_numbers() -> None:
    assert shown(sorted_by="now_p") == [5, 4, 3, 2, 1, 0]
    assert shown(sorted_by="true") == [5, 0, 1, 2, 3, 4], "airplane, cat, cat, deer, ship, ship"
    assert shown(sorted_by="true", is_descending=True) == [3, 4, 2, 0, 1, 5], "what is equal stays in order"
    assert shown(sorted_by="change", is_descending=True)[:3] == [1, 3, 5]
    assert shown(sorted_by="picture", is_descending=True) == [5, 4, 3, 2, 1, 0]
    assert shown(sorted_by="reference")[0] == 5


def test_cells_say_classes_probabilities_and_changes() -> None:
    told = [ROWS.cell(1, column) for column in ROWS.columns]
    assert told == ["0001.png", "cat", "deer", "76 %", "cat", "76 %", "right → wrong"]
    assert ROWS.cell(2, "change") == "wrong → right"
    assert ROWS.cell(0, "change") == ""
    assert ROWS.is_wrong(1, "now")
    assert not ROWS.is_wrong(1, "reference")
    assert ROWS.describe(3) == "0003.png · true ship · now deer 48 % · reference ship 48 %"
    assert ROWS.count_words(ROWS.order(RowChoice("wrong"))) == "3 of 6 pictures"


def test_without_true_classes_the_states_are_held_against_each_other() -> None:
    rows = SetRows(set_reading(None, NOW, REFERENCE))
    assert "true" not in rows.columns
    assert rows.offered == ("all", "changed")
    assert shown(rows, shown="changed") == [1, 2, 3, 5]
    assert rows.cell(1, "change") == "another class"
    assert shown(rows, of_class=4) == [1, 2, 3]
    chart, classes = rows.matrix
    assert (chart.rows, chart.columns, chart.ratio) == ("reference", "now", "differs")
    assert chart.counts[3, 4] == 1
    assert chart.describe(8, -1) == "reference ship: 1 of 2 called otherwise now (50 %)"
    assert classes.tolist() == list(range(10))


def test_the_reference_itself_has_no_columns_to_compare() -> None:
    rows = SetRows(set_reading(LABELS, LABELS))
    assert rows.columns == ("picture", "true", "now", "now_p")
    assert rows.offered == ("all", "wrong")


def test_what_was_not_seen_yet_is_empty_and_not_counted() -> None:
    rows = SetRows(set_reading(LABELS, NOW, REFERENCE, seen=2))
    assert rows.cell(4, "now") == rows.cell(4, "now_p") == rows.cell(4, "change") == ""
    assert rows.cell(4, "true") == "ship"
    assert shown(rows, shown="wrong") == [1]
    assert rows.matrix[0].counts.sum() == 2
    assert shown(rows, sorted_by="now")[:4] == [2, 3, 4, 5]


def test_of_a_thousand_classes_the_matrix_has_those_that_occur() -> None:
    names = tuple(f"class {n}" for n in range(1000))
    rows = SetRows(set_reading([7, 7, 900], [7, 31, 1000], [7, 7, 900], class_names=names))
    chart, classes = rows.matrix
    assert classes.tolist() == [7, 31, 900, 1000]
    assert chart.names == ("class 7", "class 31", "class 900", "no class")
    assert chart.classes == 3
    assert np.array_equal(chart.counts[0], [1, 1, 0, 0])
