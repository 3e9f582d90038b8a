"""CSV cells from outside, which a spreadsheet must not compute and a comment mark must not cut."""

from __future__ import annotations

import csv
import io

import pytest

from resnet_viewer.records.csv_text import csv_text


@pytest.mark.parametrize(
    "name",
    ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "  =1", "=1,2", '="x"', "-", "=C#"],
)
def test_what_a_spreadsheet_would_compute_is_text(name: str) -> None:
    (cell,) = list(csv.reader(io.StringIO(csv_text(["class"], [[name]]), newline="")))[1]
    assert cell == f"'{name}"


@pytest.mark.parametrize("number", [-3.1, "-3.1", "-3.1e-07", "+2", "-inf", "nan", 5, -1, "1e5"])
def test_numbers_stay_numbers(number: object) -> None:
    assert csv_text(["score"], [[number]]) == f"score\n{number}\n"


@pytest.mark.parametrize(
    "name",
    [
        "cat",
        "C#",
        "# cat",
        'a "b" c',
        "a,b",
        "a\nb",
        "two words",
        " a",
        "a ",
        "crème",
        "",
        "a=b",
        "a-b",
        "a@b",
    ],
)
def test_what_is_read_back_is_what_was_written(name: str) -> None:
    written = csv_text(["class", "n"], [[name, 1]])
    assert list(csv.reader(io.StringIO(written, newline="")))[1] == [name, "1"]
    body = written.split("\n", 1)[1]
    assert "#" not in name or body.startswith('"'), "what is quoted begins no comment"


def test_nothing_is_an_empty_cell() -> None:
    assert csv_text(["a", "b"], [[None, 0.5]]) == "a,b\n,0.5\n"
