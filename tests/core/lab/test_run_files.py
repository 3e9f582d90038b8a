"""What a run leaves in its folder: whole, strict, and read back as it was."""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from resnet_viewer.core.lab.run_files import REPORT as REPORT_FILE
from resnet_viewer.core.lab.run_files import RUN as RUN_FILE
from resnet_viewer.core.lab.run_files import (
    RunFileError,
    errors_of,
    gradients_csv,
    is_kept,
    kept_states,
    prepare,
    read_origin,
    read_run,
    write_run,
    write_spec,
    write_state,
)
from resnet_viewer.core.lab.training import Trained
from resnet_viewer.core.network import build
from resnet_viewer.core.weights.sources import identify
from resnet_viewer.core.weights.weight_files import metadata, read
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.training import EpochReport, GradientRecord, PictureCounts, RunReport, StepReport
from tests.core.lab.lab_apart import RUN

CLASSES = tuple("0123456789")
LAYERS = len(blueprint(RUN.network).layers)
RECORDS = (
    GradientRecord(0, (1.0,) * LAYERS, (0.1,) * LAYERS, (0.0, 0.25, 1.0)),
    GradientRecord(3, (math.inf,) * LAYERS, (math.nan,) * LAYERS, (0.0, 0.0, 0.0)),
)
STEPS = tuple(StepReport(0, step, 5, 1.0, 50.0, None, 0.5 + step, 25.0, 0.1) for step in range(3))
EPOCHS = (EpochReport(0, 0.1, 1.0, 50.0, math.nan, 2.0),)
CHANGED = RUN.intervened(2, 0.0).extended(2, 4)
REPORT = RunReport(
    CHANGED, EPOCHS, math.nan, math.nan, CLASSES, RECORDS, STEPS, "stopped", PictureCounts(50, 10, 3)
)
STATE = build(RUN.network).state_dict()


def test_a_run_is_read_back_with_everything_done_to_it(tmp_path: Path) -> None:
    write_spec(tmp_path, CHANGED)
    assert read_run(tmp_path) == CHANGED
    assert (CHANGED.length, CHANGED.epochs_at(1), CHANGED.epochs_at(2)) == (10, 6, 10)
    assert [CHANGED.strength_at(step, 4) for step in range(4)] == [1.0, 1.0, 0.0, 0.0]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"format": 1}',
        b'{"format": 2, "run": {}}',
        b'{"format": 1, "run": {}}',
        b"\xff\xfe",
        b"[" * 9999,
    ],
)
def test_a_damaged_run_is_refused_in_a_sentence(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(
        RunFileError, match=r"run\.json cannot be read as a run; remove it, or name another"
    ) as caught:
        read_run(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_run_tells_by_what_it_began(tmp_path: Path) -> None:
    assert read_origin(tmp_path) is None
    write_spec(tmp_path, RUN, commit="abc", command="resnet-viewer train")
    assert read_origin(tmp_path) == ("abc", "resnet-viewer train")
    write_spec(tmp_path, RUN)
    assert read_origin(tmp_path) == (None, "")
    content = json.loads((tmp_path / "run.json").read_text())
    del content["command"]
    (tmp_path / "run.json").write_text(json.dumps(content))
    assert read_origin(tmp_path) is None, "those of before said nothing"
    assert read_run(tmp_path) == RUN


def test_weights_are_written_as_they_were_measured(tmp_path: Path) -> None:
    """To the last bit, or the errors on the card would be another network's; and twice the same."""
    done = replace(REPORT, state="done", train_error=1.0, test_error=2.0)
    files = []
    for seconds in (2.0, 3.0):
        timed = replace(done, epochs=(replace(EPOCHS[0], seconds=seconds),))
        write_run(Trained(timed, STATE, 3), tmp_path, commit="abc", command="train")
        files.append((tmp_path / "weights.safetensors").read_bytes())
    assert files[0] == files[1]
    found = read(tmp_path / "weights.safetensors").content
    assert isinstance(found, dict)
    assert all(
        torch.equal(found[name], value) and found[name].dtype == value.dtype for name, value in STATE.items()
    )


def test_a_folder_without_a_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(RunFileError, match=r"holds no run: there is no run\.json in it"):
        read_run(tmp_path)


def test_what_is_no_folder_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no run")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name in ("file", "loop"):
        with pytest.raises(RunFileError, match=f"{name} is no folder: name the folder of a run"):
            read_run(tmp_path / name)


def test_everything_is_written_strictly(tmp_path: Path) -> None:
    write_run(Trained(REPORT, STATE, 3), tmp_path, commit="abc", command="train --epochs 3")

    def refuse(text: str) -> float:
        raise AssertionError(f"{text} is no JSON")

    report, card = (
        json.loads((tmp_path / name).read_text(), parse_constant=refuse)
        for name in ("report.json", "card.json")
    )
    assert (report["state"], report["steps"], report["test_error"]) == ("stopped", 3, None)
    assert report["epochs"] == [
        {
            "epoch": 1,
            "rate": 0.1,
            "running_train_loss": 1.0,
            "running_train_error": 50.0,
            "test_error": None,
            "seconds": 2.0,
        }
    ]
    assert report["pictures"] == card["pictures"] == {"train": 50, "test": 10, "left_out": 3}
    assert (card["epochs"], card["interventions"], card["commit"]) == (
        10,
        [{"step": 2, "strength": 0.0}],
        "abc",
    )
    rows = list(csv.DictReader((tmp_path / "steps.csv").read_text().splitlines()))
    assert [row["epoch"] for row in rows] == ["1", "1", "1"]
    assert [row["batch loss"] for row in rows] == ["0.5", "1.5", "2.5"]
    assert [row["shortcut strength"] for row in rows] == ["1.0", "1.0", "0.0"]
    (log,) = csv.DictReader((tmp_path / "log.csv").read_text().splitlines())
    assert (log["epoch"], log["running training error (percent)"], log["seconds"]) == ("1", "50.0", "2.0")
    assert identify(tmp_path / "weights.safetensors", RUN.network.name).class_names == CLASSES


def test_dead_channels_stand_behind_norms_and_updates() -> None:
    header, first, _ = csv.reader(gradients_csv(REPORT).decode().splitlines())
    assert len(header) == len(first) == 1 + 2 * LAYERS + 3
    assert (header[1], header[1 + LAYERS], header[-3]) == ("conv1", "conv1 Δw/w", "layer1.0 dead")
    assert first[-3:] == ["0.0", "0.25", "1.0"]


def test_a_run_without_finite_weights_leaves_none(tmp_path: Path) -> None:
    write_run(Trained(REPORT, STATE, 3), tmp_path, commit=None, command="")
    write_run(Trained(replace(REPORT, state="diverged"), {}, 3), tmp_path, commit=None, command="")
    assert not (tmp_path / "weights.safetensors").exists()
    assert json.loads((tmp_path / "card.json").read_text())["state"] == "diverged"


def test_a_state_tells_what_opening_it_needs(tmp_path: Path) -> None:
    path = tmp_path / "states" / "epoch-0003.safetensors"
    path.parent.mkdir()
    write_state(path, CHANGED, STATE, CLASSES, 5, steps_per_epoch=2)
    told = metadata(path)
    assert (told["step"], told["shortcut_strength"]) == ("5", "0.0")
    assert told["precision"] == "float32"
    report = identify(path, RUN.network.name)
    assert report.preprocessing is not None
    assert (report.preprocessing.crop, report.preprocessing.mean) == (8, RUN.mean)
    trained = report.spec.weights.trained
    assert trained is not None
    assert (trained.data, trained.recipe, trained.done, trained.strength) == ("Digits", "invented", 2.5, 0.0)
    assert (trained.epochs, trained.seed) == (CHANGED.length, CHANGED.network.seed)
    assert kept_states(tmp_path) == {3: path}
    write_state(path, RUN.intervened(0, 0.5), STATE, CLASSES, 0, steps_per_epoch=2)
    assert metadata(path)["shortcut_strength"] == "0.5", "as its first step will have it"


@pytest.mark.parametrize(("epochs", "kept"), [(12, 12), (24, 24), (25, 13), (100, 20), (164, 19)])
def test_about_twenty_states_are_kept_and_always_the_last(epochs: int, kept: int) -> None:
    found = [done for done in range(1, epochs + 1) if is_kept(done, epochs)]
    assert len(found) == kept
    assert found[-1] == epochs
    assert is_kept(0, epochs), "so is that before the first step"


def test_a_run_is_not_overwritten(tmp_path: Path) -> None:
    prepare(tmp_path, is_resumed=False)
    write_spec(tmp_path, RUN)
    with pytest.raises(RunFileError, match=r"already holds a run \(run\.json\); add --resume"):
        prepare(tmp_path, is_resumed=False)
    prepare(tmp_path, is_resumed=True)


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _giant(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)  # sparse: takes no room


def _nested(path: Path) -> None:
    path.write_bytes(b"[" * 1_000_000)


def _long_number(path: Path) -> None:
    path.write_bytes(b'{"format": 1, "run": ' + b"9" * 5000 + b"}")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such pipes and devices")
@pytest.mark.parametrize("made", [_pipe, _device, _giant, _nested, _long_number, Path.mkdir])
def test_what_is_no_file_of_a_run_is_neither_waited_for_nor_read(
    made: Callable[[Path], object], tmp_path: Path
) -> None:
    made(tmp_path / RUN_FILE)
    with pytest.raises(RunFileError, match=r"run\.json cannot be read as a run; remove it"):
        read_run(tmp_path)
    assert read_origin(tmp_path) is None
    made(tmp_path / REPORT_FILE)
    assert errors_of(tmp_path, RUN, 3) is None


@pytest.mark.parametrize(
    "change",
    [
        {"stages": [10**9, 1, 1]},
        {"stages": [1, -1, 1]},
        {"widths": [16, 32]},
        {"widths": [10**6] * 3},
        {"groups": 7, "block": "bottleneck"},
    ],
)
def test_a_run_of_a_network_that_cannot_be_built_is_refused(
    change: dict[str, object], tmp_path: Path
) -> None:
    write_spec(tmp_path, RUN)
    content = json.loads((tmp_path / RUN_FILE).read_bytes())
    content["run"]["network"] |= change
    (tmp_path / RUN_FILE).write_text(json.dumps(content))
    with pytest.raises(RunFileError, match="cannot be read as a run"):
        read_run(tmp_path)


def _changed_json(name: str, **change: object) -> Callable[[Path], None]:
    def changed(folder: Path) -> None:
        content = json.loads((folder / name).read_bytes()) | change
        (folder / name).write_text(json.dumps(content))

    return changed


def _cut_weights(folder: Path) -> None:
    with (folder / "weights.safetensors").open("r+b") as file:
        file.truncate(1000)


def _folder_for_weights(folder: Path) -> None:
    (folder / "weights.safetensors").unlink()
    (folder / "weights.safetensors").mkdir()


@pytest.mark.parametrize(
    "spoil",
    [
        _changed_json(REPORT_FILE, test_error=-5.0),
        _changed_json(REPORT_FILE, test_error=100.5),
        _changed_json(REPORT_FILE, train_error=math.nan),
        _changed_json(REPORT_FILE, train_error=0.0),
        _changed_json("card.json", test_error_percent=1.0),
        _cut_weights,
        _folder_for_weights,
    ],
)
def test_errors_are_believed_only_where_all_files_of_the_run_agree(
    spoil: Callable[[Path], None], tmp_path: Path
) -> None:
    report = replace(REPORT, train_error=12.34567, test_error=20.0, state="done")
    write_run(Trained(report, STATE, 3), tmp_path, commit=None, command="")
    assert errors_of(tmp_path, CHANGED, 3) == (12.34567, 20.0)
    spoil(tmp_path)
    assert errors_of(tmp_path, CHANGED, 3) is None
