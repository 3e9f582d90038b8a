"""The files of a set of runs: names are a contract, and every one can be read."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np
from PIL import Image

from resnet_viewer.figures.run_files import NAMES, Answers, describe, drawn, figures
from resnet_viewer.records.training import Intervention
from tests.figures.runs import going, report

RUNS = {
    "cifar-plain-8": report("cifar-plain-8"),
    "cifar-resnet-8": report(interventions=(Intervention(4, 0.0),)),
}
ANSWERS = Answers(
    np.zeros((5, 1, 8, 8), dtype=np.uint8),
    np.array([0, 1, 0, 1, 0]),
    ("a", "b"),
    {"cifar-resnet-8": np.array([0, 0, 0, 1, 0]), "unknown": np.zeros(5, dtype=np.int64)},
)


def rows_of(data: bytes) -> list[dict[str, str]]:
    lines = [line for line in data.decode().splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


def test_every_figure_comes_in_every_kind_with_its_table() -> None:
    found = dict(drawn(RUNS, test=ANSWERS, command="resnet-viewer train --depth 8"))
    names = ("curves", "loss", "gradients", "by-depth", "pictures-cifar-resnet-8", "confusion-cifar-resnet-8")
    assert list(found) == [f"{name}.{kind}" for name in names for kind in ("svg", "pdf", "png", "csv")]
    for name, data in found.items():
        match name.rsplit(".", 1)[1]:
            case "svg":
                text = data.decode()
                assert text.startswith("<?xml")
                assert "resnet-viewer train --depth 8" in text
            case "pdf":
                assert data.startswith(b"%PDF")
            case "png":
                with Image.open(io.BytesIO(data)) as picture:
                    assert picture.text["Description"]
            case "csv":
                header, *rest = [line for line in data.decode().splitlines() if line[0] != "#"]
                assert all(len(row) == len(next(csv.reader([header]))) for row in csv.reader(rest))
    assert len(rows_of(found["curves.csv"])) == 2 * 16
    assert {row["run"] for row in rows_of(found["by-depth.csv"])} == {"Plain-8", "ResNet-8"}
    assert sum(int(row["count"]) for row in rows_of(found["confusion-cifar-resnet-8.csv"])) == 5
    assert [row["wrong"] for row in rows_of(found["pictures-cifar-resnet-8.csv"])] == ["yes"] + ["no"] * 4


def test_a_figure_and_the_moment_can_be_chosen() -> None:
    assert set(NAMES) == {"curves", "loss", "gradients", "by-depth", "pictures", "confusion"}
    ((name, _, (header, rows)),) = figures("by-depth", RUNS, time=1.0)
    assert name == "by-depth"
    assert {row[header.index("step")] for row in rows} == {4}
    assert not [*figures("pictures", RUNS), *figures("confusion", RUNS)]


def test_runs_that_have_nothing_yet_are_left_out() -> None:
    waiting = replace(going(report(epochs=0)), gradients=())
    assert list(drawn({"waiting": waiting})) == []
    started = going(report("cifar-plain-8", epochs=0, more_steps=1))
    names = [name for name, _ in drawn({"waiting": waiting, "started": started}) if name.endswith("csv")]
    assert names == ["curves.csv", "loss.csv", "gradients.csv", "by-depth.csv"]


def test_the_metadata_fix_every_run() -> None:
    said = describe([*RUNS.values(), going(report("cifar-plain-20", epochs=1, more_steps=2))])
    assert "command" not in said, "no command made them"
    assert said["run 2"].startswith("ResNet-8: cifar-resnet-8; data digits; seed 0; recipe quick (SGD")
    assert said["run 2"].endswith("not augmented; 3 of 3 epochs; shortcuts cut at step 4")
    assert said["run 3"].endswith("1.5 of 3 epochs so far")


def test_the_same_runs_give_the_same_bytes() -> None:
    """In one kind: that each kind is made the same every time is a test of `render`."""
    first, second = (dict(drawn(RUNS, test=ANSWERS, kinds=("svg",))) for _ in range(2))
    assert first == second
